import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { isSeveral } from '../../src/core/Handler'
import * as HandlerModule from '../../src/edge/HandlerModule'
import { Attempt } from '../../src/run/Attempt'
import * as Records from '../../src/testing/Records'
import { type Files, project } from '../config/Project'

/** A project in which kclts is installed; its first file is the handler's module. */
const projectOf = (files: Files): { readonly folder: string; readonly file: string } => {
  const folder = project({ 'package.json': '{ "private": true }', ...files })
  fs.mkdirSync(path.join(folder, 'node_modules'))
  fs.symlinkSync(path.resolve('.'), path.join(folder, 'node_modules/kclts'))
  return { folder, file: path.join(folder, Object.keys(files)[0] ?? '') }
}

/** What the handler says of a record, its version and its name; or the message. */
const loaded = async (files: Files): Promise<unknown> => {
  const { folder, file } = projectOf(files)
  const module = await HandlerModule.load(file)
  if (E.isLeft(module)) return module.left.replaceAll(folder, '~')
  const { handler, name, version } = module.right
  const record = Records.record()
  const context = new Attempt(1, null, record, { resource: undefined, log: () => undefined })
  return [isSeveral(handler) ? handler.several([record], context) : handler(record, context), version, name]
}

/** The message without frames, of which Node has others in each version. */
const refused = async (files: Files): Promise<string> =>
  String(await loaded(files)).replace(/\n +at [^]*/, '')

describe('a handler is loaded from', () => {
  it('CommonJS, as an export or as the module itself', async () => {
    assert.deepEqual(await loaded({ 'a.js': 'exports.handler = () => true; exports.version = "1.4.0"' }), [
      true,
      '1.4.0',
      'a.js'
    ])
    assert.deepEqual(await loaded({ 'a.cjs': 'module.exports = () => true' }), [true, null, 'a.cjs'])
    assert.deepEqual(
      await loaded({ 'a.js': 'module.exports = { ...{ handler: () => true }, version: 3 }' }),
      [true, '3', 'a.js']
    )
  })

  it('a module with a handler of several records', async () =>
    assert.deepEqual(
      await loaded({ 'a.mjs': 'export const batchHandler = (records) => records.map(() => true)' }),
      [[true], null, 'a.mjs']
    ))

  it('CommonJS that was compiled from an ES module', async () => {
    const compiled = 'Object.defineProperty(exports, "__esModule", { value: true }); '
    assert.deepEqual(await loaded({ 'a.js': `${compiled} exports.default = () => true` }), [
      true,
      null,
      'a.js'
    ])
    assert.deepEqual(await loaded({ 'a.js': `${compiled} exports.handler = () => true` }), [
      true,
      null,
      'a.js'
    ])
  })

  it('CommonJS that imports, or has the words of an ES module in a comment', async () => {
    assert.deepEqual(
      await loaded({
        'a.js': '// export this\nexports.load = () => import("b"); exports.handler = () => true'
      }),
      [true, null, 'a.js']
    )
    assert.deepEqual(await loaded({ 'a.js': '// import\nmodule.exports = () => true' }), [true, null, 'a.js'])
  })

  it('an ES module, by its ending or its package.json, by name or by default', async () => {
    assert.deepEqual(
      await loaded({ 'a.mjs': 'export const handler = () => true; export const version = "2"' }),
      [true, '2', 'a.mjs']
    )
    assert.deepEqual(await loaded({ 'a.mjs': 'export default () => true' }), [true, null, 'a.mjs'])
    assert.deepEqual(
      await loaded({
        'a.js': 'import { b } from "./b.js"; export const handler = () => b',
        'b.js': 'export const b = await Promise.resolve(true)',
        'package.json': '{ "type": "module" }'
      }),
      [true, null, 'a.js']
    )
  })

  it('TypeScript of each kind, with enums, other files and kclts', async () => {
    for (const ending of ['ts', 'mts', 'cts'])
      assert.deepEqual(
        await loaded({
          [`a.${ending}`]:
            'import { type Handler, ack, skip } from "kclts"\nimport { Kind, kind } from "./b"\n' +
            'export const handler: Handler = () => (kind === Kind.Right ? ack() : skip("wrong" as string))\n' +
            'export const version = "7"\n',
          'b.ts': 'export enum Kind { Wrong, Right }\nexport const kind: Kind = Kind.Right\n'
        }),
        [{ _tag: 'Ack', outputs: [] }, '7', `a.${ending}`]
      )
  })

  it('TypeScript by default, among ES modules, that names the compiled file', async () =>
    assert.deepEqual(
      await loaded({
        'a.ts': 'import { b } from "./b.js"\nexport default (): boolean => b\n',
        'b.ts': 'export const b: boolean = true\n',
        'package.json': '{ "type": "module" }'
      }),
      [true, null, 'a.ts']
    ))

  it('a module with a handler by name and another by default: the name wins', async () =>
    assert.deepEqual(
      await loaded({ 'a.mjs': 'export default () => false; export const handler = () => true' }),
      [true, null, 'a.mjs']
    ))
})

describe('what was compiled from TypeScript', () => {
  it("is kept in the project's node_modules, never among temporary files", async () => {
    const { folder, file } = projectOf({ 'deep/in/a.ts': 'export default (): boolean => true\n' })
    await HandlerModule.load(file)
    const cache = path.join(folder, 'node_modules/.cache/kclts')
    const versions = fs.readdirSync(cache)
    assert.deepEqual(
      versions.map((version) => fs.readdirSync(path.join(cache, version)).length),
      [1]
    )
  })
})

describe('a module is refused that', () => {
  const EXPECTED = '~/a.mjs: expected an export `handler` that is a function (record) => Decision; '

  it('exports no handler: its exports are named', async () => {
    assert.equal(
      await refused({ 'a.mjs': 'export const handle = () => true; export const x = 1' }),
      `${EXPECTED}it exports handle, x`
    )
    assert.equal(
      await refused({ 'a.cjs': 'exports.handle = () => true' }),
      `${EXPECTED.replace('mjs', 'cjs')}it exports handle`
    )
    assert.equal(await refused({ 'a.mjs': '' }), `${EXPECTED}it exports nothing by name`)
    assert.equal(await refused({ 'a.mjs': 'export default 5' }), `${EXPECTED}it exports nothing by name`)
  })

  it('exports a handler that is no plain function', async () => {
    const handler = (text: string): Promise<string> => refused({ 'a.mjs': `export const handler = ${text}` })
    assert.equal(await handler('{}'), `${EXPECTED}\`handler\` is of type object`)
    assert.equal(await handler('"ack"'), `${EXPECTED}\`handler\` is of type string`)
    assert.equal(await handler('function* () {}'), `${EXPECTED}\`handler\` is a generator`)
    assert.equal(await handler('async function* () {}'), `${EXPECTED}\`handler\` is an async generator`)
  })

  it('exports a batch handler that is no function, or both kinds', async () => {
    assert.equal(
      await refused({ 'a.mjs': 'export const batchHandler = []' }),
      '~/a.mjs: expected an export `batchHandler` that is a function (records) => Decision[]; `batchHandler` is of type object'
    )
    assert.equal(
      await refused({ 'a.mjs': 'export const batchHandler = () => []; export const handler = () => true' }),
      '~/a.mjs: it exports both `handler` and `batchHandler`; keep one of them'
    )
  })

  it('throws while it is loaded, with the place', async () => {
    for (const name of ['a.js', 'a.mjs', 'a.ts']) {
      const thrown = String(await loaded({ [name]: '\n\nthrow new Error("no database")\n' }))
      assert.ok(thrown.startsWith(`~/${name} throws while it is loaded: Error: no database\n    at `), thrown)
      assert.ok(thrown.includes(`~/${name}:3:7`), thrown)
      assert.doesNotMatch(thrown, /node:internal|jiti/)
    }
    assert.equal(
      await refused({ 'a.js': 'throw null' }),
      '~/a.js throws while it is loaded: NotAnError: null'
    )
  })

  it('cannot be parsed, with the place', async () => {
    const text = 'export const handler = () => {\n  const x = ;\n}\n'
    for (const [name, broken] of [
      ['a.js', text.replace('export const', 'exports.')],
      ['a.mjs', text],
      ['a.ts', text]
    ] as const) {
      const told = await refused({ [name]: broken })
      assert.ok(told.startsWith(`~/${name} cannot be parsed: `), told)
      assert.match(told, new RegExp(`~/${name}:2(:12)?$`, 'm'))
    }
  })

  it('imports one that cannot be parsed, with what to do', async () =>
    assert.equal(
      await refused({ 'a.mjs': 'import "./b.mjs"\nexport default () => true', 'b.mjs': 'const x = ;' }),
      "~/a.mjs imports a module that cannot be parsed; node --check FILE shows the place: SyntaxError: Unexpected token ';'"
    ))

  it('imports what is not there', async () => {
    for (const [name, text] of [
      ['a.js', 'require("no-such-package")'],
      ['a.mjs', 'import "no-such-package"'],
      ['a.ts', 'import "no-such-package"']
    ] as const) {
      const told = await refused({ [name]: text })
      const [first] = told.split('\n')
      assert.match(
        first ?? '',
        new RegExp(
          `^~/${name} imports a module that is not found; install it with npm, or correct the import: .*no-such-package`
        )
      )
    }
  })

  it('is not there', async () => {
    const { folder, file } = projectOf({ 'a.js': '' })
    fs.rmSync(file)
    assert.deepEqual(await HandlerModule.load(file), E.left(`${folder}/a.js: there is no such file`))
  })
})

describe('a child', () => {
  /** Runs the child in a project until its input ends, which is at once. */
  const child = (files: Files, config = 'handler: ./a.mjs\n') => {
    const { folder } = projectOf({ ...files, 'kcl.config.yaml': config })
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        path.join(__dirname, '../../src/host/entries/child.js'),
        '--log-level',
        'warn',
        '--log-format',
        'json'
      ],
      { cwd: folder, input: '', encoding: 'utf8' }
    )
    return { status, stdout, stderr: stderr.replaceAll(fs.realpathSync(folder), '~') }
  }

  const quiet = (text: string): string => text.replace(/^\{.*(overlay|tmpfs|memory).*\}\n/gm, '')

  it('loads a module of either kind without a warning of Node', () => {
    for (const [name, text] of [
      ['a.mjs', 'export const handler = () => true'],
      ['a.cjs', 'exports.handler = () => true'],
      ['a.mts', 'export const handler = (): boolean => true']
    ] as const)
      assert.deepEqual(
        [child({ [name]: text }, `handler: ./${name}\n`)].map((done) => [done.status, quiet(done.stderr)]),
        [[0, '']]
      )
  })

  it('reports a wrong handler and wrong dead letters at once, with their places', () =>
    assert.deepEqual(
      child({ 'a.mjs': 'export const x = 1' }, 'failure:\n  deadLetters: .\nhandler: ./a.mjs\n'),
      {
        status: 2,
        stdout: '',
        stderr:
          'kclts: kcl.config.yaml:3:10: handler: ~/a.mjs: expected an export `handler` that is a function ' +
          '(record) => Decision; it exports x\n' +
          'kclts: kcl.config.yaml:2:16: failure.deadLetters: EISDIR: illegal operation on a directory, opening ~; ' +
          'it is a folder: name a file in it, or name another file in failure.deadLetters\n'
      }
    ))

  it('whose handler awaits what nothing ends, or leaves, does not end as if all were well', () => {
    const early =
      'kclts: the process ended before the handler was ready: its module, or `acquire`, calls process.exit ' +
      'or awaits something that never happens\n'
    for (const text of ['await new Promise(() => {})', 'process.exit(0)'])
      assert.deepEqual(child({ 'a.mjs': `${text}; export default () => true` }), {
        status: 2,
        stdout: '',
        stderr: early
      })
  })
})
