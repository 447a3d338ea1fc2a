'use strict'
/** Waits 300 ms for each record, as an effect, until there is a file `quick` beside it. */
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { ack } = require('kclts')
const { see } = require('./see')

exports.handler = async (record) => {
  see(record, { begun: true })
  if (!fs.existsSync(path.join(__dirname, 'quick'))) await sleep(300)
  see(record)
  return ack()
}
