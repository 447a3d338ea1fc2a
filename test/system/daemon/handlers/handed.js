'use strict'
/**
 * Notes when a record begins and when it ends, as an effect of 30 ms. While there is a file `hold` beside it, it waits for as
 * many milliseconds as the file says.
 */
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { ack } = require('kclts')
const { see } = require('./see')

const HOLD = path.join(__dirname, 'hold')

const hold = () => (fs.existsSync(HOLD) ? Number(fs.readFileSync(HOLD, 'utf8')) : 30)

exports.handler = async (record) => {
  see(record, { begun: true, at: Date.now() })
  await sleep(hold())
  see(record, { at: Date.now() })
  return ack()
}
