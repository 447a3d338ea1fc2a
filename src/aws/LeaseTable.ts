/** The tables of an application in DynamoDB: what they are called, and how they are read. */
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../config/DaemonSettings'
import type { Time } from '../run/Clock'
import * as Item from './Item'
import * as LeaseLook from './LeaseLook'
import * as Refusal from './Refusal'

export interface Tables {
  readonly application: string
  readonly leases: string
  /** KCL 3, before it has a single table: of the leader, and of the workers' reports. They need not exist. */
  readonly others: ReadonlyArray<string>
}

/** What a user names in place of the configuration. */
export interface Named {
  readonly application: string | null
  readonly table: string | null
}

const othersOf = (application: string, { version, applicationName, properties }: DaemonSettings) => {
  if (version.startsWith('2.')) return []
  const own = application === applicationName ? properties : {}
  return [
    own['coordinatorStateTableName'] ?? `${application}-CoordinatorState`,
    own['workerMetricsTableName'] ?? `${application}-WorkerMetricStats`
  ]
}

/**
 * A table that is named alone is that of an application of the same name, which is the default of the KCL. Left: none is
 * named.
 */
export const tables = (daemon: DaemonSettings, { application, table }: Named): E.Either<string, Tables> => {
  const configured = daemon.tableName ?? daemon.applicationName
  const isConfigured = table === null || table === configured
  const name = application ?? (isConfigured ? (daemon.applicationName ?? configured) : table)
  if (name === null)
    return E.left(
      'daemon.applicationName: missing, expected the application whose leases to show; set it, or use --application or --table'
    )
  return E.right({
    application: name,
    leases: table ?? (name === daemon.applicationName ? (configured ?? name) : name),
    others: othersOf(name, daemon)
  })
}

/** All rows of a table, however many requests that takes. Rejects with the client's error. */
export type Scan = (table: string) => Promise<ReadonlyArray<Item.Item>>

/** Those tables that need not exist, and what kept others from being read. */
const readOther = async (
  scan: Scan,
  table: string
): Promise<{ readonly items: ReadonlyArray<Item.Item>; readonly unread: ReadonlyArray<string> }> => {
  try {
    return { items: await scan(table), unread: [] }
  } catch (thrown) {
    const unread = Refusal.isMissing(thrown) ? [] : [`${table} cannot be read: ${Refusal.show(thrown)}`]
    return { items: [], unread }
  }
}

const missing = (table: string): string =>
  `there is no table ${table}: the first worker of an application makes it. Has one run? If so, check daemon.applicationName, daemon.tableName and daemon.region`

/** Another table was named: whatever is in a lease table has this key. */
const isOther = (items: ReadonlyArray<Item.Item>): boolean =>
  items.length > 0 && items.every((item) => Item.text(item, 'leaseKey') === null)

/** Left: the leases cannot be read, and what to do about it. */
export const read = async (
  scan: Scan,
  { leases, others }: Tables,
  now: () => Time
): Promise<E.Either<string, LeaseLook.LeaseLook>> => {
  try {
    const items = await scan(leases)
    if (isOther(items)) return E.left(`${leases} is not a lease table: its rows have no leaseKey`)
    const at = now()
    const more = await Promise.all(others.map((table) => readOther(scan, table)))
    const all = [...items, ...more.flatMap((other) => other.items)]
    return E.right(
      LeaseLook.make(
        at,
        all,
        more.flatMap((other) => other.unread)
      )
    )
  } catch (thrown) {
    return E.left(
      Refusal.isMissing(thrown) ? missing(leases) : `${leases} cannot be read: ${Refusal.show(thrown)}`
    )
  }
}
