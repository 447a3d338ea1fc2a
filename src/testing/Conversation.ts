/** What a daemon sends to one child, from `initialize` to the end, as plain data. */
import type { KinesisRecord } from '../protocol/KinesisRecord'
import { SHARD } from './Records'

/** One action of the daemon, or what happens between two of them. */
export type Step =
  | { readonly _tag: 'Batch'; readonly records: ReadonlyArray<KinesisRecord> }
  /** The given milliseconds pass while the daemon sends nothing. */
  | { readonly _tag: 'Pass'; readonly ms: number }
  /** The worker is stopping: the session begins no further record. */
  | { readonly _tag: 'Drain' }

/**
 * How it ends. `stop`: shutdownRequested, then leaseLost. `shard-end`: the shard was split or merged.
 * `lease-lost`: another worker took it. `eof`: the daemon ends without another action.
 */
export type End = 'stop' | 'shard-end' | 'lease-lost' | 'eof'

/** What the daemon sends and does in a test, from the first action to the end. */
export interface Conversation {
  /** The shard that the conversation is about. */
  readonly shardId: string
  /** Where the shard starts: the sequence number of its last checkpoint, `TRIM_HORIZON`, `LATEST` or null. */
  readonly from: string | null
  /** The sub-sequence number of that checkpoint; null where there is none. */
  readonly fromSub: number | null
  /** What happens, in order. */
  readonly steps: ReadonlyArray<Step>
  /** How the conversation ends. */
  readonly end: End
  /**
   * The errors of the checkpoints, in the order they are asked for: a Java exception's simple name, or null for
   * none. After the end of the list, every checkpoint succeeds.
   */
  readonly errors: ReadonlyArray<string | null>
  /** Milliseconds that the daemon takes to answer a checkpoint. */
  readonly latency: number
}

/**
 * The daemon delivers these records in one batch.
 *
 * @param records its records; an empty batch is one without any
 * @returns the step
 */
export const batch = (records: ReadonlyArray<KinesisRecord>): Step => ({ _tag: 'Batch', records })
/**
 * The given milliseconds pass, in which the daemon sends nothing.
 *
 * @param ms milliseconds
 * @returns the step
 */
export const pass = (ms: number): Step => ({ _tag: 'Pass', ms })
/** The worker is stopping: the session begins no further record. */
export const drain: Step = { _tag: 'Drain' }

/**
 * A conversation with a daemon that by default behaves well.
 *
 * @param steps what the daemon says after `initialize`, in order
 * @param more how the conversation begins and ends, and how the daemon answers checkpoints
 * @returns the conversation
 */
export const make = (
  steps: ReadonlyArray<Step>,
  more: Partial<Omit<Conversation, 'steps'>> = {}
): Conversation => ({
  shardId: SHARD,
  from: 'TRIM_HORIZON',
  fromSub: 0,
  end: 'eof',
  errors: [],
  latency: 0,
  ...more,
  steps
})

/**
 * All records that it delivers, in order.
 *
 * @param conversation the conversation
 * @returns the records of its batches
 */
export const delivered = (conversation: Conversation): ReadonlyArray<KinesisRecord> =>
  conversation.steps.flatMap((step) => (step._tag === 'Batch' ? step.records : []))
