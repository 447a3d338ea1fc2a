'use strict'
/** What the worker finds: a stream, and the tables of its application. Both services take any signature. */
const { setTimeout: sleep } = require('node:timers/promises')

const STREAM = 'orders'
const SHARDS = 2
const APPLICATION = 'local-orders'

const KINESIS = { name: 'Kinesis_20131202', type: 'application/x-amz-json-1.1' }
const DYNAMODB = { name: 'DynamoDB_20120810', type: 'application/x-amz-json-1.0' }

/** Calls an operation of the service at `endpoint` with a request, and gives its answer. */
const caller = (service, endpoint) => async (operation, request) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': service.type,
      'x-amz-target': `${service.name}.${operation}`,
      'x-amz-date': '20300101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=local'
    },
    body: JSON.stringify(request)
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

const PATIENCE_MS = 60_000

/** Calls until the service answers: it may still be starting. */
const first = async (call, operation) => {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(100)) {
    try {
      return await call(operation, {})
    } catch (problem) {
      if (Date.now() > end) throw problem
    }
  }
}

/** Functions that call Kinesis and DynamoDB, once both answer. */
const open = async ({ kinesis, dynamodb }) => {
  const account = { kinesis: caller(KINESIS, kinesis), dynamodb: caller(DYNAMODB, dynamodb) }
  await Promise.all([first(account.kinesis, 'ListStreams'), first(account.dynamodb, 'ListTables')])
  return account
}

/** Waits for a request that makes something. It is no error if that exists already. */
const unlessThere = async (making) => {
  try {
    await making
  } catch (problem) {
    if (!/ResourceInUseException/.test(problem.message)) throw problem
  }
}

const until = async (isSo) => {
  while (!(await isSo())) await sleep(20)
}

const makeStream = async ({ kinesis }, StreamName, ShardCount) => {
  await unlessThere(kinesis('CreateStream', { StreamName, ShardCount }))
  await until(async () => {
    const { StreamDescriptionSummary } = await kinesis('DescribeStreamSummary', { StreamName })
    return StreamDescriptionSummary.StreamStatus === 'ACTIVE'
  })
}

const BillingMode = 'PAY_PER_REQUEST'
const string = (AttributeName) => ({ AttributeName, AttributeType: 'S' })
const hash = (AttributeName) => ({ AttributeName, KeyType: 'HASH' })

const leaseOwnerIndex = {
  IndexName: 'LeaseOwnerToLeaseKeyIndex',
  Projection: { ProjectionType: 'KEYS_ONLY' },
  KeySchema: [hash('leaseOwner'), { AttributeName: 'leaseKey', KeyType: 'RANGE' }]
}

/** The tables of an application of KCL 3, as CreateTable takes them. */
const tablesOf = (application) => [
  {
    TableName: application,
    BillingMode,
    AttributeDefinitions: [string('leaseKey'), string('leaseOwner')],
    KeySchema: [hash('leaseKey')],
    GlobalSecondaryIndexes: [leaseOwnerIndex]
  },
  ...[
    ['CoordinatorState', 'key'],
    ['WorkerMetricStats', 'wid']
  ].map(([name, key]) => ({
    TableName: `${application}-${name}`,
    BillingMode,
    AttributeDefinitions: [string(key)],
    KeySchema: [hash(key)]
  }))
]

/**
 * Makes the tables. In AWS the daemon makes them itself; but it makes the index of the lease table
 * after the table, which dynalite cannot do.
 */
const makeTables = async ({ dynamodb }, application) => {
  for (const table of tablesOf(application)) {
    const { TableName } = table
    await unlessThere(dynamodb('CreateTable', table))
    await until(async () => (await dynamodb('DescribeTable', { TableName })).Table.TableStatus === 'ACTIVE')
  }
}

/** The row of a shard that nobody owns, at its beginning. */
const leaseOf = ({ ShardId, HashKeyRange }) => ({
  leaseKey: { S: ShardId },
  checkpoint: { S: 'TRIM_HORIZON' },
  checkpointSubSequenceNumber: { N: '0' },
  leaseCounter: { N: '0' },
  ownerSwitchesSinceCheckpoint: { N: '0' },
  startingHashKey: { S: HashKeyRange.StartingHashKey },
  endingHashKey: { S: HashKeyRange.EndingHashKey }
})

const isThere = (problem) => /ConditionalCheckFailedException/.test(problem.message)

/** A lease for each shard: with an empty table the first worker of an application waits for half a minute. */
const makeLeases = async ({ kinesis, dynamodb }, application, StreamName) => {
  const { Shards } = await kinesis('ListShards', { StreamName })
  for (const shard of Shards)
    await dynamodb('PutItem', {
      TableName: application,
      Item: leaseOf(shard),
      ConditionExpression: 'attribute_not_exists(leaseKey)'
    }).catch((problem) => {
      if (!isThere(problem)) throw problem
    })
}

/** In: the endpoints. Out: functions that call Kinesis and DynamoDB, where the stream and the tables are. */
const prepare = async (endpoints) => {
  const account = await open(endpoints)
  await makeStream(account, STREAM, SHARDS)
  await makeTables(account, APPLICATION)
  await makeLeases(account, APPLICATION, STREAM)
  return account
}

module.exports = { APPLICATION, STREAM, leaseOf, open, prepare, tablesOf }
