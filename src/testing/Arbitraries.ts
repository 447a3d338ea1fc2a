/**
 * `kclts/testing/arbitraries`: records, batches and whole conversations as a real daemon would have them, for fast-check,
 * which a project that uses them installs itself.
 *
 * @module kclts/testing/arbitraries
 * @example
 * import * as Arbitraries from 'kclts/testing/arbitraries'
 */
import * as fc from 'fast-check'
import * as KinesisRecord from '../protocol/KinesisRecord'
import type { KinesisRecord as Kinesis } from '../protocol/KinesisRecord'
import * as Conversation from './Conversation'
import { SHARD, sequenceNumber } from './Records'
import * as Sink from './Sink'

/** Partition keys: 1 to 256 characters, whatever Unicode has, line separators and quotes included. */
export const partitionKey: fc.Arbitrary<string> = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc.constantFrom('clé-☃-😀', 'a\u2028b', '"', '\\', '\r', 'null')
)

/** The digits of a sequence number, as long as those of Kinesis or short. */
export const digits: fc.Arbitrary<string> = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 192n) - 1n }).map(String),
  fc.nat({ max: 1_000_000 }).map(String)
)

const payload: fc.Arbitrary<string> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((data) => Buffer.from(data).toString('base64')),
  fc.json().map((json) => Buffer.from(json).toString('base64')),
  fc.constant('')
)

const arrival: fc.Arbitrary<number | null> = fc.option(fc.nat({ max: 4_000_000_000_000 }))

/** A record at any position. */
export const record: fc.Arbitrary<Kinesis> = fc
  .record({
    shardId: fc.constant(SHARD),
    sequenceNumber: digits,
    subSequenceNumber: fc.nat({ max: 50 }),
    partitionKey,
    approximateArrivalTimestamp: arrival,
    base64: payload
  })
  .map(KinesisRecord.make)

const content = fc.record({ partitionKey, approximateArrivalTimestamp: arrival, base64: payload })

type Content = typeof content extends fc.Arbitrary<infer A> ? A : never

/** Gives contents positions that increase; the members of one group are an aggregated (KPL) record. */
const positioned = (groups: ReadonlyArray<ReadonlyArray<Content>>, first: number): ReadonlyArray<Kinesis> =>
  groups.flatMap((group, index) =>
    group.map((fields, subSequenceNumber) =>
      KinesisRecord.make({
        shardId: SHARD,
        sequenceNumber: sequenceNumber(first + index),
        subSequenceNumber,
        ...fields
      })
    )
  )

const groups = (maxLength: number): fc.Arbitrary<ReadonlyArray<ReadonlyArray<Content>>> =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: content.map((one) => [one]) },
      { weight: 1, arbitrary: fc.array(content, { minLength: 2, maxLength: 5 }) }
    ),
    { maxLength }
  )

/** Records of one shard in the order of their positions, aggregated ones among them; it may be empty. */
export const batch: fc.Arbitrary<ReadonlyArray<Kinesis>> = groups(10).map((made) => positioned(made, 0))

/** Batches of one shard, in the order of their positions over all of them. */
export const batches: fc.Arbitrary<ReadonlyArray<ReadonlyArray<Kinesis>>> = fc
  .array(groups(8), { maxLength: 6 })
  .map((list) => {
    let first = 0
    return list.map((made) => {
      const placed = positioned(made, first)
      first += made.length
      return placed
    })
  })

/** What the daemon answers to a checkpoint: mostly nothing bad. */
export const checkpointError: fc.Arbitrary<string | null> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(null) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('ThrottlingException', 'KinesisClientLibDependencyException', 'SomethingNew')
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'ShutdownException',
      'IllegalArgumentException',
      'InvalidStateException',
      'NullPointerException'
    )
  }
)

const pauses = fc.oneof(fc.constant(0), fc.nat({ max: 2000 }), fc.constantFrom(60_000, 600_000))

const steps = fc.record({
  batches,
  pauses: fc.array(pauses, { minLength: 6, maxLength: 6 }),
  drainAt: fc.option(fc.nat({ max: 6 }), { freq: 5 })
})

const woven = ({
  batches: list,
  pauses: between,
  drainAt
}: typeof steps extends fc.Arbitrary<infer A> ? A : never): ReadonlyArray<Conversation.Step> =>
  list.flatMap((records, index) => [
    ...(index === drainAt ? [Conversation.drain] : []),
    Conversation.pass(between[index] ?? 0),
    Conversation.batch(records)
  ])

/** A whole conversation, from `initialize` to the end of stdin: well-formed, with faults and delays of the daemon's. */
export const conversation: fc.Arbitrary<Conversation.Conversation> = fc
  .record({
    from: fc.constantFrom('TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP', null, '0', '1000'),
    fromSub: fc.option(fc.nat({ max: 3 })),
    steps: steps.map(woven),
    end: fc.constantFrom('stop', 'shard-end', 'lease-lost', 'eof'),
    errors: fc.array(checkpointError, { maxLength: 12 }),
    latency: fc.oneof(fc.constant(0), fc.nat({ max: 200 }), fc.constant(52_000))
  })
  .map(({ steps: made, ...more }) => Conversation.make(made, more))

/** How long something takes: mostly nothing or little, at times longer than a deadline; milliseconds. */
export const latency: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 5, arbitrary: fc.nat({ max: 500 }) },
  { weight: 1, arbitrary: fc.constantFrom(60_000, 600_000) }
)

/** What a sink answers to an output: mostly nothing bad. */
export const sinkReply: fc.Arbitrary<Sink.Reply> = fc.oneof(
  { weight: 8, arbitrary: latency.map(Sink.acknowledges) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('halt' as const, 'dead-letter' as const, 'policy' as const), latency)
      .map(([then, after]) => Sink.givesUp('503', then, after))
  },
  { weight: 1, arbitrary: fc.constant(Sink.silent) }
)
