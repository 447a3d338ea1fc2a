'use strict'
/** Takes as many milliseconds as the record's data say, and notes its beginning and its end. */
const { setTimeout: sleep } = require('node:timers/promises')
const { ack } = require('kclts')
const { see } = require('./see')

exports.handler = async (record) => {
  see(record, { at: 'begun' })
  await sleep(Number(Buffer.from(record.data).toString()))
  see(record, { at: 'ended' })
  return ack()
}
