/** What the shells offer, by the scripts of `kclts completion`. */
import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { Command, Option } from 'commander'
import { scriptFor, type Shell } from '../../../src/cli/completion/scripts'
import { project } from '../../system/process/Child'
import * as Tree from '../../../src/cli/completion/Tree'

const program = new Command('kclts')
  .version('1')
  .addCommand(
    new Command('dev').summary("play Amazon's daemon").option('--fresh', 'forget').option('-b, --batch <n>')
  )
  .addCommand(
    new Command('letters')
      .summary('dead letters')
      .addCommand(new Command('list').option('--json', 'print JSON'))
      .addCommand(new Command('show'))
  )
  .addCommand(new Command('init').addOption(new Option('--test <runner>').choices(['node', 'vitest'])))

const script = (shell: Shell): string => scriptFor(shell, 'kclts', Tree.of(program))

const without = (shell: string): string | false =>
  spawnSync(shell, ['-c', 'exit 0']).status === 0 ? false : `SKIPPED: ${shell} is not installed`

/** Without the files with which this user's own shells begin. */
const PLAIN: Readonly<Record<string, string>> = { bash: '--norc', fish: '--no-config', zsh: '-f' }
const home = project({})

const run = (shell: string, code: string): ReadonlyArray<string> => {
  const { stdout, stderr, status } = spawnSync(shell, [PLAIN[shell] ?? '', '-c', code], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: home }
  })
  assert.deepEqual([stderr, status], ['', 0])
  return stdout.split(/\s+/).filter((word) => word !== '')
}

/** The line, whose last word is completed: what each shell offers for it. */
const CASES: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ['kclts ', ['dev', 'help', 'init', 'letters']],
  ['kclts d', ['dev']],
  ['kclts letters ', ['help', 'list', 'show']],
  ['kclts letters list --j', ['--json']],
  ['kclts dev --f', ['--fresh']],
  ['kclts init --test ', ['node', 'vitest']],
  ['kclts init --test v', ['vitest']],
  ['kclts init --te', ['--test']]
]

describe('bash', { skip: without('bash') }, () => {
  const offered = (line: string): ReadonlyArray<string> =>
    run(
      'bash',
      `${script('bash')}
COMP_WORDS=(${line
        .split(' ')
        .map((word) => `'${word}'`)
        .join(' ')})
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_kclts
printf '%s\\n' "\${COMPREPLY[@]}"`
    )

  for (const [line, expected] of CASES)
    it(`completes "${line}"`, () => assert.deepEqual([...offered(line)].sort(), expected))

  it('leaves files to the shell after an option with any value, and where an argument goes', () => {
    assert.deepEqual(offered('kclts dev --batch '), [])
    assert.deepEqual(offered('kclts dev '), [])
    assert.match(script('bash'), /^complete -o default -F _kclts kclts$/m)
  })
})

describe('fish', { skip: without('fish') }, () => {
  const offered = (line: string): ReadonlyArray<string> =>
    run('fish', `${script('fish')}\ncomplete -C ${JSON.stringify(line)} | string split -f 1 \\t; true`)

  for (const [line, expected] of CASES)
    it(`completes "${line}"`, () => assert.deepEqual([...offered(line)].sort(), expected))
})

describe('zsh', { skip: without('zsh') }, () => {
  it('takes the script', () =>
    assert.deepEqual(
      run('zsh', `autoload -U compinit && compinit -u -D\n${script('zsh')}\nprint $_comps[kclts]`),
      ['_bash_complete', '-o', 'default', '-F', '_kclts']
    ))
})

it('a summary with an apostrophe ends no string', () =>
  assert.match(script('fish'), /-a dev -d 'play Amazon'\\''s daemon'$/m))
