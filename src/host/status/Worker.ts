/** What is known of the whole worker, as the status server shows it: plain data. Times are milliseconds since 1970, by the wall clock. */
import type * as Outages from '../../sinks/Outages'
import type { Unattached } from '../Unattached'
import type * as Totals from '../Totals'
import type { ShardStatus } from '../ShardStatus'

/** What the daemon's log says of a shard whose reads fail. */
export interface FailedReads {
  readonly shardId: string
  /** Since the worker was started. */
  readonly count: number
  /** When the last one failed, by the monotonic clock. */
  readonly at: number
  readonly why: string
}

export interface Worker {
  readonly application: string
  readonly worker: string
  readonly stream: string
  readonly startedAt: number
  /** For how many milliseconds it has run, whatever was done to the wall clock meanwhile. */
  readonly uptime: number
  /**
   * `starting`: the daemon does not have its leases yet. `working`: it has, with a shard or without. `waiting`: it
   * has ended and is started again soon. `stopping`: as asked.
   */
  readonly phase: 'starting' | 'working' | 'waiting' | 'stopping'
  /** How often the daemon was started again. */
  readonly restarts: number
  /** Why the daemon is about to end, or ended last, in a sentence; null or left out: it works. */
  readonly ending?: string | null
  /** Why the daemon, which works again, may end again soon, in a sentence; null or left out: no doubt. */
  readonly doubt?: string | null
  /** Why the daemon was last started again, and when it had ended, by the monotonic clock; null or left out: never. */
  readonly lastEnd?: { readonly why: string; readonly at: number } | null
  /** How many workers before this one ended without stopping; left out: none. */
  readonly unexplained?: number
  readonly shards: ReadonlyArray<ShardStatus>
  /** Relays of shards that no session answers yet; left out: none. */
  readonly unattached?: ReadonlyArray<Unattached>
  /** How the sinks are doing; left out: not known. */
  readonly sinks?: ReadonlyArray<Outages.State>
  /** What the sessions that have ended had counted. */
  readonly past: ReadonlyArray<Totals.Totals>
  /** Of shards that were read without a failure there is none; left out: none. */
  readonly failedReads?: ReadonlyArray<FailedReads>
  /** Whether a read without a record comes as an empty batch; left out: it does. */
  readonly hasEmptyBatches?: boolean
}
