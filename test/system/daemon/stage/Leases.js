'use strict'
/** The KCL's tables: made before the daemon starts, read, and meddled with. */
const { setTimeout: sleep } = require('node:timers/promises')
const Account = require('../../../../examples/local/services/account')

/** KCL 2 has the lease table alone, without an index; a new application of 3.5 has it alone, with all rows. */
const tablesOf = (version, application) => {
  const [leases, ...others] = Account.tablesOf(application)
  if (version.startsWith('3.5.')) return [leases]
  if (version.startsWith('3.')) return [leases, ...others]
  const { TableName, BillingMode, AttributeDefinitions, KeySchema } = leases
  return [{ TableName, BillingMode, KeySchema, AttributeDefinitions: AttributeDefinitions.slice(0, 1) }]
}

/** An index of a table is billed like the table. */
const billed = (table, billing) => ({
  ...table,
  ...billing,
  ...(table.GlobalSecondaryIndexes === undefined
    ? {}
    : {
        GlobalSecondaryIndexes: table.GlobalSecondaryIndexes.map((index) => ({
          ...index,
          ...(billing.ProvisionedThroughput === undefined
            ? {}
            : { ProvisionedThroughput: billing.ProvisionedThroughput })
        }))
      })
})

const make = async ({ dynamo }, table) => {
  await dynamo('CreateTable', table)
  for (;;) {
    const { Table } = await dynamo('DescribeTable', { TableName: table.TableName })
    const indexes = Table.GlobalSecondaryIndexes ?? []
    if (Table.TableStatus === 'ACTIVE' && indexes.every((each) => each.IndexStatus === 'ACTIVE')) return
    await sleep(10)
  }
}

/**
 * Makes the tables of an application, with an unowned lease at TRIM_HORIZON for each shard. The daemon would do so
 * itself, but KCL 3 adds an index to the table afterwards, which dynalite cannot, and both spend up to a minute
 * waiting for tables.
 */
const create = async (emulators, version, application, shards, billing = {}) => {
  for (const table of tablesOf(version, application)) await make(emulators, billed(table, billing))
  for (const shard of shards)
    await emulators.dynamo('PutItem', { TableName: application, Item: Account.leaseOf(shard) })
}

/** The leases by shard: `{ checkpoint, sub, owner }`; of a single table, without its other rows. */
const read = async ({ dynamo }, TableName) => {
  const { Items } = await dynamo('Scan', { TableName, ConsistentRead: true })
  const leases = Items.filter(({ entityType }) => (entityType?.S ?? 'LEASE') === 'LEASE')
  return Object.fromEntries(
    leases.map((item) => [
      item.leaseKey.S,
      {
        checkpoint: item.checkpoint.S,
        sub: Number(item.checkpointSubSequenceNumber?.N ?? 0),
        owner: item.leaseOwner?.S ?? null
      }
    ])
  )
}

/** Deletes the lease of a shard. */
const remove = ({ dynamo }, TableName, shard) =>
  dynamo('DeleteItem', { TableName, Key: { leaseKey: { S: shard } } })

/** Takes a lease behind the daemon's back, once when it returns, and keeps it warm until `stop`. */
const steal = async ({ dynamo }, TableName, shard) => {
  const take = () =>
    dynamo('UpdateItem', {
      TableName,
      Key: { leaseKey: { S: shard } },
      UpdateExpression: 'SET leaseOwner = :thief ADD leaseCounter :one',
      ExpressionAttributeValues: { ':thief': { S: 'thief' }, ':one': { N: '1' } }
    })
  await take()
  let stealing = true
  const keeping = (async () => {
    while (stealing) {
      await sleep(100)
      await take()
    }
  })()
  return {
    stop: () => {
      stealing = false
      return keeping
    }
  }
}

module.exports = { create, read, remove, steal }
