/** `kclts init`: what it plans for folders of every kind, and what it asks. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as prettier from 'prettier'
import * as Answers from '../../../src/cli/init/Answers'
import { answers as askAll } from '../../../src/cli/init/ask'
import type { init } from '../../../src/cli/init/init'
import * as Manifest from '../../../src/cli/init/Manifest'
import * as Place from '../../../src/cli/init/Place'
import * as Plan from '../../../src/cli/init/Plan'
import type * as Template from '../../../src/cli/init/Template'

// The compiled program of the tests has no templates beside it; the built one has.
const built = path.resolve('dist/cli/init')

const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-init-')))
after(() => fs.rmSync(base, { recursive: true }))
beforeEach(() => {
  fs.rmSync(base, { recursive: true })
  fs.mkdirSync(base)
})

const write = (name: string, text: string): void => {
  fs.mkdirSync(path.dirname(path.join(base, name)), { recursive: true })
  fs.writeFileSync(path.join(base, name), text)
}
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

describe('package.json', () => {
  const needs: Manifest.Needs = {
    scripts: { dev: 'kclts dev', test: 'node --test', check: 'kclts check', start: 'kclts run' },
    dependencies: { 'io-ts': '^2.2.0', kclts: '^0.1.0' },
    devDependencies: { typescript: '^6.0.0' }
  }
  const merged = (text: string, isForced = false): E.Either<string, string> =>
    Manifest.merge(text, needs, isForced)

  it('gets the scripts and packages that it lacks, and keeps all that it has', () => {
    const old = {
      name: 'shop',
      scripts: { build: 'tsc', start: 'node server.js' },
      devDependencies: { 'io-ts': '2.2.22' },
      jest: {}
    }
    assert.deepEqual(
      merged(json(old)),
      E.right(
        json({
          name: 'shop',
          scripts: {
            build: 'tsc',
            start: 'node server.js',
            dev: 'kclts dev',
            test: 'node --test',
            check: 'kclts check',
            'kclts:start': 'kclts run'
          },
          devDependencies: { 'io-ts': '2.2.22', typescript: '^6.0.0' },
          jest: {},
          dependencies: { kclts: '^0.1.0' }
        })
      )
    )
  })

  it('keeps its indentation and its end, and does not change a second time', () => {
    const once = merged('{\n\t"name": "shop"\n}')
    assert.ok(E.isRight(once))
    assert.match(once.right, /^\{\n\t"name": "shop",\n\t"scripts": \{\n\t\t"dev": [^]*\}$/)
    assert.deepEqual(merged(once.right), once)
  })

  it('loses the script that npm writes where there are no tests, and with --force one of the same name', () => {
    const scripts = { test: 'echo "Error: no test specified" && exit 1', start: 'node server.js' }
    const of = (result: E.Either<string, string>): unknown =>
      E.isRight(result) ? (JSON.parse(result.right) as { scripts: unknown }).scripts : result.left
    const own = { test: 'node --test', dev: 'kclts dev', check: 'kclts check' }
    assert.deepEqual(of(merged(json({ scripts }))), {
      ...own,
      start: 'node server.js',
      'kclts:start': 'kclts run'
    })
    assert.deepEqual(of(merged(json({ scripts }), true)), { ...own, start: 'kclts run' })
  })

  it('is refused when it is not an object', () => {
    assert.deepEqual(merged('[]'), E.left('package.json cannot be read: it is not an object'))
    assert.match(JSON.stringify(merged('{')), /package\.json cannot be read: SyntaxError/)
  })
})

describe('the plan', () => {
  const files: ReadonlyArray<Template.File> = [
    { path: 'src/handler.ts', text: 'new handler\n' },
    { path: 'src/handler.test.ts', text: 'new test\n', unless: ['src/handler.ts'] },
    { path: 'kcl.config.yaml', text: 'handler: a\n' },
    { path: '.gitignore', text: 'data/\n.kclts/\n' }
  ]
  const manifest: Plan.Manifest = { make: () => '{}', merge: (found) => E.right(found) }
  const plan = (
    found: Readonly<Record<string, string>>,
    more: Partial<Plan.Folder> = {}
  ): ReadonlyArray<readonly [string, string, string]> => {
    const folder = { found: new Map(Object.entries(found)), configuration: null, isForced: false, ...more }
    const steps = Plan.make(files, folder, manifest)
    assert.ok(E.isRight(steps))
    return steps.right.map((step) => [
      step._tag,
      step.path,
      step._tag === 'Write' ? step.text : step._tag === 'Replace' ? step.text : step.why
    ])
  }

  it('writes everything into an empty folder', () => {
    assert.deepEqual(
      plan({}).map(([tag, file]) => [tag, file]),
      [['Write', 'package.json'], ...files.map(({ path: file }) => ['Write', file])]
    )
  })

  it("keeps what is there, and leaves out what goes with the template's handler", () => {
    assert.deepEqual(
      plan({ 'src/handler.ts': 'mine\n', 'package.json': '{}' }, { configuration: '.kclrc' }),
      [
        ['Keep', 'package.json', 'it has all of it'],
        ['Keep', 'src/handler.ts', 'it is there; --force replaces it'],
        ['Keep', 'src/handler.test.ts', 'not written: src/handler.ts is there'],
        ['Keep', 'kcl.config.yaml', 'not written: .kclrc configures kclts here'],
        ['Write', '.gitignore', 'data/\n.kclts/\n']
      ]
    )
  })

  it('adds lines to a .gitignore, also where --force is given', () => {
    const added = ['Replace', '.gitignore', 'dist\n data/\n.kclts/\n']
    assert.deepEqual(plan({ '.gitignore': 'dist\n data/' }).at(-1), added)
    assert.deepEqual(plan({ '.gitignore': 'dist\n data/\n' }, { isForced: true }).at(-1), added)
  })

  it('replaces files with --force', () => {
    assert.deepEqual(plan({ 'src/handler.ts': 'mine\n' }, { isForced: true }).slice(1, 3), [
      ['Replace', 'src/handler.ts', 'new handler\n'],
      ['Write', 'src/handler.test.ts', 'new test\n']
    ])
  })
})

describe('the names of a project', () => {
  it('come from its folder, as npm and DynamoDB take them', () => {
    const names = ['Order Consumer', 'orders', '.x', '/', 'a', 'ä'.repeat(3)].map(Answers.projectOf)
    assert.deepEqual(names, ['order-consumer', 'orders', 'x-consumer', 'consumer', 'a-consumer', 'consumer'])
  })

  it('are what the configuration takes', () => {
    assert.deepEqual(Answers.nameOf('stream', 'clicks'), E.right('clicks'))
    assert.deepEqual(
      [Answers.nameOf('stream', 'my stream'), Answers.nameOf('application', 'x')],
      [
        E.left('found "my stream", expected the name of a stream'),
        E.left('found "x", expected 3 to 255 letters, digits, underscores, hyphens and dots')
      ]
    )
  })

  it('are asked for on a terminal, each until it is right, where no flag has said them', async () => {
    const asked: Array<string> = []
    const lines = ['my stream', 'clicks', 'mocha', 'jest']
    const all = await askAll({ application: 'shop' }, Answers.defaults('/shop'), (question) => {
      asked.push(question)
      return Promise.resolve(lines.shift() ?? '')
    })
    assert.deepEqual(all, { stream: 'clicks', application: 'shop', runner: 'jest' })
    assert.deepEqual(asked, [
      'Name of the stream (orders): ',
      'found "my stream", expected the name of a stream\nName of the stream (orders): ',
      'What runs its tests: node, vitest, jest (node): ',
      'found "mocha", expected node, vitest, jest\nWhat runs its tests: node, vitest, jest (node): '
    ])
  })
})

describe('the place', () => {
  it('is a member of a workspace when a pattern says so', () => {
    write('package.json', json({ workspaces: { packages: ['packages/*'] } }))
    assert.deepEqual(Place.of(path.join(base, 'packages/orders')), {
      inWorkspace: 'packages/orders',
      installed: '../../node_modules/kclts'
    })
    assert.deepEqual(Place.of(path.join(base, 'tools/orders')), {
      inWorkspace: null,
      installed: './node_modules/kclts'
    })
  })

  it('knows the patterns of npm', () => {
    const member = (pattern: string, folder: string): boolean => Place.isMember([pattern], folder)
    assert.deepEqual(
      [
        member('./packages/*/', 'packages/a'),
        member('packages/*', 'packages/a/b'),
        member('packages/**', 'packages/a/b'),
        member('a.b', 'acb')
      ],
      [true, false, true, false]
    )
  })

  it('has the kclts that is installed above it', () => {
    write('node_modules/kclts/package.json', '{}')
    assert.equal(Place.of(path.join(base, 'a')).installed, '../node_modules/kclts')
  })
})

describe('kclts init', () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the built one, with its templates
  const real = (require(path.join(built, 'init.js')) as { readonly init: typeof init }).init
  const run = (folder: string, more: Partial<Parameters<typeof init>[0]> = {}): ReturnType<typeof init> =>
    real({
      cwd: base,
      folder,
      answers: Answers.defaults(path.join(base, folder)),
      isForced: false,
      isDry: false,
      ...more
    })
  const left = (): ReadonlyArray<string> =>
    fs
      .readdirSync(base, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(base, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
      .sort()

  const FILES = [
    '.dockerignore',
    '.gitignore',
    'Dockerfile',
    'events.ndjson',
    'kcl.config.yaml',
    'package.json',
    'src/handler.test.ts',
    'src/handler.ts',
    'tsconfig.json'
  ]

  it('writes a project and says what to do next', () => {
    const { text, code } = run('shop')
    assert.deepEqual([code, left()], [0, FILES.map((file) => `shop/${file}`)])
    assert.match(text, /^ {2}write {3}src\/handler\.ts$/m)
    assert.match(text, /\nNext:\n {2}cd shop\n {2}npm install\n {2}npm run dev {9}# consumes events/)
  })

  it('quotes the name of a folder that has a space', () => {
    assert.match(run('my shop').text, /\n {2}cd 'my shop'\n/)
  })

  it('writes nothing in a dry run', () => {
    assert.match(run('shop', { isDry: true }).text, /^This is what kclts init would do in .*shop:\n {2}write/)
    assert.deepEqual(left(), [])
  })

  it('names a script of a taken name by its own', () => {
    write('package.json', json({ scripts: { dev: 'vite' } }))
    assert.match(run('.').text, /^ {2}npm run kclts:dev {3}# consumes/m)
  })

  it('says what cannot be read or written, and leaves with 2', () => {
    write('package.json', '[]')
    assert.deepEqual(run('.'), {
      text: 'kclts init: package.json cannot be read: it is not an object\n',
      code: 2
    })
    write('file', '')
    assert.deepEqual(run('file'), {
      text: `kclts init: ${path.join(base, 'file')} is a file; name a folder\n`,
      code: 2
    })
    const { text, code } = run('file/shop')
    assert.deepEqual([code, /^kclts init: ENOTDIR/.test(text)], [2, true])
  })

  it('writes what prettier would write', async () => {
    run('shop', { answers: { stream: 'orders', application: 'shop', runner: 'jest' } })
    const options = await prettier.resolveConfig(path.resolve('package.json'))
    for (const file of [
      'src/handler.ts',
      'src/handler.test.ts',
      'kcl.config.yaml',
      'tsconfig.json',
      'jest.config.json'
    ])
      assert.ok(
        await prettier.check(fs.readFileSync(path.join(base, 'shop', file), 'utf8'), {
          ...options,
          filepath: file
        }),
        file
      )
  })

  for (const [folder, name] of [
    ['shop', 'Dockerfile'],
    ['packages/shop', 'Dockerfile of a workspace']
  ] as const)
    it(`has a ${name} with a user of its own, and folders that belong to it`, () => {
      write('package.json', json({ workspaces: ['packages/*'] }))
      run(folder)
      const dockerfile = fs.readFileSync(path.join(base, folder, 'Dockerfile'), 'utf8')
      const data = folder === 'shop' ? '/app/data' : '/app/packages/shop/data'
      assert.match(dockerfile, /useradd --system --uid 10001 consumer/)
      assert.match(dockerfile, /\nUSER 10001\n/)
      assert.deepEqual(
        [dockerfile.includes(`install -d -o consumer ${data} `), dockerfile.includes(`VOLUME ${data}\n`)],
        [true, true]
      )
      assert.doesNotMatch(dockerfile, /\{\{/)
    })
})
