/** README, CONTRIBUTING and docs: each command, link, piece of code and configuration is right. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type * as Check from '../../../src/cli/check/check'
import * as Manifest from '../../../src/cli/init/Manifest'
import * as Command from './Command'
import * as Fence from './Fence'
import * as Pages from './Pages'

const { inLanguage, root } = Pages
const project = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-readme-'))
const bin = path.join(root, 'dist/bin.js')

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
    encoding: 'utf8',
    timeout: 300_000
  })
  return { status, output: stdout + stderr }
}

const helps = new Map<string, string | undefined>()

/** One process for each command, however often the pages name it. */
const help = (command: string): string | undefined => {
  if (!helps.has(command)) {
    const { status, output } = node(bin, ...(command === '' ? [] : [command]), '--help')
    helps.set(command, status === 0 && output.startsWith(`Usage: kclts ${command}`) ? output : undefined)
  }
  return helps.get(command)
}

const known: Command.Known = {
  scripts: scriptsOf(JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))),
  steps: node(path.join(root, 'tools/run.js'), '--list').output.match(/^\S+/gm) ?? [],
  exists: (file) => fs.existsSync(path.join(root, file)),
  help
}

/** The same in a project that `kclts init` has begun, with its scripts. */
const begun: Command.Known = {
  ...known,
  scripts: [...known.scripts, ...Object.keys(Manifest.needs('node', '0.1.0').scripts)]
}

/** Its page begins with one. */
const isOfProject = ({ place }: Fence.Fence): boolean =>
  Pages.read(place.replace(/:\d+$/, '')).includes('npx kclts init')

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
        assert.deepEqual(Command.complaints(isOfProject(fence) ? begun : known, line), []))
})

describe('a test of a handler', () => {
  const tests = inLanguage('ts', 'typescript').filter(({ text }) => text.includes("from 'kclts/testing'"))

  before(() => {
    for (const [file, text] of Pages.filesOf(inLanguage('ts', 'typescript'))) {
      fs.mkdirSync(path.join(project, path.dirname(file)), { recursive: true })
      fs.writeFileSync(path.join(project, file), text)
    }
  })

  for (const block of tests)
    it(`${block.place} passes`, () => {
      const { status, output } = node('--import', 'jiti/register', Pages.fileOf(block))
      assert.deepEqual({ status, output }, { status: 0, output: '' })
    })

  it('is there', () => assert.notEqual(tests.length, 0))
})

describe('configuration', () => {
  /** The built one: it stands beside what a start needs. */
  let check: typeof Check.check

  before(async () => {
    process.env['TOKEN'] = 'a variable that a configuration names'
    const built = (await import(path.join(root, 'dist/cli/check/check.js'))) as typeof Check
    check = built.check
  })

  const accepted = async (file: string, text: string): Promise<void> => {
    fs.writeFileSync(path.join(project, file), text.replace(/\.\/\S*handler\.\w+/, './stub.js'))
    const request = { cwd: project, file, env: process.env, flags: {}, handlerRequired: true }
    const { code, text: said } = await check(request)
    assert.equal(code, 0, said)
  }

  for (const { place, text } of inLanguage('yaml', 'yml'))
    it(`${place} is accepted by kclts check`, () => accepted('kcl.config.yaml', text))

  it('kcl.config.example.yaml is accepted by kclts check', () =>
    accepted('example.yaml', Pages.read('kcl.config.example.yaml')))
})

describe('links', () => {
  for (const page of Pages.pages)
    it(`of ${page} lead to what is there`, () =>
      assert.deepEqual(
        Pages.linksOf(page).filter(
          ({ file, heading }) =>
            !fs.existsSync(path.join(root, file)) ||
            (heading !== '' && !Pages.headingsOf(file).includes(heading))
        ),
        []
      ))

  it('of pages in the package lead to other files in it', () => {
    const { files } = JSON.parse(Pages.read('package.json')) as { readonly files: ReadonlyArray<string> }
    const shipped = ['README.md', 'LICENSE', ...files]
    assert.deepEqual(
      ['README.md', ...Pages.docs].flatMap((page) =>
        Pages.linksOf(page)
          .filter(({ file }) => !shipped.some((one) => file === one || file.startsWith(`${one}/`)))
          .map(({ file }) => `${page}: ${file}`)
      ),
      []
    )
  })
})

/** Files of the repository that a page names without a link, since they are not in the package. */
const namedFiles = (page: string): ReadonlyArray<string> =>
  Array.from(Pages.read(page).matchAll(/`([\w-]+(?:[/.][\w-]+)*\/?)`/g), ([, name = '']) => name).filter(
    (name) => /\.(?:[jt]s|txt)$/.test(name) || /^(?:test|src|bench|examples)\//.test(name)
  )

describe('files', () => {
  const places = ['.', 'src', 'test/transcripts', 'test/system/daemon']

  for (const page of ['CONTRIBUTING.md', 'docs/architecture.md', 'docs/guarantees.md'])
    it(`that ${page} names are there`, () =>
      assert.deepEqual(
        namedFiles(page).filter(
          (name) => !places.some((place) => fs.existsSync(path.join(root, place, name)))
        ),
        []
      ))
})

describe('the length', () => {
  const lines = (page: string): number => Pages.read(page).trimEnd().split('\n').length

  it('of README is at most 230 lines', () => assert.ok(lines('README.md') <= 230))

  it('of a page in docs is less than 250 lines', () =>
    assert.deepEqual(
      Pages.docs.filter((page) => lines(page) >= 250),
      []
    ))

  it('of its beginning is a heading and what the page answers', () =>
    assert.deepEqual(
      Pages.docs.filter(
        (page) => !/^# .+\n\nThis page answers (one question|these questions): /.test(Pages.read(page))
      ),
      []
    ))
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
        'node --test .build/test/z.test.js',
        'make'
      ),
      [
        'package.json has no script x',
        'npm test has no step y',
        'kclts has no command fly',
        'kclts dev has no flag --shard',
        'there is no file z.js',
        'there is no test test/z.test.ts',
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
