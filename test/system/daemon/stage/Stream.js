'use strict'
/** A stream of the emulated Kinesis: made, filled, resharded. */
const crypto = require('node:crypto')
const { setTimeout: sleep } = require('node:timers/promises')

const MOST = 500 // records that one PutRecords may carry

const settled = async ({ kinesis }, StreamName) => {
  for (;;) {
    const { StreamDescriptionSummary } = await kinesis('DescribeStreamSummary', { StreamName })
    if (StreamDescriptionSummary.StreamStatus === 'ACTIVE') return
    await sleep(10)
  }
}

const shards = async ({ kinesis }, StreamName) => (await kinesis('ListShards', { StreamName })).Shards

const create = async (emulators, StreamName, ShardCount) => {
  await emulators.kinesis('CreateStream', { StreamName, ShardCount })
  await settled(emulators, StreamName)
}

/**
 * Puts records, each `{ key, data, hash? }` with data a string or bytes, in their order.
 * Out: the same records as Kinesis has them, `{ shard, seq, key }`.
 */
const put = async ({ kinesis }, StreamName, records) => {
  const stored = []
  for (let at = 0; at < records.length; at += MOST) {
    const some = records.slice(at, at + MOST)
    const Records = some.map(({ key, data, hash }) => ({
      PartitionKey: key,
      Data: Buffer.from(data).toString('base64'),
      ...(hash === undefined ? {} : { ExplicitHashKey: hash })
    }))
    const answer = await kinesis('PutRecords', { StreamName, Records })
    if (answer.FailedRecordCount > 0) throw new Error(`${answer.FailedRecordCount} records were not stored`)
    answer.Records.forEach(({ ShardId, SequenceNumber }, i) =>
      stored.push({ shard: ShardId, seq: SequenceNumber, key: some[i].key })
    )
  }
  return stored
}

/** Records with the numbers from `first` on as their data, each with a key of its own. */
const numbered = (count, first = 0) =>
  Array.from({ length: count }, (_, i) => ({ key: `key-${first + i}`, data: String(first + i) }))

const varint = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)])
const field = (number, bytes) =>
  Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes])

const AGGREGATED = Buffer.from([0xf3, 0x89, 0x9a, 0xc2])

/**
 * One Kinesis record that holds many user records, as the Kinesis Producer Library packs them (its
 * aggregation-format.md): a magic number, a protobuf message of a key table and records, its MD5.
 */
const aggregate = (key, datas) => {
  const keyIndex = [...varint(1 << 3), 0]
  const message = Buffer.concat([
    field(1, Buffer.from(key)),
    ...datas.map((data) => field(3, Buffer.concat([Buffer.from(keyIndex), field(3, Buffer.from(data))])))
  ])
  return {
    key,
    data: Buffer.concat([AGGREGATED, message, crypto.createHash('md5').update(message).digest()])
  }
}

/** Splits a shard in two halves. Out: the ids of the two. */
const split = async (emulators, StreamName, ShardToSplit) => {
  const { HashKeyRange } = (await shards(emulators, StreamName)).find(
    (shard) => shard.ShardId === ShardToSplit
  )
  const middle = (BigInt(HashKeyRange.StartingHashKey) + BigInt(HashKeyRange.EndingHashKey)) / 2n + 1n
  await emulators.kinesis('SplitShard', { StreamName, ShardToSplit, NewStartingHashKey: String(middle) })
  await settled(emulators, StreamName)
  const children = (await shards(emulators, StreamName)).filter(
    (shard) => shard.ParentShardId === ShardToSplit
  )
  return children.map((shard) => shard.ShardId)
}

/** Merges two neighbours. Out: the id of the new shard. */
const merge = async (emulators, StreamName, ShardToMerge, AdjacentShardToMerge) => {
  await emulators.kinesis('MergeShards', { StreamName, ShardToMerge, AdjacentShardToMerge })
  await settled(emulators, StreamName)
  return (await shards(emulators, StreamName)).find(
    (shard) =>
      shard.AdjacentParentShardId !== undefined &&
      [ShardToMerge, AdjacentShardToMerge].includes(shard.AdjacentParentShardId)
  ).ShardId
}

module.exports = { aggregate, create, merge, numbered, put, shards, split }
