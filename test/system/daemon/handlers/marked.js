'use strict'
/** Asks for a checkpoint at records whose data begin with "mark". */
const { ack, checkpoint } = require('kclts')
const { see } = require('./see')

exports.handler = (record) => {
  see(record)
  return Buffer.from(record.data).toString().startsWith('mark') ? checkpoint() : ack()
}
