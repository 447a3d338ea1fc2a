/** The lease tables through the AWS SDK's client. */
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as Clients from './Clients'
import type * as Item from './Item'
import type * as LeaseTable from './LeaseTable'

export interface Connection {
  readonly scan: LeaseTable.Scan
  readonly close: () => void
}

/** Asks nothing yet. Left: there is no client, and what to do about it. */
export const connect = async (
  daemon: DaemonSettings,
  env: Readonly<Record<string, string | undefined>>,
  abortSignal: AbortSignal
): Promise<E.Either<string, Connection>> => {
  const found = await Clients.dynamo(daemon, env)
  if (E.isLeft(found)) return found
  const client = found.right
  const { paginateScan } = await import('@aws-sdk/client-dynamodb')
  return E.right({
    scan: async (TableName) => {
      const items: Array<Item.Item> = []
      for await (const page of paginateScan({ client }, { TableName, ConsistentRead: true }, { abortSignal }))
        items.push(...(page.Items ?? []))
      return items
    },
    close: () => client.destroy()
  })
}
