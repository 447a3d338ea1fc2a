'use strict'
const { ack, reject } = require('kclts')

exports.handler = (record) => {
  const order = JSON.parse(record.data.toString())
  return typeof order.total === 'number' ? ack() : reject('an order without a total')
}
