/** What `kclts leases` shows, before it is text or JSON. */
import * as Lease from '../../aws/Lease'
import type { Tables } from '../../aws/LeaseTable'
import * as LeaseWatch from '../../aws/LeaseWatch'

export interface View {
  readonly tables: Tables
  /** Milliseconds after which any worker may take a lease that is not renewed. */
  readonly failoverTime: number
  readonly watch: LeaseWatch.LeaseWatch
  /** False: one look, from which nothing that takes time is known. */
  readonly isWatching: boolean
}

export const stateOf = ({ failoverTime, watch }: View): ((row: LeaseWatch.Watched) => LeaseWatch.State) =>
  LeaseWatch.state(failoverTime, watch.look)

export interface Worker {
  readonly worker: string
  /** How many leases it holds of shards that have not ended. */
  readonly leases: number
  /** When it last reported that it lives, in milliseconds since 1970; null: it never did, as with KCL 2. */
  readonly reportedAt: number | null
}

/** Every worker that has a lease, has reported, or leads. */
export const workersOf = ({ watch: { look, leases } }: View): ReadonlyArray<Worker> => {
  const held = leases.filter(({ lease }) => Lease.state(lease) !== 'ended').map(({ lease }) => lease.owner)
  const reports = new Map(look.reports.map(({ worker, at }) => [worker, at]))
  const names = new Set([...held, ...reports.keys(), look.leader].filter((name) => name !== null))
  return [...names].sort().map((worker) => ({
    worker,
    leases: held.filter((owner) => owner === worker).length,
    reportedAt: reports.get(worker) ?? null
  }))
}
