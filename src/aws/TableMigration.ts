/**
 * How far an application has moved its three tables into one, which KCL 3.5 can do (TableMigrationStateMachineImpl). The
 * leader keeps one row about it.
 */
import * as Item from './Item'

/** The key of the row (TableMigrationState.TABLE_MIGRATION_HASH_KEY). */
export const ROW = 'TableMigration3.5'

const STATUSES = ['INIT', 'DEPLOYED', 'PENDING', 'COMPLETE'] as const

/**
 * `INIT`: all workers run KCL 3.5. `DEPLOYED`: they have done so for an hour, so the move may begin. `PENDING`: all rows are in
 * the lease table, and the application can still go back. `COMPLETE`: it cannot go back any more.
 */
export type Status = (typeof STATUSES)[number]

export interface TableMigration {
  readonly status: Status
  /** Milliseconds since 1970, by the clock of the worker that wrote it. */
  readonly since: number
  /** The worker that wrote it: the leader at that time. */
  readonly by: string | null
  /** Whether the leader table still exists. Once the move is complete, it can be deleted. */
  readonly hasLeaderTable: boolean
}

/** Null: the row is about something else. The leader table has the attribute `key`, the lease table has `leaseKey`. */
export const fromItem = (item: Item.Item): TableMigration | null => {
  const hasLeaderTable = Item.text(item, 'key') === ROW
  if (!hasLeaderTable && Item.text(item, 'leaseKey') !== ROW) return null
  const named = Item.text(item, 'tm')?.replace('TABLE_MIGRATION_STATUS_', '')
  const status = STATUSES.find((one) => one === named)
  const since = Item.number(item, 'mts')
  return status === undefined || since === null
    ? null
    : { status, since, by: Item.text(item, 'mb'), hasLeaderTable }
}

/** Of the rows of all tables. At the end, the lease table has such a row, too. Null: no move has been prepared. */
export const of = (items: ReadonlyArray<Item.Item>): TableMigration | null => {
  const rows = items.flatMap((item) => fromItem(item) ?? [])
  return rows.find(({ hasLeaderTable }) => hasLeaderTable) ?? rows[0] ?? null
}
