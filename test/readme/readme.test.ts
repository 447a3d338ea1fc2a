/** README, CONTRIBUTING and docs: each command names what exists, each piece of code and configuration is right. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as Manifest from '../../src/cli/init/Manifest'
import * as Command from './Command'
import * as Fence from './Fence'

const root = path.resolve('.')
const project = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-readme-'))
const bin = path.join(root, 'dist/bin.js')

const docs = fs.readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)

const fences = ['README.md', 'CONTRIBUTING.md', ...docs].flatMap((file) =>
  Fence.fencesOf(file, fs.readFileSync(path.join(root, file), 'utf8'))
)

const inLanguage = (...languages: ReadonlyArray<string>): ReadonlyArray<Fence.Fence> =>
  fences.filter(({ language }) => languages.includes(language))

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const scriptsOf = (manifest: unknown): ReadonlyArray<string> =>
  isObject(manifest) && 'scripts' in manifest && isObject(manifest.scripts)
    ? Object.keys(manifest.scripts)
    : []

const node = (
  ...args: ReadonlyArray<string>
): { readonly status: number | null; readonly output: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: project,
    env: { ...process.env, TOKEN: 'a variable that a configuration names' },
    encoding: 'utf8',
    timeout: 60_000
  })
  return { status, output: stdout + stderr }
}

const known: Command.Known = {
  scripts: scriptsOf(JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))),
  steps: node(path.join(root, 'test/run.js'), '--list').output.match(/^\S+/gm) ?? [],
  exists: (file) => fs.existsSync(path.join(root, file)),
  help: (command) => {
    const { status, output } = node(bin, ...(command === '' ? [] : [command]), '--help')
    return status === 0 && output.startsWith(`Usage: kclts ${command}`) ? output : undefined
  }
}

/** The same in a project that `kclts init` has begun, with its scripts. */
const begun: Command.Known = {
  ...known,
  scripts: [...known.scripts, ...Object.keys(Manifest.needs('node', '0.1.0').scripts)]
}

/** A user's project, with the package where npm would put it. */
before(() => {
  fs.mkdirSync(path.join(project, 'node_modules'))
  fs.symlinkSync(root, path.join(project, 'node_modules/kclts'))
  for (const name of ['@types', 'fp-ts', 'io-ts', 'jiti', 'zod'])
    fs.symlinkSync(path.join(root, 'node_modules', name), path.join(project, 'node_modules', name))
  fs.writeFileSync(
    path.join(project, 'stub.js'),
    'exports.handler = () => false\nexports.store = async () => {}\n'
  )
})

after(() => fs.rmSync(project, { recursive: true, force: true }))

describe('shell', () => {
  for (const fence of inLanguage('sh', 'bash', 'shell', 'console'))
    for (const line of Fence.commandsOf(fence))
      it(`${fence.place}: ${line}`, () =>
        assert.deepEqual(Command.complaints(fence.text.includes('npx kclts init') ? begun : known, line), []))
})

describe('a test of a handler', () => {
  const tests = inLanguage('ts', 'typescript').filter(({ text }) => text.includes("from 'kclts/testing'"))

  for (const block of tests)
    it(`${block.place} passes`, () => {
      for (const one of inLanguage('ts', 'typescript'))
        fs.writeFileSync(path.join(project, Fence.fileOf(one)), one.text)
      const { status, output } = node('--import', 'jiti/register', Fence.fileOf(block))
      assert.deepEqual({ status, output }, { status: 0, output: '' })
    })

  it('is there', () => assert.notEqual(tests.length, 0))
})

describe('configuration', () => {
  const check = (file: string, text: string): void => {
    fs.writeFileSync(path.join(project, file), text.replace(/\.\/\S*handler\.\w+/, './stub.js'))
    const { status, output } = node(bin, 'check', '--config', file)
    assert.equal(status, 0, output)
  }

  for (const { place, text } of inLanguage('yaml', 'yml'))
    it(`${place} is accepted by kclts check`, () => check('kcl.config.yaml', text))

  it('kcl.config.example.yaml is accepted by kclts check', () =>
    check('example.yaml', fs.readFileSync(path.join(root, 'kcl.config.example.yaml'), 'utf8')))
})

describe('this test', () => {
  const world: Command.Known = {
    scripts: ['test', 'demo'],
    steps: ['unit'],
    exists: (file) => file === 'bench/start.js',
    help: (command) => (command === 'dev' ? 'Usage: kclts dev\n  --shards <n>' : undefined)
  }
  const all = (...lines: ReadonlyArray<string>): ReadonlyArray<string> =>
    lines.flatMap((line) => Command.complaints(world, line))

  it('accepts what exists', () =>
    assert.deepEqual(
      all(
        'git clone x && cd x && npm run demo',
        'npm test -- --only unit',
        'KCLTS_A=1 npx kclts dev --shards=2',
        'node bench/start.js'
      ),
      []
    ))

  it('finds what does not', () =>
    assert.deepEqual(
      all(
        'npm run x',
        'npm test -- --only y',
        'kclts fly',
        'cat a | kclts dev --shard 2',
        'node z.js',
        'make'
      ),
      [
        'package.json has no script x',
        'npm test has no step y',
        'kclts has no command fly',
        'kclts dev has no flag --shard',
        'there is no file z.js',
        'make is no command that this test knows'
      ]
    ))

  it('reads blocks and their lines', () =>
    assert.deepEqual(
      Fence.fencesOf(
        'A.md',
        'a\n\n```sh once more\n$ npm test # all\nnpx kclts dev \\\n  --shards 2\n```\n'
      ).map((fence) => ({ ...fence, text: Fence.commandsOf(fence) })),
      [
        {
          language: 'sh',
          text: ['npm test', 'npx kclts dev --shards 2'],
          place: 'A.md:4'
        }
      ]
    ))
})
