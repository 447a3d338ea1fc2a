/** What an editor takes by `kcl.schema.json`, beside what the codecs of the keys take. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import Ajv from 'ajv'
import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as yaml from 'yaml'
import type * as Template from '../../src/cli/init/Template'
import * as Config from '../../src/config/Config'
import * as Layer from '../../src/config/Layer'
import * as Source from '../../src/config/Source'
import * as SinkSettings from '../../src/sinks/Settings'
import { sinks as sinksOfExample } from './exampleConfig'
import { jsonSchema } from './jsonSchema'

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
ajv.addKeyword('markdownDescription')
const takes = ajv.compile(jsonSchema())

/** Why an editor would mark the value; nothing where it would not. */
const marked = (value: unknown): ReadonlyArray<string> =>
  takes(value) ? [] : (takes.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`)

/** What kclts says is wrong with the text of a file. */
const refused = (text: string): ReadonlyArray<string> => {
  const source = Source.parse('/kcl.config.yaml', text, [])
  return E.isLeft(source)
    ? source.left.map((problem) => problem.text)
    : Layer.ofFile('/', source.right, {}).problems.map((problem) => problem.text)
}

const read = (text: string): unknown => yaml.parse(text, { merge: true })

/** The second of two keys of which a sink has one. */
const withoutArn = (text: string): string => text.replace(/^ +streamArn: .*$/m, '')

/** Each breaks one rule. */
const WRONG: ReadonlyArray<string> = [
  'handlr: ./a.js',
  'handler: 5',
  'handler: ""',
  'handler: https://example.com/a.js',
  'checkpoint: 5',
  'checkpoint: { interval: soon }',
  'checkpoint: { interval: -1 }',
  'checkpoint: { interval: 1h30m }',
  'checkpoint: { count: 1.5 }',
  'checkpoint: { manual: "yes" }',
  'checkpoint: { every: 5s }',
  'failure: { then: retry }',
  'failure: { retries: many }',
  'concurrency: 0',
  'concurrency: "4"',
  'deadline: 0',
  'batch: { bytes: 1XB }',
  'batch: { bytes: 0 }',
  'host: { mode: thread }',
  'status: { listen: 70000 }',
  'status: { hosts: [] }',
  'log: { level: loud }',
  'daemon: { streamName: "a b" }',
  'daemon: { region: Frankfurt_1 }',
  'daemon: { initialPosition: TRIM_HORIZON }',
  'daemon: { maxRecords: 10001 }',
  'daemon: { version: 1.0 }',
  'daemon: { kinesisEndpoint: ftp://h/ }',
  'daemon: { properties: { a: [1] } }',
  'sinks: []',
  'sinks: { "a b": { type: module, export: store } }',
  'sinks: { a: { path: ./a } }',
  'sinks: { a: { type: htpt } }',
  'sinks: { a: { type: http } }',
  'sinks: { a: { type: http, url: ftp://h/ } }',
  'sinks: { a: { type: http, url: "http://h/", rotate: { size: 1MB } } }',
  'sinks: { a: { type: http, url: "http://h/", headers: { a: 5 } } }',
  'sinks: { a: { type: file, path: ./a, batch: { cuont: 1 } } }',
  'sinks: { a: { type: file, path: ./a, keys: 3 } }',
  'sinks: { a: { type: kinesis } }',
  'sinks: { a: { type: kinesis, streamName: a, streamArn: b } }'
]

type Described = Readonly<
  Record<string, Readonly<Record<'description' | 'markdownDescription' | 'properties', unknown>>>
>

describe('an editor', () => {
  it('marks nothing in the example, nor in its sinks', () => {
    const example = fs.readFileSync(path.resolve('kcl.config.example.yaml'), 'utf8')
    assert.deepEqual(marked(read(example)), [])
    assert.deepEqual(marked(read(withoutArn(sinksOfExample()))), [])
  })

  it('marks nothing in the configuration of a new project, which names the schema', async () => {
    const { files } = (await import(path.resolve('dist/cli/init/Template.js'))) as typeof Template
    const answers = { stream: 'orders', application: 'shop', runner: 'node' } as const
    const [file] = files(answers, {
      inWorkspace: 'packages/shop',
      installed: '../../node_modules/kclts'
    }).filter(({ path: name }) => name === 'kcl.config.yaml')
    assert.match(
      file?.text ?? '',
      /^# yaml-language-server: \$schema=\.\.\/\.\.\/node_modules\/kclts\/kcl\.schema\.json\n/
    )
    assert.deepEqual(marked(read(file?.text ?? '')), [])
  })

  it('marks nothing in files of which little or nothing is said', () => {
    for (const text of [
      '',
      'checkpoint:\nsinks:\ndaemon:\n',
      '$schema: ./kcl.schema.json\n',
      'x-any: { a: 1 }\n'
    ])
      assert.deepEqual([marked(read(text)), refused(text)], [[], []], text)
  })

  it('marks each mistake, and kclts refuses it', () => {
    const passed = (problems: (text: string) => ReadonlyArray<string>): ReadonlyArray<string> =>
      WRONG.filter((text) => problems(text).length === 0)
    assert.deepEqual([passed((text) => marked(read(text))), passed(refused)], [[], []])
  })

  it('has the meaning of each key', () => {
    const keys = Object.values(jsonSchema()['properties'] as Described).flatMap((one) => [
      one,
      ...Object.values((one.properties ?? {}) as Described)
    ])
    const lacks = keys.filter(
      ({ description, markdownDescription }) =>
        !/\.$/.test(String(description)) || !/\.$/.test(String(markdownDescription))
    )
    assert.deepEqual(lacks, [])
    assert.ok(keys.length > Config.keys.length)
  })
})

// -- generated configurations -----------------------------------------------------------------------------------------

/** What people write, rightly or wrongly. */
const anything = fc.oneof(
  fc.constantFrom(
    '',
    'none',
    '5s',
    ' 5s ',
    '250ms',
    '1.5h',
    '16MiB',
    '5 kB',
    '10',
    '0',
    'a',
    'a b',
    'ü',
    '~/x'
  ),
  fc.constantFrom(
    '/run/a.sock',
    '127.0.0.1:80',
    '[::1]:80',
    'sink:a',
    'HTTPS://h',
    '2026-01-31',
    'latest',
    '3.1.3'
  ),
  fc.constantFrom('profile:dev', '-Xmx1g -Da=b', 'a,b', 'eu-west-1', '$HOME/x'),
  fc.constantFrom(0, 1, 2, -1, 0.5, 10_000, 70_000, 2 ** 53, true, false, null),
  fc.constantFrom([], ['a'], ['a', 5], {}, { a: 'b' }, { a: 5 })
)

const valueOf = ({ codec, fallback, example }: Config.Key): fc.Arbitrary<unknown> => {
  const known = [fallback, example, ...(codec.json.enum ?? [])].filter((one) => (one ?? null) !== null)
  return known.length === 0 ? anything : fc.oneof(fc.constantFrom(...known), anything)
}

interface Tree {
  [name: string]: unknown
}

/** Some of the keys, each below its section. */
const treeOf = (keys: ReadonlyArray<Config.Key>): fc.Arbitrary<Tree> =>
  fc
    .record(Object.fromEntries(keys.map((key) => [key.path, valueOf(key)])), { requiredKeys: [] })
    .map((values) => {
      const tree: Tree = {}
      for (const [at, value] of Object.entries(values)) {
        const [section = '', name] = at.split('.')
        if (name === undefined) tree[section] = value
        else tree[section] = { ...(tree[section] as Tree | undefined), [name]: value }
      }
      return tree
    })

const sinkTree = fc
  .constantFrom(...SinkSettings.kinds.filter(SinkSettings.isKind))
  .chain((type) => treeOf(SinkSettings.fieldsOf(type)).map((tree) => ({ type, ...tree })))

/** One section at a time: of many keys one would nearly always be wrong. */
const few = fc
  .shuffledSubarray([...Config.keys], { maxLength: 3 })
  .chain(treeOf)
  .chain((tree) =>
    fc.option(sinkTree).map((sink) => (sink === null ? tree : { ...tree, sinks: { a: sink } }))
  )

describe('a configuration that kclts takes', () => {
  it('is one that an editor does not mark', () => {
    let taken = 0
    fc.assert(
      fc.property(few, (tree) => {
        const isTaken = refused(JSON.stringify(tree)).length === 0
        if (isTaken) assert.deepEqual(marked(tree), [], JSON.stringify(tree))
        taken += Number(isTaken)
      }),
      { numRuns: 2000 }
    )
    assert.ok(taken > 100, `only ${taken} were right`)
  })
})
