'use strict'
/** Handles no record until there is a file `open` beside it: until then, the daemon reads ahead as far as it ever does. */
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { ack } = require('kclts')

const opened = async () => {
  while (!fs.existsSync(path.join(__dirname, 'open'))) await sleep(50)
}

let isOpen = null

exports.handler = async () => {
  await (isOpen ??= opened())
  return ack()
}
