import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as SinkSettings from '../../src/sinks/Settings'

const kinds = SinkSettings.kinds.filter(SinkSettings.isKind)

describe('the table of keys', () => {
  for (const kind of kinds)
    it(`of ${kind} has a meaning and a right example for each, once`, () => {
      const fields = SinkSettings.fieldsOf(kind)
      for (const { path, meaning, codec, example } of fields) {
        assert.match(meaning, /\.$/, path)
        // A map of headers is written in YAML.
        if (path !== 'headers') assert.ok(E.isRight(codec.decode(example)), path)
      }
      assert.equal(new Set(fields.map(({ path }) => path)).size, fields.length)
    })
})

describe('how a sink sends', () => {
  it('is within the limits of its service unless configured otherwise', () => {
    const common = { linger: 0, timeout: 30_000, backoff: 200, deadline: 60_000, then: 'halt' }
    const all: ReadonlyArray<SinkSettings.SinkSettings> = [
      { type: 'file', path: '/orders' },
      { type: 'http', url: 'http://127.0.0.1/' },
      { type: 'kinesis', streamName: 'orders' },
      { type: 'sqs', queueUrl: 'http://127.0.0.1/' },
      { type: 'module', export: 'store' }
    ]
    assert.deepEqual(all.map(SinkSettings.sending), [
      { ...common, count: 1000, bytes: 1 << 20 },
      { ...common, count: 100, bytes: 1 << 20 },
      { ...common, count: 500, bytes: 5 << 20 },
      { ...common, count: 10, bytes: 256 << 10 },
      { ...common, count: 100, bytes: 1 << 20 }
    ])
  })

  it('is as configured', () =>
    assert.deepEqual(
      SinkSettings.sending({
        type: 'module',
        export: 'store',
        batch: { count: 1, bytes: 2, linger: 3 },
        timeout: 4,
        backoff: 5,
        deadline: 6,
        then: 'dead-letter'
      }),
      { count: 1, bytes: 2, linger: 3, timeout: 4, backoff: 5, deadline: 6, then: 'dead-letter' }
    ))
})
