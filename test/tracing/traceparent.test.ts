/** What a record says of its trace, and whether that is believed. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as Traceparent from '../../src/tracing/Traceparent'
import * as Sampling from '../../src/tracing/Sampling'
import { record } from '../../src/testing'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const at = (isSampled: boolean): Traceparent.Traceparent => ({ traceId: TRACE, spanId: SPAN, isSampled })

describe('a traceparent', () => {
  it('is read as W3C Trace Context has it', () => {
    assert.deepEqual(
      [
        `00-${TRACE}-${SPAN}-01`,
        `00-${TRACE}-${SPAN}-00`,
        `00-${TRACE}-${SPAN}-03`,
        `00-${TRACE}-${SPAN}-02`,
        `cc-${TRACE}-${SPAN}-01`,
        `cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`
      ].map(Traceparent.parse),
      [true, false, true, false, true, true].map(at)
    )
  })

  it('is refused as W3C Trace Context has it', () => {
    const wrong = [
      '',
      'no',
      `00-${TRACE}-${SPAN}`,
      `00-${TRACE}-${SPAN}-1`,
      `00-${TRACE}-${SPAN}-01-`,
      `00-${TRACE}-${SPAN}-01-more`,
      `00-${TRACE}-${SPAN}-01.`,
      `cc-${TRACE}-${SPAN}-01.more`,
      `ff-${TRACE}-${SPAN}-01`,
      `0-${TRACE}-${SPAN}-01`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${'0'.repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `00-${TRACE.slice(1)}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}x-01`,
      ` 00-${TRACE}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-01\n`,
      `cc-${TRACE}-${SPAN}-01-${'x'.repeat(600)}`
    ]
    assert.deepEqual(
      wrong.map((text) => [text, Traceparent.parse(text)]),
      wrong.map((text) => [text, null])
    )
  })

  it('is the same again when it is shown and read', () => {
    for (const isSampled of [true, false])
      assert.deepEqual(Traceparent.parse(Traceparent.show(at(isSampled))), at(isSampled))
  })
})

describe('the field of a record', () => {
  const text = Traceparent.show(at(true))
  const found = (path: string, payload: Parameters<typeof record>[0]): string =>
    Traceparent.reader(path)(record(payload))._tag

  it('is found at its path', () => {
    assert.deepEqual(
      [
        found('traceparent', { json: { traceparent: text } }),
        found('a.b', { json: { a: { b: text } } }),
        found('a', { json: { a: 7 } }),
        found('a', { json: { a: 'no' } }),
        found('a', { json: { a: null } }),
        found('a.b', { json: { a: 'b', b: text } }),
        found('__proto__.a', { json: { a: text } }),
        found('a', { text: '{"a"' }),
        found('a', { data: Uint8Array.of(0xff, 0x22) }),
        found('a', { json: { a: text, b: 'x'.repeat(Traceparent.MOST) } })
      ],
      ['Found', 'Found', 'Invalid', 'Invalid', 'Absent', 'Absent', 'Absent', 'Absent', 'Absent', 'Absent']
    )
  })

  it('is read without a throw, whatever the payload is', () => {
    const read = Traceparent.reader('a.b')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => Buffer.from(json))
        ),
        (data) => {
          assert.ok(['Absent', 'Invalid', 'Found'].includes(read(record({ data }))._tag))
        }
      )
    )
  })
})

describe('whether a trace is sampled', () => {
  const ids = Array.from({ length: 2000 }, (_, i) =>
    ((BigInt(i + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n) % (1n << 128n)).toString(16).padStart(32, '0')
  )
  const shareOf = (sampler: Sampling.Sampler, isSampled = false): number =>
    ids.filter((traceId) => sampler({ traceId, spanId: SPAN, isSampled })).length / ids.length

  it('follows from its id and the share', () => {
    const [none, some, all] = [0, 0.25, 1].map((share) => shareOf(Sampling.of(share, {}))) as [
      number,
      number,
      number
    ]
    assert.deepEqual([none, all], [0, 1])
    assert.ok(Math.abs(some - 0.25) < 0.03, String(some))
    assert.equal(shareOf(Sampling.of(0.25, {}), true), some)
  })

  it('is what the record says only where the configuration says so', () => {
    assert.deepEqual(
      [false, true].map((isSampled) => shareOf(Sampling.of('parent', {}), isSampled)),
      [0, 1]
    )
  })

  it('is as for a new trace where nothing is configured', () => {
    const by = (sampler?: string, arg?: string): number =>
      shareOf(Sampling.of(null, { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: arg }))
    assert.deepEqual(
      [
        by(),
        by('always_on'),
        by('parentbased_always_off'),
        by('always_off'),
        by('parentbased_traceidratio', '0'),
        by('traceidratio'),
        by('traceidratio', 'many')
      ],
      [1, 1, 0, 0, 0, 1, 1]
    )
  })
})
