/** What the tables of an application say at one time: its leases, and with KCL 3 its workers and which of them leads. */
import type { Time } from '../run/Clock'
import * as ClientVersion from './ClientVersion'
import * as Item from './Item'
import * as Lease from './Lease'
import * as TableMigration from './TableMigration'

/** KCL 3: a worker reports every 30 s (workerMetricsReporterFreqInMillis). */
export interface Report {
  readonly worker: string
  /** Whole seconds by the worker's own clock, as milliseconds since 1970. */
  readonly at: number
}

export interface LeaseLook {
  /** Milliseconds since 1970, by our clock: to be shown, and compared with times in the tables. */
  readonly at: number
  /** The same moment by the monotonic clock: to measure the time between two looks. */
  readonly moment: number
  /** Parents before their children, else by shard id. */
  readonly leases: ReadonlyArray<Lease.Lease>
  /** By worker. KCL removes those of workers that are gone after a day. */
  readonly reports: ReadonlyArray<Report>
  /** KCL 3: the worker that assigns the leases; null: none, or not known. */
  readonly leader: string | null
  /** KCL 3: which version the workers act as; null: KCL 2, or not known. */
  readonly clientVersion: ClientVersion.ClientVersion | null
  /** KCL 3.5: the move of three tables into one; null: none has been prepared. */
  readonly migration: TableMigration.TableMigration | null
  /** What could not be read beside the leases, and why: a sentence each. */
  readonly unread: ReadonlyArray<string>
}

const isOf = (item: Item.Item, type: string): boolean => Item.text(item, 'entityType') === type

/** In a table of its own the key is `wid`, in the single table of KCL 3.5 it is `leaseKey`. */
const reportOf = (item: Item.Item): ReadonlyArray<Report> => {
  const worker = Item.text(item, isOf(item, 'WORKER_METRIC_STATS') ? 'leaseKey' : 'wid')
  const seconds = Item.number(item, 'lut')
  return worker === null || seconds === null ? [] : [{ worker, at: seconds * 1000 }]
}

/** The row of a lock, which the leader removes when it stops. */
const leaderOf = (item: Item.Item): ReadonlyArray<string> => {
  const owner = Item.text(item, 'ownerName')
  return owner !== null && (isOf(item, 'LEADER') || Item.text(item, 'key') === 'Leader') ? [owner] : []
}

const byWorker = (a: Report, b: Report): number => (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : 0)

/** Of the rows of all tables, in any order; those about anything else are passed over. */
export const make = (
  { wall, monotonic }: Time,
  items: ReadonlyArray<Item.Item>,
  unread: ReadonlyArray<string>
): LeaseLook => ({
  at: wall,
  moment: monotonic,
  leases: Lease.sorted(items.flatMap((item) => Lease.fromItem(item) ?? [])),
  reports: items.flatMap(reportOf).sort(byWorker),
  leader: items.flatMap(leaderOf)[0] ?? null,
  clientVersion: ClientVersion.of(items),
  migration: TableMigration.of(items),
  unread
})
