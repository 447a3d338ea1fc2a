'use strict'
const { ack } = require('kclts')
const { see } = require('./see')

exports.handler = (record) => {
  see(record)
  return ack()
}
