'use strict'
/** An effect: the handler writes by itself, many at a time, each after a while of its own; some fail at first. */
const { setTimeout: sleep } = require('node:timers/promises')
const { ack } = require('kclts')
const { connect, contentOf, rowsOf, write } = require('./rows')

exports.acquire = async () => connect()
exports.release = (pool) => pool.end()

exports.handler = async (record, { attempt, resource, signal }) => {
  const { number } = contentOf(record)
  await sleep(number % 41, undefined, { signal })
  if (attempt === 1 && number % 50 === 0) throw new Error('the first attempt of every 50th record fails')
  await write(resource, rowsOf(record))
  return ack()
}
