'use strict'
/** Takes 300 ms for each record, as code that computes, until there is a file `quick` beside it. */
const fs = require('node:fs')
const path = require('node:path')
const { ack } = require('kclts')
const { see } = require('./see')

const still = new Int32Array(new SharedArrayBuffer(4))

exports.handler = (record) => {
  see(record, { begun: true })
  if (!fs.existsSync(path.join(__dirname, 'quick'))) Atomics.wait(still, 0, 0, 300)
  see(record)
  return ack()
}
