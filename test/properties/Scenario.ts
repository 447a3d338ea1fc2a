/** Random lives of one shard: its records, what the handler says of each, and what happens to the sessions. */
import * as fc from 'fast-check'
import * as KinesisRecord from '../../src/protocol/KinesisRecord'
import type { KinesisRecord as Kinesis } from '../../src/protocol/KinesisRecord'
import type * as Session from '../../src/core/Session'
import { SHARD, sequenceNumber } from '../../src/testing/Records'
import { checkpointError } from '../../src/testing/Arbitraries'

/** What a pure handler does with a record, each time that it sees it. */
export type Behaviour =
  | 'ack'
  | 'false'
  | 'forgotten'
  | 'skip'
  | 'checkpoint'
  | 'true'
  | 'reject'
  | 'throw'
  | 'garbage'
  | 'promise'
  | 'halt'

/**
 * What happens next, where it can. `go` is what a world without trouble would do; a move that is impossible
 * where it falls becomes a `go`.
 */
export type Kind =
  'go' | 'answer' | 'tick' | 'drain' | 'close' | 'crash' | 'garbage' | 'stray' | 'stop' | 'lost' | 'end'

export interface Move {
  readonly kind: Kind
  /** Milliseconds that pass before it. */
  readonly pause: number
  /** Records of a batch. */
  readonly count: number
  /** What the daemon answers to a checkpoint. */
  readonly error: string | null
  readonly random: number
  /** A coin: whether a disk takes a letter, whether a request arrived before a kill, whether KCL 1 speaks. */
  readonly coin: number
}

export interface Scenario {
  readonly env: Session.Env
  readonly records: ReadonlyArray<Kinesis>
  readonly behaviours: ReadonlyArray<Behaviour>
  /** Each life ends by a kill at the latest; another one, without trouble, follows the last. */
  readonly lives: ReadonlyArray<ReadonlyArray<Move>>
  /** Nothing in it can halt a session. */
  readonly calm: boolean
}

const FINE: ReadonlyArray<Behaviour> = ['ack', 'false', 'forgotten', 'skip', 'checkpoint', 'true']
const POISON: ReadonlyArray<Behaviour> = ['reject', 'throw', 'garbage', 'promise']

const behaviour = (calm: boolean): fc.Arbitrary<Behaviour> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<Behaviour>('ack') },
    { weight: 8, arbitrary: fc.constantFrom(...FINE) },
    { weight: 8, arbitrary: fc.constantFrom(...POISON) },
    { weight: calm ? 0 : 1, arbitrary: fc.constant<Behaviour>('halt') }
  )

const kind: fc.Arbitrary<Kind> = fc.oneof(
  { weight: 40, arbitrary: fc.constant<Kind>('go') },
  { weight: 8, arbitrary: fc.constant<Kind>('answer') },
  { weight: 8, arbitrary: fc.constant<Kind>('tick') },
  { weight: 2, arbitrary: fc.constantFrom<Kind>('stop', 'lost', 'end') },
  { weight: 2, arbitrary: fc.constantFrom<Kind>('drain', 'close', 'crash', 'garbage', 'stray') }
)

const move: fc.Arbitrary<Move> = fc.record({
  kind,
  pause: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.nat({ max: 300 }) },
    { weight: 1, arbitrary: fc.nat({ max: 20_000 }) }
  ),
  count: fc.nat({ max: 6 }),
  error: checkpointError,
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  coin: fc.nat({ max: 9 })
})

const env = (calm: boolean): fc.Arbitrary<Session.Env> =>
  fc.record({
    policy: fc.record({
      interval: fc.constantFrom(0, 0, 100, 2_000),
      count: fc.constantFrom(0, 0, 1, 2, 5),
      manual: fc.boolean()
    }),
    onShutdown: fc.boolean(),
    shutdownDeadline: fc.constantFrom(0, 500, 8_000),
    shardEndDeadline: fc.constantFrom(0, 500, 30_000),
    onFailure: calm ? fc.constantFrom('dead-letter', 'skip') : fc.constantFrom('dead-letter', 'skip', 'halt'),
    breaker: calm ? fc.constantFrom(0, 1_000) : fc.constantFrom(0, 1, 2, 4, 1_000),
    badRelease: calm ? fc.constantFrom(0, 1_000) : fc.constantFrom(0, 0, 1, 3, 1_000),
    retries: fc.constantFrom(0, 2),
    backoff: fc.constant(500),
    deadline: fc.constant(30_000),
    group: fc.constant(null),
    limits: fc.constant({ concurrency: 1, undelivered: 1000 }),
    handlerName: fc.constant('./handler.js'),
    handlerVersion: fc.constant(null)
  })

/** Sequence numbers around a power of ten, where their length changes, or as long as those of Kinesis. */
const FIRST: ReadonlyArray<(index: number) => string> = [
  sequenceNumber,
  (index) => (8n + BigInt(index)).toString(),
  (index) => (9007199254740990n + BigInt(index)).toString(),
  (index) => (99999999999999999999999998n + BigInt(index)).toString()
]

const records: fc.Arbitrary<ReadonlyArray<Kinesis>> = fc
  .tuple(
    fc.constantFrom(...FIRST),
    fc.array(fc.constantFrom(1, 1, 1, 2, 3, 12), { minLength: 1, maxLength: 16 })
  )
  .map(([number, groups]) =>
    groups.flatMap((members, group) =>
      Array.from({ length: members }, (_, subSequenceNumber) =>
        KinesisRecord.make({
          shardId: SHARD,
          sequenceNumber: number(group),
          subSequenceNumber,
          partitionKey: `pk-${group}`,
          approximateArrivalTimestamp: null,
          base64: ''
        })
      )
    )
  )

export const scenario: fc.Arbitrary<Scenario> = fc.boolean().chain((calm) =>
  records.chain((list) =>
    fc.record({
      env: env(calm),
      records: fc.constant(list),
      behaviours: fc.array(behaviour(calm), { minLength: list.length, maxLength: list.length }),
      lives: fc.array(fc.array(move, { maxLength: 60, size: 'max' }), { maxLength: 3, size: 'max' }),
      calm: fc.constant(calm)
    })
  )
)
