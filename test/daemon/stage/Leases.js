'use strict'
/** The KCL's tables: made before the daemon starts, read, and meddled with. */
const { setTimeout: sleep } = require('node:timers/promises')

const throughput = { ReadCapacityUnits: 1000, WriteCapacityUnits: 1000 }
const string = (AttributeName) => ({ AttributeName, AttributeType: 'S' })
const hash = (AttributeName) => ({ AttributeName, KeyType: 'HASH' })

const byOwner = {
  IndexName: 'LeaseOwnerToLeaseKeyIndex',
  ProvisionedThroughput: throughput,
  Projection: { ProjectionType: 'KEYS_ONLY' },
  KeySchema: [hash('leaseOwner'), { AttributeName: 'leaseKey', KeyType: 'RANGE' }]
}

const table = async ({ dynamo }, TableName, key, index) => {
  await dynamo('CreateTable', {
    TableName,
    ProvisionedThroughput: throughput,
    AttributeDefinitions: [string(key), ...(index === undefined ? [] : [string('leaseOwner')])],
    KeySchema: [hash(key)],
    ...(index === undefined ? {} : { GlobalSecondaryIndexes: [index] })
  })
  for (;;) {
    const { Table } = await dynamo('DescribeTable', { TableName })
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
const create = async (emulators, version, application, shards) => {
  const three = version.startsWith('3.')
  await table(emulators, application, 'leaseKey', three ? byOwner : undefined)
  if (three) await table(emulators, `${application}-CoordinatorState`, 'key')
  if (three) await table(emulators, `${application}-WorkerMetricStats`, 'wid')
  for (const { ShardId, HashKeyRange } of shards)
    await emulators.dynamo('PutItem', {
      TableName: application,
      Item: {
        leaseKey: { S: ShardId },
        checkpoint: { S: 'TRIM_HORIZON' },
        checkpointSubSequenceNumber: { N: '0' },
        leaseCounter: { N: '0' },
        ownerSwitchesSinceCheckpoint: { N: '0' },
        startingHashKey: { S: HashKeyRange.StartingHashKey },
        endingHashKey: { S: HashKeyRange.EndingHashKey }
      }
    })
}

/** The leases by shard: `{ checkpoint, sub, owner }`. */
const read = async ({ dynamo }, TableName) => {
  const { Items } = await dynamo('Scan', { TableName, ConsistentRead: true })
  return Object.fromEntries(
    Items.map((item) => [
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
