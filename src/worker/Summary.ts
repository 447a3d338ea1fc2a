/** One line of the log a minute that says how the worker does. */
import type { LogFields } from '../core/Effect'
import type { ShardStatus } from '../host/ShardStatus'
import type * as Totals from '../host/Totals'

/** What the sessions of the worker have counted up to a time, by the monotonic clock. */
export interface Counted {
  readonly at: number
  readonly records: number
  readonly checkpoints: number
  readonly deadLetters: number
}

/** What a host knows. */
export interface Known {
  readonly shards: ReadonlyArray<ShardStatus>
  readonly past: ReadonlyArray<Totals.Totals>
}

const sum = (all: ReadonlyArray<Totals.Totals>, of: (one: Totals.Totals) => number): number =>
  all.reduce((total, one) => total + of(one), 0)

export const count = ({ shards, past }: Known, at: number): Counted => {
  const all = [...past, ...shards]
  return {
    at,
    records: sum(all, ({ counts }) => counts.records),
    checkpoints: sum(all, ({ checkpointsSent, checkpointsFailed }) => checkpointsSent - checkpointsFailed),
    deadLetters: sum(all, ({ deadLetters }) => deadLetters)
  }
}

/** `0.4`, `12`. */
const rate = (records: number, millis: number): number => {
  const perSecond = (records * 1000) / Math.max(1, millis)
  return perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond)
}

/**
 * The fields of the line: checkpoints and dead letters since the last one; `behind`, in milliseconds, is that of the shard that
 * is furthest behind, and null where no shard knows it.
 */
export const fields = (before: Counted, after: Counted, shards: ReadonlyArray<ShardStatus>): LogFields => {
  const lags = shards.flatMap(({ millisBehindLatest }) => millisBehindLatest ?? [])
  return {
    shards: shards.length,
    recordsPerSecond: rate(after.records - before.records, after.at - before.at),
    behind: lags.length === 0 ? null : Math.max(...lags),
    checkpoints: after.checkpoints - before.checkpoints,
    deadLetters: after.deadLetters - before.deadLetters
  }
}
