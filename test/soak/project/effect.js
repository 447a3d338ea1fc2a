'use strict'
/** An effect: the handler writes by itself, many at a time, each after a while of its own; some fail at first. */
const { setTimeout: sleep } = require('node:timers/promises')
const { ack } = require('kclts')
const { contentOf, write } = require('./rows')

exports.handler = async (record, { attempt, signal }) => {
  const { number, rows } = contentOf(record)
  await sleep(number % 41, undefined, { signal })
  if (attempt === 1 && number % 50 === 0) throw new Error('the first attempt of every 50th record fails')
  const { shardId: shard, sequenceNumber: sequence, subSequenceNumber: sub, partitionKey: key } = record
  await write(
    Array.from({ length: rows }, (_, index) => ({
      shard,
      sequence,
      sub,
      index,
      key,
      value: `${number}/${index}`
    }))
  )
  return ack()
}
