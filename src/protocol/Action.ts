/** What Amazon's daemon says to a child: package software.amazon.kinesis.multilang.messages. */
import type { KinesisRecords } from './KinesisRecords'

/** The actions that are answered by a status; the value is the daemon's own name (`responseFor`). */
export type Name =
  'initialize' | 'processRecords' | 'leaseLost' | 'shardEnded' | 'shutdownRequested' | 'shutdown'

export interface Initialize {
  readonly _tag: 'Initialize'
  readonly shardId: string
  /** Digits, or a sentinel such as `TRIM_HORIZON`, or null. */
  readonly sequenceNumber: string | null
  readonly subSequenceNumber: number | null
}
export interface ProcessRecords {
  readonly _tag: 'ProcessRecords'
  readonly records: KinesisRecords
  readonly millisBehindLatest: number | null
}
export interface LeaseLost {
  readonly _tag: 'LeaseLost'
}
export interface ShardEnded {
  readonly _tag: 'ShardEnded'
}
export interface ShutdownRequested {
  readonly _tag: 'ShutdownRequested'
}
/** KCL 1 only: `ZOMBIE` is a lost lease, `TERMINATE` the end of a shard, `REQUESTED` a graceful stop. */
export interface Shutdown {
  readonly _tag: 'Shutdown'
  readonly reason: 'ZOMBIE' | 'TERMINATE' | 'REQUESTED'
}
/** The answer to a checkpoint. `error` is the simple class name of a Java exception, or null. */
export interface Checkpointed {
  readonly _tag: 'Checkpointed'
  readonly sequenceNumber: string | null
  readonly subSequenceNumber: number | null
  readonly error: string | null
}

export type Action =
  Initialize | ProcessRecords | LeaseLost | ShardEnded | ShutdownRequested | Shutdown | Checkpointed

/** Those that are answered by a status: one of them at a time. */
export type Answerable = Exclude<Action, Checkpointed>

/** What an action asks for, whichever KCL says it. */
export type Meaning = Exclude<Name, 'shutdown'>

const NAMES = {
  Initialize: 'initialize',
  ProcessRecords: 'processRecords',
  LeaseLost: 'leaseLost',
  ShardEnded: 'shardEnded',
  ShutdownRequested: 'shutdownRequested',
  Shutdown: 'shutdown'
} as const satisfies Readonly<Record<Answerable['_tag'], Name>>

/** KCL 1's reasons, as the actions that KCL 2 made of them. */
export const REASONS = {
  ZOMBIE: 'leaseLost',
  TERMINATE: 'shardEnded',
  REQUESTED: 'shutdownRequested'
} as const satisfies Readonly<Record<Shutdown['reason'], Meaning>>

const names: ReadonlySet<unknown> = new Set(Object.values(NAMES))

export const isName = (value: unknown): value is Name => names.has(value)

export const nameOf = (action: Answerable): Name => NAMES[action._tag]

export const meaningOf = (action: Answerable): Meaning =>
  action._tag === 'Shutdown' ? REASONS[action.reason] : NAMES[action._tag]

/** An action as KCL 2 says it. */
export type Plain = Exclude<Answerable, Shutdown>

const PLAIN = {
  leaseLost: { _tag: 'LeaseLost' },
  shardEnded: { _tag: 'ShardEnded' },
  shutdownRequested: { _tag: 'ShutdownRequested' }
} as const

export const plain = (action: Answerable): Plain =>
  action._tag === 'Shutdown' ? PLAIN[REASONS[action.reason]] : action

export const initialize = (
  shardId: string,
  sequenceNumber: string | null,
  subSequenceNumber: number | null
): Answerable => ({ _tag: 'Initialize', shardId, sequenceNumber, subSequenceNumber })

export const processRecords = (records: KinesisRecords, millisBehindLatest: number | null): Answerable => ({
  _tag: 'ProcessRecords',
  records,
  millisBehindLatest
})

export const leaseLost: Answerable = { _tag: 'LeaseLost' }
export const shardEnded: Answerable = { _tag: 'ShardEnded' }
export const shutdownRequested: Answerable = { _tag: 'ShutdownRequested' }
export const shutdown = (reason: Shutdown['reason']): Answerable => ({ _tag: 'Shutdown', reason })

export const checkpointed = (
  sequenceNumber: string | null,
  subSequenceNumber: number | null,
  error: string | null
): Action => ({ _tag: 'Checkpointed', sequenceNumber, subSequenceNumber, error })
