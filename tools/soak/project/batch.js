'use strict'
/** A batch handler: one statement for many records, a millisecond for each; some groups fail at first. */
const { setTimeout: sleep } = require('node:timers/promises')
const { ack } = require('kclts')
const { connect, contentOf, rowsOf, write } = require('./rows')

exports.acquire = async () => connect()
exports.release = (pool) => pool.end()

exports.batchHandler = async (records, { attempt, resource, signal }) => {
  await sleep(records.length, undefined, { signal })
  if (attempt === 1 && records.some((record) => contentOf(record).number % 150 === 0))
    throw new Error('the first attempt with every 150th record fails')
  await write(resource, records.flatMap(rowsOf))
  return records.map(() => ack())
}
