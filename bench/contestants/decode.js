'use strict'
const { ack, json, reject } = require('kclts')

exports.handler = (record) => {
  const order = json(record)
  return order._tag === 'Right' && typeof order.right.total === 'number'
    ? ack()
    : reject('an order without a total')
}
