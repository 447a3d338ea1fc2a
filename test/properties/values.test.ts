/** The small types, over every value. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as fc from 'fast-check'
import * as Decision from '../../src/core/Decision'
import * as Failure from '../../src/core/Failure'
import * as KinesisRecord from '../../src/protocol/KinesisRecord'
import * as Policy from '../../src/core/Policy'
import * as Position from '../../src/protocol/Position'
import * as Arbitraries from '../../src/testing/Arbitraries'
import { record } from '../../src/testing/Records'
import { runs } from './Runs'

const RUNS = 1_000

const position = fc
  .tuple(Arbitraries.digits, fc.nat({ max: 300 }))
  .map(([digits, sub]) => Position.make(digits, sub))

/** Pairs that are equal or next to each other as often as not. */
const pair = fc.oneof(
  fc.tuple(position, position),
  fc.tuple(position, fc.integer({ min: -1, max: 1 }), fc.nat({ max: 300 })).map(([a, step, sub]) => {
    const next = BigInt(a.sequenceNumber) + BigInt(step)
    return [a, Position.make((next < 0n ? 0n : next).toString(), sub)] as const
  })
)

const sign = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

describe('Position.Ord', () => {
  it('agrees with BigInt, then with the sub-sequence numbers', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const bySequence = sign(BigInt(a.sequenceNumber), BigInt(b.sequenceNumber))
        assert.equal(Position.compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber), bySequence)
        const expected =
          bySequence !== 0 ? bySequence : sign(BigInt(a.subSequenceNumber), BigInt(b.subSequenceNumber))
        assert.equal(Position.Ord.compare(a, b), expected)
        assert.equal(Position.Ord.equals(a, b), expected === 0)
        assert.deepStrictEqual(Position.max(a, b), expected < 0 ? b : a)
      }),
      runs(RUNS)
    )
  })

  it('is a total order', () => {
    fc.assert(
      fc.property(position, position, position, (a, b, c) => {
        const { compare } = Position
        assert.equal(compare(a, a), 0)
        assert.equal(compare(a, b) + compare(b, a), 0)
        if (compare(a, b) <= 0 && compare(b, c) <= 0) assert.ok(compare(a, c) <= 0)
      }),
      runs(RUNS)
    )
  })

  it('takes for a sequence number what BigInt prints, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(Arbitraries.digits, fc.string({ maxLength: 5 })), (text) => {
        const canonical = /^[0-9]+$/.test(text) && BigInt(text).toString() === text
        assert.equal(Position.isSequenceNumber(text), canonical)
      }),
      runs(RUNS)
    )
  })
})

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true
})

/** Objects that look like decisions, and are not always. */
const nearly = fc.record(
  {
    _tag: fc.oneof(
      fc.constantFrom('Ack', 'Checkpoint', 'Skip', 'Reject', 'Halt', 'ack', 'Forgotten'),
      anything
    ),
    reason: fc.oneof(fc.string(), anything),
    outputs: fc.oneof(fc.constant([]), anything),
    then: fc.oneof(fc.constant(undefined), fc.func(fc.anything()))
  },
  { requiredKeys: [] }
)

const hostile = fc.constantFrom<() => unknown>(
  () => Promise.resolve(true),
  () => Proxy.revocable({}, {}).proxy,
  () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('not for you')
        }
      }
    ),
  () => ({
    get _tag(): string {
      throw new TypeError('no tag')
    }
  }),
  () => Symbol('ack'),
  () => () => Decision.ack()
)

const returned = fc.oneof(
  anything,
  nearly,
  hostile.map((make) => make())
)

const keyOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined

/** Whether a value says that its record is finished, by the letter of the documentation. */
const saysFinished = (value: unknown): boolean => {
  if (typeof value === 'boolean') return true
  const tag = keyOf(value, '_tag')
  const outputs = keyOf(value, 'outputs')
  const none = outputs === undefined || (Array.isArray(outputs) && outputs.length === 0)
  const finished =
    tag === 'Ack' || tag === 'Checkpoint' || (tag === 'Skip' && typeof keyOf(value, 'reason') === 'string')
  return finished && none && typeof keyOf(value, 'then') !== 'function'
}

describe('Decision.understand', () => {
  it('never throws, and takes for finished only what says so', () => {
    fc.assert(
      fc.property(returned, (value) => {
        const { _tag } = Decision.understand(value)
        if (value === undefined) assert.equal(_tag, 'Forgotten')
        else assert.equal(['Ack', 'Checkpoint', 'Skip'].includes(_tag), saysFinished(value))
      }),
      runs(RUNS)
    )
  })

  it('gives what is understood again when it is asked again', () => {
    fc.assert(
      fc.property(returned, (value) => {
        const first = Decision.understand(value)
        if (first._tag !== 'Invalid' && first._tag !== 'Forgotten')
          assert.deepStrictEqual(Decision.understand(first), first)
      }),
      runs(RUNS)
    )
  })
})

describe('Failure.fromUnknown', () => {
  it('never throws, and gives text', () => {
    fc.assert(
      fc.property(returned, (thrown) => {
        const { name, message, stack } = Failure.fromUnknown(thrown)
        assert.deepStrictEqual([typeof name, typeof message], ['string', 'string'])
        assert.ok(stack === null || typeof stack === 'string')
      }),
      runs(RUNS)
    )
  })
})

describe('KinesisRecord', () => {
  it('gives back the bytes, the text and the JSON that a producer put', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ unit: 'binary' }), fc.jsonValue(), (bytes, text, json) => {
        assert.deepStrictEqual(Uint8Array.from(record({ data: bytes }).data), Uint8Array.from(bytes))
        assert.deepStrictEqual(KinesisRecord.text(record({ text })), E.right(text))
        assert.deepStrictEqual(
          KinesisRecord.json(record({ json })),
          E.right(JSON.parse(JSON.stringify(json)))
        )
      }),
      runs(RUNS)
    )
  })

  it('takes for text what a strict decoder takes', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const expected = E.tryCatch(
          () => strict.decode(bytes),
          () => 'the data is not UTF-8 text'
        )
        // The rest of the reason names compressed data, as a few bytes by chance begin.
        const found = pipe(
          KinesisRecord.text(record({ data: bytes })),
          E.mapLeft(({ message }) => message.replace(/: it begins .*/, ''))
        )
        assert.deepStrictEqual(found, expected)
      }),
      runs(RUNS)
    )
  })
})

describe('Policy', () => {
  it('is due at the interval or at the count, whichever comes first, and when a record asks', () => {
    const policy = fc.record({
      interval: fc.nat({ max: 20 }),
      count: fc.nat({ max: 5 }),
      manual: fc.boolean()
    })
    const events = fc.array(fc.record({ pause: fc.nat({ max: 8 }), asked: fc.boolean() }), { maxLength: 30 })
    fc.assert(
      fc.property(policy, events, (given, list) => {
        let state = Policy.initial(0)
        let [now, since, finished] = [0, 0, 0]
        for (const { pause, asked } of list) {
          now += pause
          finished += 1
          state = Policy.step(given)(state, Policy.finished(asked))
          const expected =
            (asked && given.manual) ||
            (given.count > 0 && finished >= given.count) ||
            (given.interval > 0 && now - since >= given.interval)
          assert.equal(Policy.due(given)(state, now), expected)
          if (!expected) continue
          state = Policy.step(given)(state, Policy.restarted(now))
          ;[since, finished] = [now, 0]
        }
      }),
      runs(RUNS)
    )
  })
})
