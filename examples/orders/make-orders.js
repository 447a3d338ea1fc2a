'use strict'
// Writes orders.ndjson: three thousand orders of two hundred customers, with poison among them. Always the same.
//   node examples/orders/make-orders.js
const fs = require('node:fs')
const path = require('node:path')

const ORDERS = 3000
const CUSTOMERS = 200
const ORDERS_A_DAY = 500
const MONDAY = Date.UTC(2026, 8, 14, 8)

/** A generator of Lehmer's kind, so that the file does not depend on the machine. */
let state = 20260914
const below = (limit) => {
  state = (state * 48271) % 2147483647
  return state % limit
}

const poison = [
  (id) => ({ data: `{"id":"${id}","total":` }), // cut off
  (id, total) => ({ data: { id, total: String(total) } }), // a number that is a text
  (id, total) => ({ data: { orderId: id, total } }), // a field with another name
  (id, total) => ({ data: { id, total: -total } }),
  () => ({ dataBase64: Buffer.from([0xff, 0xfe, 0x00, 0x7b]).toString('base64') }) // no text
]

const orderOf = (n) => {
  const id = `o-${n}`
  const customer = `customer-${below(CUSTOMERS)}`
  const total = (1 + below(500_000)) / 100
  const isBad = below(120) === 0
  const isFree = below(60) === 0
  const isLastOfDay = n % ORDERS_A_DAY === 0
  const good = { id, customer, total: isFree ? 0 : total, ...(isLastOfDay ? { isLastOfDay } : {}) }
  return {
    partitionKey: customer,
    ...(isBad ? poison[below(poison.length)](id, total) : { data: good }),
    approximateArrivalTimestamp: MONDAY + n * 60_000
  }
}

const lines = Array.from({ length: ORDERS }, (_, i) => `${JSON.stringify(orderOf(i + 1))}\n`)
fs.writeFileSync(path.join(__dirname, 'orders.ndjson'), lines.join(''))
