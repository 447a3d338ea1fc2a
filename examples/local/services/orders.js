'use strict'
/** Orders without end, of fifty customers; some of them are free, and some are no orders. */
const { setTimeout: sleep } = require('node:timers/promises')

const CUSTOMERS = 50
const EVERY_MS = 500
const AT_A_TIME = 10

const orderOf = (n) => {
  const order = { id: `o-${n}`, customer: `customer-${n % CUSTOMERS}`, total: (n * 379) % 5000 }
  if (n % 97 === 0) return { ...order, total: 'a lot' }
  return n % 41 === 0 ? { ...order, total: 0 } : order
}

/** Puts the orders numbered from `from` on, and gives those that the handler has to emit. */
const put = async ({ kinesis }, StreamName, from, count = AT_A_TIME) => {
  const orders = Array.from({ length: count }, (_, i) => orderOf(from + i))
  const Records = orders.map((order) => ({
    PartitionKey: order.customer,
    Data: Buffer.from(JSON.stringify(order)).toString('base64')
  }))
  const { FailedRecordCount } = await kinesis('PutRecords', { StreamName, Records })
  if (FailedRecordCount > 0) throw new Error(`${FailedRecordCount} orders were not stored`)
  return orders.filter(({ total }) => total > 0)
}

/** Puts some orders twice a second until `signal` is aborted; `tell` gets the number of orders that were put so far. */
const putOnAndOn = async (account, stream, tell, signal) => {
  for (let count = 0; !signal.aborted; count += AT_A_TIME) {
    await put(account, stream, count + 1)
    tell(count + AT_A_TIME)
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
  }
}

module.exports = { putOnAndOn }
