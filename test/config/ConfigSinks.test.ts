import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { sinks as sinksOfExample } from './exampleConfig'
import * as SinkSettings from '../../src/sinks/Settings'
import { loadIn, problems, project, yaml } from './Project'

/** The sinks as decoded, with the project's folder as `~`. */
const sinks = (text: string): unknown => {
  const folder = project(yaml(text))
  const loaded = loadIn(folder)
  assert.deepEqual(E.isLeft(loaded) ? loaded.left : [], [])
  return E.isLeft(loaded)
    ? undefined
    : JSON.parse(JSON.stringify(loaded.right.config.sinks).replaceAll(folder, '~'))
}

const wrong = (text: string): ReadonlyArray<string> => problems(yaml(text))

describe('sinks', () => {
  it('are absent by default', () => {
    assert.deepEqual(sinks(''), {})
    assert.deepEqual(sinks('sinks:\n'), {})
  })

  it('are read by name: paths beside the file, durations in milliseconds, sizes in bytes', () =>
    assert.deepEqual(
      sinks(`
sinks:
  orders:
    type: file
    path: ./out/orders.ndjson
    ids: true
    rotate: { size: 100MB, interval: 1d }
    batch: { count: 10, bytes: 1KiB, linger: 50ms }
  hook:
    type: http
    url: https://example.com/hook
    format: json
    headers: { authorization: "Bearer \${TOKEN}" }
    timeout: 5s
    backoff: 1s
    deadline: 5m
    then: dead-letter
  store: { type: module, export: store }
`),
      {
        orders: {
          type: 'file',
          path: '~/out/orders.ndjson',
          ids: true,
          rotate: { size: 100_000_000, interval: 86_400_000 },
          batch: { count: 10, bytes: 1024, linger: 50 }
        },
        hook: {
          type: 'http',
          url: 'https://example.com/hook',
          format: 'json',
          headers: { authorization: 'Bearer ${TOKEN}' },
          timeout: 5000,
          backoff: 1000,
          deadline: 300_000,
          then: 'dead-letter'
        },
        store: { type: 'module', export: 'store' }
      }
    ))

  it('of kcl.config.example.yaml have every key that there is', () => {
    const text = sinksOfExample()
    for (const kind of SinkSettings.kinds.filter(SinkSettings.isKind)) {
      const [, section = ''] = text.split(`\n  to-${kind}:\n`)
      const [own = ''] = section.split('\n  to-')
      const given = [...own.matchAll(/^ {4,6}([a-zA-Z]+): \S/gm)].map(([, key]) => key)
      assert.deepEqual(given, [
        'type',
        ...SinkSettings.fieldsOf(kind).map(({ path }) => path.split('.').at(-1))
      ])
    }
    // The one pair of keys that exclude each other.
    const loaded = sinks(text.replace(/^ +streamArn: .*$/m, ''))
    assert.deepEqual(
      Object.keys(loaded as object),
      SinkSettings.kinds.map((kind) => `to-${kind}`)
    )
  })
})

describe('what is wrong with a sink is reported with its place', () => {
  it('an unknown key, and the one that may be meant', () =>
    assert.deepEqual(
      wrong(
        'sinks:\n  orders:\n    type: file\n    path: ./a\n    rotat: { size: 1MB }\n    batch: { cuont: 1 }\n'
      ),
      [
        'kcl.config.yaml:6:5: sinks.orders.rotat: unknown key of a sink of type file; did you mean rotate?',
        'kcl.config.yaml:7:14: sinks.orders.batch.cuont: unknown key of a sink of type file; did you mean batch.count?'
      ]
    ))

  it('a key that another type has', () =>
    assert.deepEqual(
      wrong('sinks:\n  hook:\n    type: http\n    url: http://a/\n    rotate: { size: 1MB }\n'),
      ['kcl.config.yaml:6:5: sinks.hook.rotate: unknown key of a sink of type http, which type file has']
    ))

  it('a key that is missing', () =>
    assert.deepEqual(wrong('sinks:\n  hook:\n    type: http\n'), [
      'kcl.config.yaml:4:5: sinks.hook: url is missing, which a sink of type http needs'
    ]))

  it('a type that there is not, or none', () =>
    assert.deepEqual(wrong('sinks:\n  a: { type: htpt }\n  b: { url: http://a/ }\n  c: 1\n'), [
      'kcl.config.yaml:3:14: sinks.a.type: found "htpt", expected file, http, kinesis, sqs or module',
      'kcl.config.yaml:4:6: sinks.b.type: found nothing, expected file, http, kinesis, sqs or module',
      'kcl.config.yaml:5:6: sinks.c: found a number, expected a map of keys'
    ]))

  it('values of a wrong type', () =>
    assert.deepEqual(
      wrong(`
sinks:
  hook:
    type: http
    url: ftp://example.com
    format: xml
    ids: 1
    headers: [a]
    batch: { count: 0, bytes: much, linger: -1 }
    deadline: soon
    then: skip
`),
      [
        'kcl.config.yaml:6:10: sinks.hook.url: found "ftp://example.com", expected a URL that begins with http:// or https://',
        'kcl.config.yaml:7:13: sinks.hook.format: found "xml", expected json or ndjson',
        'kcl.config.yaml:8:10: sinks.hook.ids: found 1, expected true or false',
        'kcl.config.yaml:9:14: sinks.hook.headers: found a list, expected a map of headers, each with text as its value',
        'kcl.config.yaml:10:21: sinks.hook.batch.count: found 0, expected a whole number of 1 or more',
        'kcl.config.yaml:10:31: sinks.hook.batch.bytes: found "much", expected a size above 0, such as 500kB, 16MiB or a number of bytes',
        'kcl.config.yaml:10:45: sinks.hook.batch.linger: found -1, expected a duration such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
        'kcl.config.yaml:11:15: sinks.hook.deadline: found "soon", expected a duration such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
        'kcl.config.yaml:12:11: sinks.hook.then: found "skip", expected halt or dead-letter'
      ]
    ))

  it('an invalid name, a stream that is named twice, and a section sinks that is not one', () => {
    assert.deepEqual(wrong('sinks:\n  "a b": { type: module, export: store }\n'), [
      'kcl.config.yaml:3:3: sinks.a b: found this name, expected one of letters, digits, hyphens and underscores'
    ])
    assert.deepEqual(
      wrong(
        'sinks:\n  s: { type: kinesis, streamName: a, streamArn: "arn:aws:kinesis:eu-west-1:123456789012:stream/b" }\n'
      ),
      ['kcl.config.yaml:3:6: sinks.s: a sink of type kinesis needs one of streamName and streamArn']
    )
    assert.deepEqual(wrong('sinks: [a]\n'), [
      'kcl.config.yaml:2:8: sinks: found a list, expected a map of sinks by name'
    ])
  })
})
