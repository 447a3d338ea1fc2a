import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { DaemonSettings } from '../../src/config/DaemonSettings'
import type { Item } from '../../src/aws/Item'
import * as LeaseTable from '../../src/aws/LeaseTable'
import { defaults } from '../config/defaultConfig'

const named = (
  daemon: Partial<DaemonSettings>,
  application: string | null = null,
  table: string | null = null
): E.Either<string, LeaseTable.Tables> =>
  LeaseTable.tables({ ...defaults.daemon, ...daemon }, { application, table })

const orders = {
  application: 'orders',
  leases: 'orders',
  others: ['orders-CoordinatorState', 'orders-WorkerMetricStats']
}

describe('the tables', () => {
  it('have the name of the application', () =>
    deepStrictEqual(named({ applicationName: 'orders' }), E.right(orders)))

  it('of KCL 2 are one', () =>
    deepStrictEqual(
      named({ applicationName: 'orders', version: '2.5.4' }),
      E.right({ ...orders, others: [] })
    ))

  it('have the names that the configuration gives them', () =>
    deepStrictEqual(
      named({
        applicationName: 'orders',
        tableName: 'leases',
        properties: { coordinatorStateTableName: 'state', workerMetricsTableName: 'stats' }
      }),
      E.right({ application: 'orders', leases: 'leases', others: ['state', 'stats'] })
    ))

  it('of a named application have its name, and not those that the configuration gives its own', () =>
    deepStrictEqual(
      named(
        {
          applicationName: 'mine',
          tableName: 'leases',
          properties: { coordinatorStateTableName: 'state' }
        },
        'orders'
      ),
      E.right(orders)
    ))

  it('of the configured application, when it is named, are those of the configuration', () =>
    deepStrictEqual(
      named({ applicationName: 'orders', tableName: 'leases' }, 'orders'),
      E.right({ ...orders, leases: 'leases' })
    ))

  it('beside a table that is named are of an application of its name', () =>
    deepStrictEqual(named({ applicationName: 'mine' }, null, 'orders'), E.right(orders)))

  it('beside the configured table, when it is named, are of the configured application', () =>
    deepStrictEqual(
      named({ applicationName: 'orders', tableName: 'leases' }, null, 'leases'),
      E.right({ ...orders, leases: 'leases' })
    ))

  it('are both named', () =>
    deepStrictEqual(named({}, 'orders', 'leases'), E.right({ ...orders, leases: 'leases' })))

  it('need a name', () =>
    deepStrictEqual(
      named({}),
      E.left(
        'daemon.applicationName: missing, expected the application whose leases to show; set it, or use --application or --table'
      )
    ))
})

const failing = (name: string, message: string): Error => Object.assign(new Error(message), { name })
const NOT_FOUND = failing('ResourceNotFoundException', 'Requested resource not found')
const DENIED = failing(
  'AccessDeniedException',
  'User: arn:aws:iam::1:user/eve is not authorized to perform: dynamodb:Scan on resource: arn:aws:dynamodb:eu-west-1:1:table/orders because no identity-based policy allows the dynamodb:Scan action'
)

/** Reads `orders`, where each table has these rows, or this error. */
const read = async (
  contents: Readonly<Record<string, ReadonlyArray<Item> | Error>>
): Promise<E.Either<string, { readonly shards: ReadonlyArray<string> }>> => {
  const scan: LeaseTable.Scan = (table) => {
    const content = contents[table] ?? NOT_FOUND
    return content instanceof Error ? Promise.reject(content) : Promise.resolve(content)
  }
  return pipe(
    await LeaseTable.read(scan, orders, () => ({ wall: 1000, monotonic: 5 })),
    E.map(({ leases, ...look }) => ({
      ...look,
      shards: leases.map(({ shard }) => shard)
    }))
  )
}

const lease: Item = { leaseKey: { S: 'shard-1' }, checkpoint: { S: 'LATEST' } }
const look = {
  at: 1000,
  moment: 5,
  shards: ['shard-1'],
  reports: [],
  leader: null,
  clientVersion: null,
  migration: null,
  unread: []
}

describe('a look', () => {
  it('takes the three tables together', async () =>
    deepStrictEqual(
      await read({
        orders: [lease],
        'orders-CoordinatorState': [{ key: { S: 'Leader' }, ownerName: { S: 'vm-0' } }],
        'orders-WorkerMetricStats': [{ wid: { S: 'vm-0' }, lut: { N: '7' } }]
      }),
      E.right({ ...look, leader: 'vm-0', reports: [{ worker: 'vm-0', at: 7000 }] })
    ))

  it('needs the lease table alone', async () =>
    deepStrictEqual(await read({ orders: [lease] }), E.right(look)))

  it('at an empty table has no lease', async () =>
    deepStrictEqual(await read({ orders: [] }), E.right({ ...look, shards: [] })))

  it('reports which of the others may not be read', async () =>
    deepStrictEqual(
      await read({ orders: [lease], 'orders-WorkerMetricStats': DENIED }),
      E.right({
        ...look,
        unread: [
          'orders-WorkerMetricStats cannot be read: arn:aws:iam::1:user/eve may not call dynamodb:Scan on arn:aws:dynamodb:eu-west-1:1:table/orders; allow it in the IAM policy; `kclts check --aws` lists what is needed'
        ]
      })
    ))

  it('at a table that is missing fails with what to check', async () =>
    deepStrictEqual(
      await read({}),
      E.left(
        'there is no table orders: the first worker of an application makes it. Has one run? If so, check daemon.applicationName, daemon.tableName and daemon.region'
      )
    ))

  it('that is not allowed fails with the action', async () =>
    deepStrictEqual(
      await read({ orders: DENIED }),
      E.left(
        'orders cannot be read: arn:aws:iam::1:user/eve may not call dynamodb:Scan on arn:aws:dynamodb:eu-west-1:1:table/orders; allow it in the IAM policy; `kclts check --aws` lists what is needed'
      )
    ))

  it('at a table of something else fails', async () =>
    deepStrictEqual(
      await read({ orders: [{ id: { S: '1' } }] }),
      E.left('orders is not a lease table: its rows have no leaseKey')
    ))
})
