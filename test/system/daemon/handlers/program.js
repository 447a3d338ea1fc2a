'use strict'
/** A program of the user's own, as `executableName = node program.js`. It prints what the daemon must not read. */
const { ack, start } = require('kclts')
const { see } = require('./see')

start((record) => {
  see(record)
  console.log(null)
  process.stdout.write('null\n')
  return ack()
})
