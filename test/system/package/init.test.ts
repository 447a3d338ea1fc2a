/** What `kclts init` writes works with the packed tarball: alone and in a workspace, and without a further package. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as Tarball from './Tarball'

const root = path.resolve('.')
const project = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-scaffold-')))
const own = path.join(root, 'node_modules')

/** A test of the project is none of ours: it would report to our runner in a private format. */
const env: NodeJS.ProcessEnv = { ...process.env }
delete env.NODE_TEST_CONTEXT

/** Runs a program in a folder of the project; gives what it wrote, or fails with it. */
const run = (folder: string, program: string, ...args: ReadonlyArray<string>): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: path.join(project, folder),
    env,
    encoding: 'utf8',
    timeout: 300_000
  })
  assert.deepEqual({ status, error }, { status: 0, error: undefined }, `${program}: ${stdout}${stderr}`)
  return stdout
}

const kclts = (folder: string, ...args: ReadonlyArray<string>): string =>
  run(folder, path.join(project, 'node_modules/.bin/kclts'), ...args)

before(() => {
  fs.writeFileSync(path.join(project, 'package.json'), '{ "private": true, "workspaces": ["packages/*"] }')
  run('.', 'npm', ...Tarball.install(project))
})

after(() => fs.rmSync(project, { recursive: true, force: true }))

// The packages that the tests of a project need are those of this repository: nothing is installed for each of them.
for (const [place, folder] of [
  ['alone', 'alone'],
  ['in a workspace', 'packages/orders']
] as const)
  describe(`a new project ${place}`, () => {
    before(() => kclts('.', 'init', folder))

    it('has correct types', () => {
      const tsc = path.join(own, 'typescript/bin/tsc')
      run(folder, process.execPath, tsc, '--typeRoots', path.join(own, '@types'))
    })

    it('passes its test', () => {
      assert.match(run(folder, 'npm', 'test'), /^(?:#|ℹ) pass 3$/m)
    })

    it('has a configuration that kclts check accepts', () => {
      assert.match(
        kclts(folder, 'check'),
        /is right, and the handler loads\.\nNote: the types of handler\.ts are not checked/
      )
    })

    it('consumes its events, each as the handler says', () => {
      const { records } = JSON.parse(run(folder, 'npm', 'run', '--silent', 'dev', '--', '--json')) as {
        readonly records: Readonly<Record<string, number>>
      }
      assert.deepEqual(
        { consumed: records.consumed, skipped: records.skipped, deadLetters: records.deadLetters },
        { consumed: 5, skipped: 1, deadLetters: 1 }
      )
      const lines = fs
        .readFileSync(path.join(project, folder, 'data/orders.ndjson'), 'utf8')
        .trim()
        .split('\n')
      assert.deepEqual(
        lines.map((line) => (JSON.parse(line) as { value: { id: string } }).value.id),
        ['o-1', 'o-3', 'o-5']
      )
    })

    it('lacks nothing when kclts init runs again', () => {
      assert.doesNotMatch(kclts(folder, 'init'), /^ {2}(?:write|change)/m)
    })
  })
