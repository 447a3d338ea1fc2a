/** The packed tarball, installed into an empty project: what a user of npm gets. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { isBuiltin } from 'node:module'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as Tarball from './Tarball'

const root = path.resolve('.')
const project = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-package-'))
const installed = path.join(project, 'node_modules/kclts')

const write = (file: string, text: string): void => fs.writeFileSync(path.join(project, file), text)

/** Runs a program in the project; gives what it wrote, or fails with it. */
const run = (program: string, args: ReadonlyArray<string>, input = ''): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: project,
    input,
    encoding: 'utf8',
    timeout: 300_000
  })
  assert.deepEqual({ status, error }, { status: 0, error: undefined }, `${program}: ${stdout}${stderr}`)
  return stdout
}

const node = (file: string): string => run(process.execPath, [file])

/** Type-checks a file of the project with our own compiler, in strict mode, declarations of all libraries included. */
const compile = (file: string, ...options: ReadonlyArray<string>): string =>
  run(process.execPath, [
    require.resolve('typescript/bin/tsc'),
    ...['--noEmit', '--strict', '--target', 'es2022'],
    ...options,
    file
  ])

const filesOf = (folder: string): ReadonlyArray<string> =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('node_modules'))

const bin = (name: string): string => path.join(project, 'node_modules/.bin', name)

const HANDLER = `exports.handler = (record) =>
  record.partitionKey === 'bad' ? reject('a bad key') : ack()`

/** What TypeScript 6 wants to hear before it resolves modules the old way. */
const OLD = ['--ignoreDeprecations', '6.0', '--esModuleInterop'] as const

const TYPED = `
import { type Decision, type Handler, type KinesisRecord, ack, decodeJson, reject } from 'kclts'
import * as t from 'io-ts'

export const handler: Handler = (each: KinesisRecord): Decision =>
  each.partitionKey === 'bad' ? reject('a bad key') : ack()
export const orders: Handler = decodeJson(t.type({ total: t.number }))((order) => order.total > 0)
// @ts-expect-error a handler that forgets its return is found
export const forgetful: Handler = () => {}
`

const TYPED_TEST = `
import { decodeLines } from 'kclts/decoders'
import { record, run } from 'kclts/testing'
import { handler } from './typed'

export const kit = [decodeLines, record, run, handler] as const
`

const PROCESSOR = `
export const processor: kcl.RecordProcessor = {
  initialize: (_input, complete) => complete(),
  processRecords: ({ records, checkpointer }, complete) =>
    checkpointer.checkpoint(records[0]?.sequenceNumber, () => complete()),
  leaseLost: (_input, complete) => complete(),
  shardEnded: ({ checkpointer }, complete) => checkpointer.checkpoint(() => complete())
}
export const runs = (): void => kcl(processor).run()
`

before(() => {
  write('package.json', '{ "private": true }')
  run('npm', Tarball.install(project))
})

after(() => fs.rmSync(project, { recursive: true, force: true }))

describe('the library', () => {
  it('is required', () => {
    write(
      'required.cjs',
      `const { ack, checkpoint, decodeJson, halt, reject, skip, start } = require('kclts')
       const { record, run } = require('kclts/testing')
       const { decodeDynamoDb, decodeLines } = require('kclts/decoders')
       const all = [ack, checkpoint, decodeJson, decodeDynamoDb, decodeLines, halt, reject, skip, start, record, run]
       console.log(all.map((f) => typeof f).join())`
    )
    assert.equal(node('required.cjs'), `${Array(11).fill('function').join()}\n`)
  })

  it('is imported by an ES module, name by name', () => {
    write(
      'imported.mjs',
      `import { ack, checkpoint, decodeJson, halt, reject, skip, start } from 'kclts'
       import { record, run } from 'kclts/testing'
       import { decodeDynamoDb, decodeLines } from 'kclts/decoders'
       const all = [ack, checkpoint, decodeJson, decodeDynamoDb, decodeLines, halt, reject, skip, start, record, run]
       console.log(all.map((f) => typeof f).join())`
    )
    assert.equal(node('imported.mjs'), `${Array(11).fill('function').join()}\n`)
  })

  it('is there in place of aws-kcl, as a CommonJS function and as the default of an ES module', () => {
    write('compat.cjs', `const kcl = require('kclts/compat'); console.log(typeof kcl)`)
    write('compat.mjs', `import kcl from 'kclts/compat'; console.log(typeof kcl)`)
    assert.deepEqual([node('compat.cjs'), node('compat.mjs')], ['function\n', 'function\n'])
  })

  it('has types of that', () => {
    write('processor.cts', `import kcl = require('kclts/compat')\n${PROCESSOR}`)
    write('processor.mts', `import kcl from 'kclts/compat'\n${PROCESSOR}`)
    compile('processor.cts', 'processor.mts', '--module', 'node16')
  })

  for (const [name, options] of [
    ['node16, for CommonJS and ES modules', ['--module', 'node16', 'typed.mts']],
    ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
    ['node10', ['--module', 'commonjs', '--moduleResolution', 'node10', ...OLD]]
  ] as const) {
    it(`has types under ${name}`, () => {
      write('typed.ts', TYPED)
      write('typed.mts', TYPED)
      write('typed.test.ts', TYPED_TEST)
      compile('typed.test.ts', ...options)
    })
  }
})

describe('the binaries, through the links of npm', () => {
  before(() => {
    write('handler.js', `const { ack, reject } = require('kclts')\n${HANDLER}`)
    write('kcl.config.yaml', 'handler: ./handler.js\n')
  })

  const INITIALIZE =
    '{"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"TRIM_HORIZON"}\n'
  const STATUS = '\n{"action":"status","responseFor":"initialize"}\n'

  it('kclts says its version', () => {
    const [, version] =
      /"version": "(.+?)"/.exec(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) ?? []
    assert.equal(run(bin('kclts'), ['--version']), `${version}\n`)
  })

  it('kclts check accepts the configuration', () => {
    assert.match(run(bin('kclts'), ['check']), /handler/)
  })

  it('npm create kclts begins a project with the same version', () => {
    const create = path.join(project, 'node_modules/create-kclts')
    fs.cpSync(path.join(root, 'tools/create-kclts'), create, { recursive: true })
    const manifest = (folder: string): Record<string, unknown> =>
      JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as Record<string, unknown>
    const { version } = manifest(installed)
    assert.deepEqual(
      [manifest(create)['version'], manifest(create)['dependencies']],
      [version, { kclts: version }]
    )
    run(process.execPath, [path.join(create, 'create.js'), 'orders', '--yes'])
    assert.ok('kclts' in Object(manifest(path.join(project, 'orders'))['dependencies']))
  })

  it('kclts leases says which package it needs beside it', () => {
    const { status, stdout, stderr } = spawnSync(bin('kclts'), ['leases', '--application', 'orders'], {
      cwd: project,
      encoding: 'utf8'
    })
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 2,
        stdout: '',
        stderr:
          'kclts leases: a package that this needs is not installed: npm install @aws-sdk/client-dynamodb\n'
      }
    )
  })

  it('kclts check --aws says which packages it needs beside it', () => {
    const stream = ['--daemon-stream-name', 'orders', '--daemon-application-name', 'shop']
    const { status, stdout, stderr } = spawnSync(bin('kclts'), ['check', '--aws', '--json', ...stream], {
      cwd: project,
      encoding: 'utf8'
    })
    const lines = stdout.split('\n').filter((line) => line.includes('npm install @aws-sdk/'))
    assert.deepEqual(
      { status, stderr, lines },
      {
        status: 2,
        stderr: '',
        lines: ['sts', 'kinesis', 'dynamodb'].map((name) =>
          JSON.stringify({
            check: 'packages',
            verdict: 'todo',
            text: `a package that this needs is not installed: npm install @aws-sdk/client-${name}`,
            denied: []
          })
        )
      }
    )
  })

  it('kclts child answers the daemon', () => {
    assert.equal(run(bin('kclts'), ['child'], INITIALIZE), STATUS)
  })

  it("kclts child answers beside another tool's .config/config.ts, which cosmiconfig would run", () => {
    fs.mkdirSync(path.join(project, '.config'))
    write('.config/config.ts', 'process.exit(9)')
    try {
      assert.equal(run(process.execPath, [path.join(installed, 'dist/child.js')], INITIALIZE), STATUS)
    } finally {
      fs.rmSync(path.join(project, '.config'), { recursive: true })
    }
  })

  it('kclts-child answers the daemon', () => {
    assert.equal(run(bin('kclts-child'), [], INITIALIZE), STATUS)
  })
})

/** Code with its types, scripts, what a room ships beside its code, licences, documents. */
const SHIPPED = [
  /^dist\/.+\.(js|d\.ts)$/,
  /^dist\/api\/[\w/=.]+\.md$/,
  /^dist\/(edge\/kclts-child|host\/relay|daemon\/guardian)$/,
  /^dist\/daemon\/(logback\.xml|kclts-daemon\.jar|kcl\/[0-9.]+\/(sums\.txt|pom\.xml))$/,
  /^dist\/host\/status\/page\.(css|html)$/,
  /^dist\/cli\/init\/template\/[\w.]+\.template$/,
  /^dist\/(child|cli|index|hostThread)\.licences\.txt$/,
  /^docs\/[a-z-]+\.md$/,
  /^bench\/results\/figures\.svg$/
]

const PAPERS = ['README.md', 'CHANGELOG.md', 'LICENSE', 'kcl.config.example.yaml', 'kcl.schema.json']

describe('the tarball', () => {
  it('holds the build and a few papers, and nothing else', () => {
    const strange = filesOf(installed).filter(
      (file) => !SHIPPED.some((shape) => shape.test(file)) && !['package.json', ...PAPERS].includes(file)
    )
    assert.deepEqual(strange, [])
  })

  it('holds every paper', () => {
    assert.deepEqual(
      PAPERS.filter((file) => !fs.existsSync(path.join(installed, file))),
      []
    )
  })

  it('gives the schema of the configuration to a program that asks for it', () => {
    write(
      'schema.cjs',
      `const fs = require('node:fs')
       console.log(JSON.parse(fs.readFileSync(require.resolve('kclts/kcl.schema.json'), 'utf8')).title)`
    )
    assert.equal(node('schema.cjs'), 'The configuration of kclts\n')
  })

  // A strict installer puts nothing else within its reach. The clients of AWS are for those who configure a sink of theirs.
  it('has a child that requires what it depends on, and nothing that comes with that', () => {
    const child = fs.readFileSync(path.join(installed, 'dist/child.js'), 'utf8')
    const names = [...child.matchAll(/\b(?:require|import)\("([^"./][^"]*)"\)/g)].map(
      ([, name]) => name ?? ''
    )
    assert.deepEqual([...new Set(names)].filter((name) => !isBuiltin(name)).sort(), [
      '@aws-sdk/client-kinesis',
      '@aws-sdk/client-sqs',
      'jiti',
      'pino-pretty',
      'yaml'
    ])
  })

  it('brings no client of AWS with it, and nothing that only tests need', () => {
    assert.deepEqual(
      ['@aws-sdk', 'fast-check'].filter((name) => fs.existsSync(path.join(project, 'node_modules', name))),
      []
    )
  })

  it('has arbitraries where fast-check is installed', () => {
    fs.symlinkSync(path.join(root, 'node_modules/fast-check'), path.join(project, 'node_modules/fast-check'))
    try {
      write(
        'arbitraries.cjs',
        `console.log(Object.keys(require('kclts/testing/arbitraries')).includes('record'))`
      )
      assert.equal(node('arbitraries.cjs'), 'true\n')
    } finally {
      fs.rmSync(path.join(project, 'node_modules/fast-check'))
    }
  })

  it('names no path of the machine that built it', () => {
    const leaks = filesOf(installed).filter((file) =>
      fs.readFileSync(path.join(installed, file), 'utf8').includes(root)
    )
    assert.deepEqual(leaks, [])
  })

  it('keeps its scripts executable', () => {
    const mode = (file: string): number => fs.statSync(path.join(installed, file)).mode & 0o111
    assert.deepEqual([mode('dist/bin.js'), mode('dist/edge/kclts-child')], [0o111, 0o111])
  })
})
