'use strict'
/** Stops at a record that it does not dare to touch, until a file says that it may. */
const fs = require('node:fs')
const path = require('node:path')
const { ack, halt } = require('kclts')
const { see } = require('./see')

exports.handler = (record) => {
  const frightens = Buffer.from(record.data).toString() === '70'
  if (frightens && !fs.existsSync(path.join(__dirname, 'repaired'))) return halt('the ledger is closed')
  see(record)
  return ack()
}
