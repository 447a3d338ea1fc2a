/** The single table that KCL 3.5 and later keep all rows of an application in: older versions take each row for a lease. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as KclVersion from '../config/KclVersion'
import * as Asking from './Asking'
import * as ClientVersion from './ClientVersion'
import * as Item from './Item'
import type { Answer } from './Permission'

/** What is asked of DynamoDB, and where: no more than `look` hands to its process. */
export type Place = Pick<
  DaemonSettings,
  'version' | 'applicationName' | 'tableName' | 'region' | 'credentials' | 'dynamoDbEndpoint'
>

/** Gives the row of the lease table that has this key; null: there is no such row. */
export type Get = (table: string, leaseKey: string) => Promise<Answer<Item.Item | null>>

/** Why this version must not run on the lease table; null: it may, or the table cannot be read, which the daemon will say. */
export const problem = async (
  { version, applicationName, tableName }: Pick<Place, 'version' | 'applicationName' | 'tableName'>,
  get: Get
): Promise<string | null> => {
  const table = tableName ?? applicationName
  if (KclVersion.knowsSingleTable(version) || table === null) return null
  return pipe(
    await get(table, ClientVersion.ROW),
    E.match(
      () => null,
      (row) =>
        row === null || Item.text(row, 'entityType') === null
          ? null
          : `KCL ${version} cannot run this application: the lease table ${table} is the single table of KCL 3.5 or later, and older versions take each of its rows for a lease. Set daemon.version to 3.5.1 or later, or begin a new application with another daemon.applicationName`
    )
  )
}

/** As `problem`, in a process of its own. */
export const look = (
  place: Place,
  env: NodeJS.ProcessEnv,
  limit = Asking.LIMIT_MS
): Promise<string | null> =>
  KclVersion.knowsSingleTable(place.version)
    ? Promise.resolve(null)
    : Asking.ask('singleTable', place, env, limit)
