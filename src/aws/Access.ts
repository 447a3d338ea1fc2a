/** What AWS is asked before a first start: nothing that changes anything. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import type { STSClient } from '@aws-sdk/client-sts'
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as Clients from './Clients'
import type { Answer } from './Permission'
import * as TableMigration from './TableMigration'
import { within } from './Within'

/** Credentials as the SDK has found them. */
export interface Found {
  readonly accessKeyId: string
  /** The places of the SDK's chain that gave them: `CREDENTIALS_ENV_VARS`, `CREDENTIALS_SSO`. */
  readonly sources: ReadonlyArray<string>
}

export interface Stream {
  readonly arn: string
  readonly status: string
  readonly openShards: number
  readonly retentionHours: number
}

export interface Table {
  readonly status: string
  /** The attribute that its rows are found by. */
  readonly key: string
  readonly indexes: ReadonlyArray<string>
}

/** What is done with rows: writes have a condition that no row can ever meet. */
export type RowAction =
  'Scan' | 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'Query' | 'ConditionCheckItem'

export interface Access {
  readonly region: Answer<string>
  readonly credentials: () => Promise<Answer<Found>>
  /** The ARN of the user or the role whose credentials they are. */
  readonly identity: () => Promise<Answer<string>>
  readonly stream: () => Promise<Answer<Stream>>
  /** A shard that can be read; null: there is none. */
  readonly shard: () => Promise<Answer<string | null>>
  /** An iterator at the oldest record of a shard. */
  readonly iterator: (shard: string) => Promise<Answer<string>>
  /** One record at most. */
  readonly records: (iterator: string) => Promise<Answer<void>>
  /** The status of the consumer of that name, or of that ARN. */
  readonly consumer: (named: ConsumerName) => Promise<Answer<string>>
  readonly table: (name: string) => Promise<Answer<Table>>
  readonly rows: (action: RowAction, table: string, key: string) => Promise<Answer<void>>
  /** Whether a row of the lease table has a checkpoint at a record, among the first rows. */
  readonly checkpointed: (table: string) => Promise<Answer<boolean>>
  /** How far three tables have been moved into one, by the leader table. */
  readonly migration: (leaderTable: string) => Promise<Answer<TableMigration.TableMigration | null>>
  readonly close: () => void
}

export type ConsumerName = { readonly arn: string } | { readonly stream: string; readonly name: string }

/** How long one answer may take, in milliseconds, with all tries of the client. */
export const LIMIT = 15_000

type Ask = <A>(ask: (signal: AbortSignal) => Promise<A>) => Promise<Answer<A>>

/** The SDK notes them beside the keys; they are no part of its interface, so that there may be none. */
const sourcesOf = (credentials: object): ReadonlyArray<string> => {
  const sources: unknown = '$source' in credentials ? credentials.$source : null
  return typeof sources === 'object' && sources !== null ? Object.keys(sources) : []
}

const ofIdentity = (ask: Ask, client: STSClient): Pick<Access, 'credentials' | 'identity'> => ({
  credentials: () =>
    ask(async () => {
      const found = await client.config.credentials()
      return { accessKeyId: found.accessKeyId, sources: sourcesOf(found) }
    }),
  identity: () =>
    ask(async (abortSignal) => {
      const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
      return (await client.send(new GetCallerIdentityCommand({}), { abortSignal })).Arn ?? ''
    })
})

const streamOf = ({ streamArn, streamName }: DaemonSettings) =>
  streamArn === null ? { StreamName: streamName ?? '' } : { StreamARN: streamArn }

const ofStream = (
  ask: Ask,
  client: KinesisClient,
  settings: DaemonSettings
): Pick<Access, 'stream' | 'shard' | 'iterator' | 'records' | 'consumer'> => {
  const stream = streamOf(settings)
  return {
    stream: () =>
      ask(async (abortSignal) => {
        const { DescribeStreamSummaryCommand } = await import('@aws-sdk/client-kinesis')
        const { StreamDescriptionSummary: summary } = await client.send(
          new DescribeStreamSummaryCommand(stream),
          { abortSignal }
        )
        return {
          arn: summary?.StreamARN ?? '',
          status: summary?.StreamStatus ?? '',
          openShards: summary?.OpenShardCount ?? 0,
          retentionHours: summary?.RetentionPeriodHours ?? 0
        }
      }),
    shard: () =>
      ask(async (abortSignal) => {
        const { ListShardsCommand } = await import('@aws-sdk/client-kinesis')
        const { Shards = [] } = await client.send(new ListShardsCommand(stream), { abortSignal })
        const open = Shards.find((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
        return (open ?? Shards[0])?.ShardId ?? null
      }),
    iterator: (ShardId) =>
      ask(async (abortSignal) => {
        const { GetShardIteratorCommand } = await import('@aws-sdk/client-kinesis')
        const command = new GetShardIteratorCommand({
          ...stream,
          ShardId,
          ShardIteratorType: 'TRIM_HORIZON'
        })
        return (await client.send(command, { abortSignal })).ShardIterator ?? ''
      }),
    records: (ShardIterator) =>
      ask(async (abortSignal) => {
        const { GetRecordsCommand } = await import('@aws-sdk/client-kinesis')
        const where = settings.streamArn === null ? {} : { StreamARN: settings.streamArn }
        await client.send(new GetRecordsCommand({ ...where, ShardIterator, Limit: 1 }), { abortSignal })
      }),
    consumer: (named) =>
      ask(async (abortSignal) => {
        const { DescribeStreamConsumerCommand } = await import('@aws-sdk/client-kinesis')
        const command = new DescribeStreamConsumerCommand(
          'arn' in named ? { ConsumerARN: named.arn } : { StreamARN: named.stream, ConsumerName: named.name }
        )
        const { ConsumerDescription } = await client.send(command, { abortSignal })
        return ConsumerDescription?.ConsumerStatus ?? ''
      })
  }
}

/** The index that KCL 3 finds a worker's leases by (DynamoDBLeaseRefresher). */
export const INDEX = 'LeaseOwnerToLeaseKeyIndex'

/** The key of the row in the request; no row has it. */
const ROW = 'kclts check --aws'

const sent = async (
  client: DynamoDBClient,
  action: RowAction,
  TableName: string,
  key: string,
  options: { readonly abortSignal: AbortSignal }
): Promise<void> => {
  const Dynamo = await import('@aws-sdk/client-dynamodb')
  const row = { [key]: { S: ROW } }
  const never = {
    ConditionExpression: 'attribute_exists(#key) AND attribute_not_exists(#key)',
    ExpressionAttributeNames: { '#key': key }
  }
  const owned = {
    IndexName: INDEX,
    KeyConditionExpression: 'leaseOwner = :owner',
    ExpressionAttributeValues: { ':owner': { S: ROW } }
  }
  const request: Readonly<Record<RowAction, () => Promise<unknown>>> = {
    Scan: () => client.send(new Dynamo.ScanCommand({ TableName, Limit: 1 }), options),
    GetItem: () => client.send(new Dynamo.GetItemCommand({ TableName, Key: row }), options),
    PutItem: () => client.send(new Dynamo.PutItemCommand({ TableName, Item: row, ...never }), options),
    UpdateItem: () => client.send(new Dynamo.UpdateItemCommand({ TableName, Key: row, ...never }), options),
    DeleteItem: () => client.send(new Dynamo.DeleteItemCommand({ TableName, Key: row, ...never }), options),
    Query: () => client.send(new Dynamo.QueryCommand({ TableName, Limit: 1, ...owned }), options),
    ConditionCheckItem: () =>
      client.send(
        new Dynamo.TransactWriteItemsCommand({
          TransactItems: [{ ConditionCheck: { TableName, Key: row, ...never } }]
        }),
        options
      )
  }
  await request[action]()
}

/** More rows would cost more read units. */
const FEW = 50

const ofTables = (
  ask: Ask,
  client: DynamoDBClient
): Pick<Access, 'table' | 'rows' | 'checkpointed' | 'migration'> => ({
  migration: (TableName) =>
    ask(async (abortSignal) => {
      const { GetItemCommand } = await import('@aws-sdk/client-dynamodb')
      const Key = { key: { S: TableMigration.ROW } }
      const { Item } = await client.send(new GetItemCommand({ TableName, Key }), { abortSignal })
      return Item === undefined ? null : TableMigration.fromItem(Item)
    }),
  checkpointed: (TableName) =>
    ask(async (abortSignal) => {
      const { ScanCommand } = await import('@aws-sdk/client-dynamodb')
      const { Items = [] } = await client.send(new ScanCommand({ TableName, Limit: FEW }), { abortSignal })
      return Items.some(({ checkpoint }) => /^[0-9]/.test(checkpoint?.S ?? ''))
    }),
  table: (TableName) =>
    ask(async (abortSignal) => {
      const { DescribeTableCommand } = await import('@aws-sdk/client-dynamodb')
      const { Table } = await client.send(new DescribeTableCommand({ TableName }), { abortSignal })
      return {
        status: Table?.TableStatus ?? '',
        key: Table?.KeySchema?.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '',
        indexes: Table?.GlobalSecondaryIndexes?.flatMap(({ IndexName }) => IndexName ?? []) ?? []
      }
    }),
  rows: (action, table, key) => ask((abortSignal) => sent(client, action, table, key, { abortSignal }))
})

type Env = Readonly<Record<string, string | undefined>>

/** The region as the daemon finds it: not that of the profile which `daemon.credentials` names. */
const regionOf = async (ask: Ask, daemon: DaemonSettings, env: Env): Promise<Answer<string>> => {
  const client = await Clients.sts({ ...daemon, credentials: 'default' }, env)
  return E.isLeft(client) ? client : ask(() => client.right.config.region())
}

/** Asks nothing yet. Left: which packages are missing, a sentence each. */
export const connect = async (
  daemon: DaemonSettings,
  env: Env,
  stop: AbortSignal
): Promise<E.Either<ReadonlyArray<string>, Access>> => {
  const ask = within(LIMIT, stop)
  const region = await regionOf(ask, daemon, env)
  const placed = E.isRight(region) ? { ...daemon, region: region.right } : daemon
  const [sts, kinesis, dynamo] = await Promise.all([
    Clients.sts(placed, env),
    Clients.kinesis(placed, env),
    Clients.dynamo(placed, env)
  ])
  if (E.isLeft(sts) || E.isLeft(kinesis) || E.isLeft(dynamo))
    return E.left([sts, kinesis, dynamo].flatMap((client) => (E.isLeft(client) ? [client.left] : [])))
  return E.right({
    region,
    ...ofIdentity(ask, sts.right),
    ...ofStream(ask, kinesis.right, daemon),
    ...ofTables(ask, dynamo.right),
    close: () => [sts, kinesis, dynamo].forEach((client) => client.right.destroy())
  })
}
