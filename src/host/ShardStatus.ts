/**
 * How one shard of the host is doing, as plain data that threads send each other. Times are milliseconds since 1970, by
 * the wall clock, unless they say otherwise.
 */
import type * as Action from '../protocol/Action'
import type { Position } from '../protocol/Position'
import type { Phase } from '../core/State'
import type * as Meter from '../run/Meter'

export interface ShardStatus {
  readonly shardId: string
  /** Which thread runs it: 0, 1 ... */
  readonly thread: number
  /** The process id of the relay, the daemon's child. */
  readonly relay: number
  readonly phase: Phase
  /** The worker is stopping: no further record is begun. */
  readonly isDraining: boolean
  /** Another worker has the lease. */
  readonly isFenced: boolean
  /** The end of the longest finished prefix in this session; null before its first finished record. */
  readonly watermark: Position | null
  /** The last checkpoint that was acknowledged, at first the one that the daemon started from. */
  readonly checkpoint: Position | null
  /** When it was acknowledged; null when that was before this session. */
  readonly checkpointedAt: number | null
  /** The same moment by the monotonic clock, to say how long ago that was. */
  readonly checkpointedTick: number | null
  /** How many records a crash now would bring again. */
  readonly replay: number
  /** Records run to their end, skipped ones and dead letters included. */
  readonly handled: number
  readonly skipped: number
  readonly deadLetters: number
  /** Records rejected or failed in a row, up to now. */
  readonly bad: number
  /** How many such rows reached half of `failure.badRelease`. */
  readonly suspicions: number
  readonly checkpointsSent: number
  readonly checkpointsCoalesced: number
  readonly checkpointsFailed: number
  /** When the last batch was read; null when the daemon did not say. */
  readonly millisBehindLatest: number | null
  /** What the daemon waits for, and since when by the monotonic clock. */
  readonly open: { readonly action: Action.Name; readonly since: number } | null
  /** When the daemon last asked for something, by the monotonic clock; left out: never. */
  readonly heardAt?: number
  /**
   * When the first record that is not finished is tried again, or was last, by the monotonic clock; null or left out: it is
   * in its first attempt.
   */
  readonly triedAgain?: number | null
  /** Records of the open batch that are not finished. */
  readonly waiting: number
  /** Bytes of a line that has not ended. */
  readonly pending: number
  /** What the session has counted since it began. */
  readonly counts: Meter.Counts
}
