/**
 * The checkpoints of one shard: at most one in flight, newer requests coalesce into one, throttled ones come
 * back with a jittered backoff, none at or below the last acknowledged one.
 */
import type { Checkpointed } from '../protocol/Action'
import * as Backoff from '../protocol/Backoff'
import type { Mark } from './Progress'
import * as Position from '../protocol/Position'
import * as Reply from '../protocol/Reply'

/** Where to checkpoint: at a record, or at the end of the shard. */
export type Target = Mark | 'End'

export interface Checkpoints {
  /** The last acknowledged position: at first the one that the daemon started the shard from. */
  readonly acknowledged: Position.Position | null
  /** Records of this session covered by it. */
  readonly covered: number
  readonly wanted: Target | null
  readonly inFlight: Target | null
  /** Throttled answers in a row. */
  readonly attempt: number
  /** Not to be sent before this time. */
  readonly notBefore: number
  /** Refused requests in a row. */
  readonly refused: number
  readonly sent: number
  /** Requests that a newer one replaced before they were sent. */
  readonly coalesced: number
  /** Sent requests that were answered with an error. */
  readonly failed: number
}

export const initial = (acknowledged: Position.Position | null): Checkpoints => ({
  acknowledged,
  covered: 0,
  wanted: null,
  inFlight: null,
  attempt: 0,
  notBefore: 0,
  refused: 0,
  sent: 0,
  coalesced: 0,
  failed: 0
})

const above = (mark: Mark, other: Target | Position.Position | null): boolean =>
  other === null || (other !== 'End' && Position.compare(mark, other) > 0)

/** Asks for a checkpoint at the mark. One that is covered already changes nothing. */
export const want = (state: Checkpoints, mark: Mark): Checkpoints =>
  !above(mark, state.acknowledged) || !above(mark, state.inFlight) || !above(mark, state.wanted)
    ? state
    : { ...state, wanted: mark, coalesced: state.coalesced + (state.wanted === null ? 0 : 1) }

/** Asks for the checkpoint that ends the shard. */
export const wantEnd = (state: Checkpoints): Checkpoints => ({
  ...state,
  wanted: 'End',
  coalesced: state.coalesced + (state.wanted === null || state.wanted === 'End' ? 0 : 1)
})

export const forget = (state: Checkpoints): Checkpoints =>
  state.wanted === null ? state : { ...state, wanted: null }

/** A new reason to try: the first attempt waits for no earlier backoff. */
export const afresh = (state: Checkpoints): Checkpoints => ({ ...state, attempt: 0, notBefore: 0 })

export const sendable = (state: Checkpoints, now: number): boolean =>
  state.wanted !== null && state.inFlight === null && now >= state.notBefore

/** Puts what is wanted in flight. Call it when `sendable` only. */
export const send = (state: Checkpoints): readonly [Checkpoints, Reply.Reply] => [
  // Written out: a spread of so many fields takes ten times as long, and each batch may have a checkpoint.
  {
    acknowledged: state.acknowledged,
    covered: state.covered,
    wanted: null,
    inFlight: state.wanted,
    attempt: state.attempt,
    notBefore: state.notBefore,
    refused: state.refused,
    sent: state.sent + 1,
    coalesced: state.coalesced,
    failed: state.failed
  },
  // A checkpoint that ends a shard carries no number: with an explicit one the daemon answers without an error
  // and stores no SHARD_END (ShardRecordProcessorCheckpointer).
  Reply.checkpoint(state.wanted === 'End' ? null : state.wanted)
]

/** What an answer means for the one who asked. */
export type Verdict = 'Done' | 'Retry' | 'Fenced' | 'Refused'

/** By the simple name of the Java exception, as CheckpointMessage carries it. A name we do not know may pass. */
export const verdict = (error: string | null): Verdict => {
  switch (error) {
    case null:
      return 'Done'
    case 'ShutdownException':
      return 'Fenced'
    case 'IllegalArgumentException':
    case 'InvalidStateException':
    case 'NullPointerException':
      return 'Refused'
    default:
      return 'Retry'
  }
}

const BACKOFF: Backoff.Backoff = { first: 200, most: 10_000 }

/** Whether the answer is to the request in flight: the daemon echoes both numbers. */
export const answers = (state: Checkpoints, { sequenceNumber, subSequenceNumber }: Checkpointed): boolean => {
  if (state.inFlight === null) return false
  return state.inFlight === 'End'
    ? sequenceNumber === null
    : sequenceNumber === state.inFlight.sequenceNumber &&
        (subSequenceNumber === null || subSequenceNumber === state.inFlight.subSequenceNumber)
}

/** The request in flight was answered. Call it when `answers` only. */
export const answered = (
  state: Checkpoints,
  finishedCount: number,
  error: string | null,
  now: number,
  random: number
): Checkpoints => {
  const kind = verdict(error)
  if (kind === 'Done') return stored(state, finishedCount)
  const { inFlight } = state
  const landed = { ...state, inFlight: null, failed: state.failed + 1 }
  switch (kind) {
    case 'Retry':
      return {
        ...landed,
        // What was wanted meanwhile is newer than what failed, and replaces it.
        wanted: state.wanted ?? inFlight,
        attempt: state.attempt + 1,
        notBefore: now + Backoff.jittered(BACKOFF, state.attempt + 1, random)
      }
    case 'Fenced':
      return { ...landed, wanted: null }
    case 'Refused':
      return { ...landed, refused: state.refused + 1 }
  }
}

/** Written out, as in `send`. */
const stored = (state: Checkpoints, finishedCount: number): Checkpoints => {
  const { inFlight } = state
  const isMark = inFlight !== null && inFlight !== 'End'
  return {
    acknowledged: isMark ? inFlight : state.acknowledged,
    covered: isMark ? inFlight.ordinal : finishedCount,
    wanted: state.wanted,
    inFlight: null,
    attempt: 0,
    notBefore: 0,
    refused: 0,
    sent: state.sent,
    coalesced: state.coalesced,
    failed: state.failed
  }
}

export const showTarget = (target: Target | null): string =>
  target === null ? 'none' : target === 'End' ? 'SHARD_END' : Position.show(target)
