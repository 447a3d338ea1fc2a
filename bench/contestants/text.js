'use strict'
const { ack, reject, text } = require('kclts')

exports.handler = (record) => {
  const found = text(record)
  return found._tag === 'Right' && typeof JSON.parse(found.right).total === 'number'
    ? ack()
    : reject('an order without a total')
}
