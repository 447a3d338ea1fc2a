/** `../handler.ts`, with a currency. The author has also made the first condition simpler, and it now rejects more than was meant. */
import * as t from 'io-ts'
import { ack, checkpoint, decodeJson, reject, sinks } from 'kclts'

const Order = t.intersection([
  t.type({ id: t.string, total: t.number }),
  t.partial({ customer: t.string, isLastOfDay: t.boolean })
])

export const outputs = { accepted: t.intersection([Order, t.type({ currency: t.string })]) }
const to = sinks(outputs)

export const version = '1.1.0'

export const handler = decodeJson(Order)((order) => {
  if (order.total <= 0) return reject(`the total is ${order.total}`)
  return to.accepted({ ...order, currency: 'EUR' })(order.isLastOfDay === true ? checkpoint() : ack())
})
