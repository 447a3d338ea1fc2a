'use strict'
/** Outputs as data: the handler is pure, and a sink of type module writes, a millisecond for each row. */
const { setTimeout: sleep } = require('node:timers/promises')
const { ack, emit } = require('kclts')
const { connect, contentOf, write } = require('./rows')

const pool = connect()

exports.handler = (record) => {
  const { number, rows } = contentOf(record)
  let decision = ack()
  for (let index = 0; index < rows; index++) decision = emit('rows', `${number}/${index}`)(decision)
  return decision
}

exports.store = async (outputs, signal) => {
  await sleep(outputs.length, undefined, { signal })
  await write(
    pool,
    outputs.map(({ id, key, value }) => {
      const [shard, sequence, sub, index] = id.split(':')
      return { shard, sequence, sub, index, key, value }
    })
  )
}
