/** The single table that KCL 3.5 and later keep all rows of an application in: older versions take each row for a lease. */
import { execFile } from 'node:child_process'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as KclVersion from '../config/KclVersion'
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

/** A start does not wait longer than this for an answer. */
const LIMIT_MS = 5000

/**
 * As `problem`, by the AWS SDK in a process of its own: a worker keeps neither its memory nor its warnings. Without the SDK's
 * package, or without an answer, nothing is known.
 */
export const look = (place: Place, env: NodeJS.ProcessEnv): Promise<string | null> => {
  if (KclVersion.knowsSingleTable(place.version)) return Promise.resolve(null)
  return new Promise((resolve) => {
    const entry = path.join(__dirname, 'entries', 'singleTable.js')
    const asking = execFile(process.execPath, [entry], { env, timeout: LIMIT_MS }, (failure, said) =>
      resolve(failure === null && said !== '' ? said : null)
    )
    // One that cannot be started, or has ended, says so by its end.
    asking.stdin?.on('error', () => undefined).end(JSON.stringify(place))
  })
}
