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

export const initialize = (
  shardId: string,
  sequenceNumber: string | null,
  subSequenceNumber: number | null
): Action => ({ _tag: 'Initialize', shardId, sequenceNumber, subSequenceNumber })

export const processRecords = (records: KinesisRecords, millisBehindLatest: number | null): Action => ({
  _tag: 'ProcessRecords',
  records,
  millisBehindLatest
})

export const leaseLost: Action = { _tag: 'LeaseLost' }
export const shardEnded: Action = { _tag: 'ShardEnded' }
export const shutdownRequested: Action = { _tag: 'ShutdownRequested' }
export const shutdown = (reason: Shutdown['reason']): Action => ({ _tag: 'Shutdown', reason })

export const checkpointed = (
  sequenceNumber: string | null,
  subSequenceNumber: number | null,
  error: string | null
): Action => ({ _tag: 'Checkpointed', sequenceNumber, subSequenceNumber, error })
