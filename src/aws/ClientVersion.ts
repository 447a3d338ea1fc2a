/**
 * Which version of the KCL the workers of an application act as. An application of KCL 2 moves to KCL 3 in steps, and KCL 3 keeps
 * one row about that (MigrationState).
 */
import * as Item from './Item'

/** The key of the row, which is written at the first start and stays (MigrationState.MIGRATION_HASH_KEY). */
export const ROW = 'Migration3.0'

const VERSIONS = ['UPGRADE_FROM_2X', '2X', '3X_WITH_ROLLBACK', '3X'] as const

/**
 * `UPGRADE_FROM_2X`: as KCL 2, until all workers run KCL 3. `2X`: as KCL 2, since the move was rolled back. `3X_WITH_ROLLBACK`:
 * as KCL 3, but the application can still go back. `3X`: as KCL 3; there is no move, or it is over.
 */
export type Version = (typeof VERSIONS)[number]

export interface ClientVersion {
  readonly version: Version
  /** Milliseconds since 1970, by the clock of the worker that wrote it. */
  readonly since: number
  readonly by: string | null
}

/** Null: the row is about something else. The leader table has the attribute `key`, the lease table has `leaseKey`. */
const fromItem = (item: Item.Item): ClientVersion | null => {
  if (Item.text(item, 'key') !== ROW && Item.text(item, 'leaseKey') !== ROW) return null
  const named = Item.text(item, 'cv')?.replace('CLIENT_VERSION_', '')
  const version = VERSIONS.find((one) => one === named)
  const since = Item.number(item, 'mts')
  return version === undefined || since === null ? null : { version, since, by: Item.text(item, 'mb') }
}

/** Of the rows of all tables. Null: KCL 2, or a version that is not known. */
export const of = (items: ReadonlyArray<Item.Item>): ClientVersion | null =>
  items.flatMap((item) => fromItem(item) ?? [])[0] ?? null
