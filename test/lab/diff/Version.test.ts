import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Version from '../../../src/lab/diff/Version'
import { folder, write } from './Given'

const top = folder()
const repo = path.join(top, 'repo')
const package_ = path.join(repo, 'packages/consumer')
after(() => fs.rmSync(top, { recursive: true }))

const git = (cwd: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'protocol.file.allow=always', ...args],
    {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe']
    }
  )

const commit = (message: string): void => {
  git(repo, 'add', '--all')
  git(repo, 'commit', '--quiet', '--message', message)
}

interface Opened {
  readonly name: string
  readonly handler: string
  readonly config: string | null
  readonly text: string
  /** Whether the handler's `dep` is found. */
  readonly hasDep: boolean
}

const printed: Array<string> = []

const opened = async (
  text: string,
  more: Partial<Version.Request> = {}
): Promise<Opened | ReadonlyArray<string>> => {
  const held = await Version.open(text, {
    cwd: package_,
    env: {},
    config: null,
    build: null,
    print: (line) => void printed.push(line),
    ...more
  })()
  if (E.isLeft(held)) return held.left.problems
  const { name, loaded } = held.right.value
  const { handler } = loaded.config
  const found = {
    name,
    handler,
    config: loaded.file,
    text: fs.readFileSync(handler, 'utf8'),
    hasDep: fs.existsSync(path.join(path.dirname(handler), '../../node_modules/@scope/dep/index.js'))
  }
  assert.deepEqual(await held.right.release(), [])
  return found
}

const handlerOf = async (...given: Parameters<typeof opened>): Promise<Opened> => {
  const found = await opened(...given)
  assert.ok('text' in found, JSON.stringify(found))
  return found
}

/** Why it is refused. */
const problemOf = async (...given: Parameters<typeof opened>): Promise<string> => {
  const found = await opened(...given)
  assert.ok(!('text' in found))
  return found.join('\n')
}

const status = (): string => git(repo, 'status', '--porcelain', '--ignored')

before(() => {
  fs.mkdirSync(package_, { recursive: true })
  git(repo, 'init', '--quiet', '--initial-branch=main')
  write(repo, 'package.json', '{"workspaces":["packages/*"]}')
  write(repo, 'package-lock.json', '{"lockfileVersion":3}\n')
  write(repo, '.gitignore', 'node_modules\nbuilt.js\n')
  write(repo, 'packages/shared/index.js', 'module.exports = 1\n')
  write(package_, 'kcl.config.yaml', 'handler: ./handler.js\n')
  write(package_, 'built.yaml', 'handler: ./built.js\n')
  write(package_, 'handler.js', 'exports.handler = () => true // old\n')
  commit('old')
  write(package_, 'handler.js', 'exports.handler = () => true // new\n')
  write(repo, 'node_modules/@scope/dep/index.js', '')
  fs.mkdirSync(path.join(repo, 'node_modules/.cache'))
  fs.symlinkSync('../packages/shared', path.join(repo, 'node_modules/shared'))
})

describe('a version of git', () => {
  it('is the folder of that commit in a folder of its own, with the packages that are installed', async () => {
    const unchanged = status()
    const { name, text, handler, hasDep } = await handlerOf('git:main')
    assert.deepEqual([text, hasDep], ['exports.handler = () => true // old\n', true])
    assert.match(name, /^git:main \([0-9a-f]{9}\)$/)
    assert.ok(handler.startsWith(fs.realpathSync(os.tmpdir())) && !handler.startsWith(repo), handler)
    assert.ok(!fs.existsSync(path.dirname(handler)), 'and is gone afterwards')
    assert.equal(status(), unchanged)
  })

  it('may be named from elsewhere in the repository', async () => {
    assert.equal(
      (await handlerOf('git:main:packages/consumer', { cwd: repo })).text,
      'exports.handler = () => true // old\n'
    )
  })

  it('is built where it needs to be, and what a build writes does not reach the working tree', async () => {
    const build = 'cp handler.js built.js && echo cached > ../../node_modules/.cached && echo done'
    const unchanged = status()
    assert.equal(
      (await handlerOf('git:main', { config: 'built.yaml', build })).text,
      'exports.handler = () => true // old\n'
    )
    assert.match(printed.join(''), /done/)
    assert.equal(status(), unchanged)
    assert.ok(!fs.existsSync(path.join(repo, 'node_modules/.cached')))
    assert.match(
      await problemOf('git:main', { config: 'built.yaml' }),
      /there is no file .*built.js.*--build/
    )
    assert.match(await problemOf('git:main', { build: 'exit 3' }), /exit 3 ended with 3/)
  })

  it('is refused where its lock file differs, with what to do', async () => {
    write(repo, 'package-lock.json', '{"lockfileVersion":3,"packages":{}}\n')
    const problem = await problemOf('git:main')
    write(repo, 'package-lock.json', '{"lockfileVersion":3}\n')
    assert.match(
      problem,
      /main asks for other packages .* package-lock.json differs; .*git worktree add \.\.\/old main/
    )
  })

  it('is refused where a folder that is linked as a package differs', async () => {
    write(repo, 'packages/shared/more.js', '')
    const problem = await problemOf('git:main')
    fs.rmSync(path.join(repo, 'packages/shared/more.js'))
    assert.match(problem, /links as packages: shared \(packages\/shared\); .*git worktree add/)
  })

  it('that is missing: what to fetch, or which name was meant', async () => {
    assert.match(await problemOf('git:nothing'), /there is no nothing in .*; run git fetch origin nothing/)
    assert.match(await problemOf('git:--help'), /there is no --help/)
    assert.match(await problemOf('git:'), /expected git:REF/)
    const clone = path.join(top, 'clone')
    git(top, 'clone', '--quiet', '--depth=1', `file://${repo}`, clone)
    git(clone, 'checkout', '--quiet', '-b', 'change')
    git(clone, 'branch', '--quiet', '-D', 'main')
    assert.match(await problemOf('git:main', { cwd: clone }), /there is git:origin\/main/)
    git(clone, 'update-ref', '-d', 'refs/remotes/origin/main')
    git(clone, 'remote', 'set-head', 'origin', '--delete')
    assert.match(
      await problemOf('git:main', { cwd: clone }),
      /a shallow clone; run git fetch --depth=1 origin main and use git:FETCH_HEAD \(with actions\/checkout, fetch-depth: 0/
    )
    assert.match(await problemOf('git:HEAD~1', { cwd: clone }), /run git fetch --unshallow origin \(with/)
    assert.match(await problemOf('git:main', { cwd: top }), /in no git repository/)
  })
})

describe('a version by its path', () => {
  it('is a folder, a configuration or a handler', async () => {
    const text = 'exports.handler = () => true // new\n'
    assert.equal((await handlerOf('.')).text, text)
    assert.equal((await handlerOf('packages/consumer', { cwd: repo })).text, text)
    assert.equal((await handlerOf('./kcl.config.yaml')).text, text)
    write(package_, 'other.js', 'exports.handler = 1\n')
    const other = await handlerOf('other.js', { env: { KCLTS_HANDLER: './handler.js' } })
    assert.deepEqual(
      [other.text, other.config],
      ['exports.handler = 1\n', path.join(package_, 'kcl.config.yaml')]
    )
    assert.match(await problemOf('./nothing'), /there is no such file or folder; .* git:REF/)
  })
})
