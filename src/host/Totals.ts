/** What sessions had counted when they ended: without it the counters of a worker would go back with every lost lease. */
import * as Meter from '../run/Meter'
import type { ShardStatus } from './ShardStatus'

/** Of all ended sessions of one shard. */
export interface Totals {
  readonly shardId: string
  readonly counts: Meter.Counts
  readonly skipped: number
  readonly deadLetters: number
  readonly suspicions: number
  readonly checkpointsSent: number
  readonly checkpointsCoalesced: number
  readonly checkpointsFailed: number
}

/** The part of a status that is counted. */
export const of = (status: Totals): Totals => ({
  shardId: status.shardId,
  counts: status.counts,
  skipped: status.skipped,
  deadLetters: status.deadLetters,
  suspicions: status.suspicions,
  checkpointsSent: status.checkpointsSent,
  checkpointsCoalesced: status.checkpointsCoalesced,
  checkpointsFailed: status.checkpointsFailed
})

/** Of two sessions of one shard. */
export const add = (a: Totals, b: Totals): Totals => ({
  shardId: a.shardId,
  counts: Meter.add(a.counts, b.counts),
  skipped: a.skipped + b.skipped,
  deadLetters: a.deadLetters + b.deadLetters,
  suspicions: a.suspicions + b.suspicions,
  checkpointsSent: a.checkpointsSent + b.checkpointsSent,
  checkpointsCoalesced: a.checkpointsCoalesced + b.checkpointsCoalesced,
  checkpointsFailed: a.checkpointsFailed + b.checkpointsFailed
})

/** The sums by shard, in the order of their names. */
export const sums = (all: ReadonlyArray<Totals>): ReadonlyArray<Totals> => {
  const by = new Map<string, Totals>()
  for (const one of all) {
    const before = by.get(one.shardId)
    by.set(one.shardId, before === undefined ? of(one) : add(before, one))
  }
  return [...by.values()].sort((a, b) => (a.shardId < b.shardId ? -1 : 1))
}

/** Where ended sessions are added up. */
export interface Filling {
  readonly add: (status: ShardStatus) => void
  readonly read: () => ReadonlyArray<Totals>
}

export const make = (): Filling => {
  let past: ReadonlyArray<Totals> = []
  return {
    add: (status) => {
      past = sums([...past, status])
    },
    read: () => past
  }
}
