'use strict'
const { ack, reject } = require('kclts')

const decoder = new TextDecoder()

exports.handler = (record) => {
  const order = JSON.parse(decoder.decode(record.data))
  return typeof order.total === 'number' ? ack() : reject('an order without a total')
}
