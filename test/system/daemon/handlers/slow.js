'use strict'
/** A millisecond for each record, as a handler that computes: a stream of these can be stopped in its middle. */
const { ack } = require('kclts')
const { see } = require('./see')

const still = new Int32Array(new SharedArrayBuffer(4))

exports.handler = (record) => {
  Atomics.wait(still, 0, 0, 1)
  see(record)
  return ack()
}
