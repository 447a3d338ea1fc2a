/** Leases as JSON, for programs. */
import type * as Lease from '../../aws/Lease'
import type { Tables } from '../../aws/LeaseTable'
import type * as LeaseWatch from '../../aws/LeaseWatch'
import { stateOf, workersOf, type View } from './view'

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

const positionOf = ({ sequenceNumber, subSequenceNumber }: Lease.Checkpoint) => ({
  checkpoint: sequenceNumber,
  subSequenceNumber
})

/** A line with one document; docs/leases.md describes it. */
export const json = (view: View): string => {
  const { tables, watch, isWatching } = view
  const { look } = watch
  const unchanged = ({ at }: LeaseWatch.Since): number | null => (isWatching ? look.moment - at : null)
  return `${JSON.stringify({
    time: timeOf(look.at),
    application: tables.application,
    table: tables.leases,
    leases: watch.leases.map((row) => ({
      shard: row.lease.shard,
      parents: row.lease.parents,
      children: row.lease.children,
      state: stateOf(view)(row),
      owner: row.lease.owner,
      handedOverBy: row.lease.giver,
      ...positionOf(row.lease.checkpoint),
      pending: row.lease.pending === null ? null : positionOf(row.lease.pending),
      ownerSwitches: row.lease.ownerSwitches,
      counter: row.lease.counter,
      hashRange: row.lease.hashRange,
      throughputKBps: row.lease.throughputKBps,
      notRenewedForMs: unchanged(row.renewed),
      notMovedForMs: unchanged(row.moved)
    })),
    workers: workersOf(view).map(({ worker, leases, reportedAt }) => ({
      worker,
      leases,
      reportedAt: timeOf(reportedAt),
      isLeader: worker === look.leader
    })),
    clientVersion:
      look.clientVersion === null
        ? null
        : {
            version: look.clientVersion.version,
            since: timeOf(look.clientVersion.since),
            by: look.clientVersion.by
          },
    tableMigration:
      look.migration === null
        ? null
        : { status: look.migration.status, since: timeOf(look.migration.since), by: look.migration.by },
    unread: look.unread
  })}\n`
}

/** A look that failed after others. */
export const failed = (tables: Tables, at: number, problem: string): string =>
  `${JSON.stringify({ time: timeOf(at), application: tables.application, table: tables.leases, problem })}\n`
