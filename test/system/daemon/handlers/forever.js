'use strict'
/** One record of the stream is never returned from. */
const { ack } = require('kclts')
const { see } = require('./see')

exports.handler = (record) => {
  if (Buffer.from(record.data).toString() === '7') for (;;);
  see(record)
  return ack()
}
