/** Decides what happens to an order. It is pure. */
import * as t from 'io-ts'
import { ack, checkpoint, decodeJson, reject, sinks, skip } from 'kclts'

const Order = t.intersection([
  t.type({ id: t.string, total: t.number }),
  t.partial({ customer: t.string, isLastOfDay: t.boolean })
])

/** Orders go to the sink of this name in kcl.config.yaml, encoded by this codec. */
export const outputs = { accepted: Order }
const to = sinks(outputs)

/** kclts writes this version on dead letters, so you know which release could not process them. */
export const version = '1.0.0'

/** Data that is not JSON, or not an order, becomes a dead letter whose reason says what is wrong. */
export const handler = decodeJson(Order)((order) => {
  if (order.total < 0) return reject(`the total is ${order.total}`)
  if (order.total === 0) return skip('nothing to pay')
  if (order.total >= 4990) console.log(`a large order: ${order.id}, ${order.total}`)
  return to.accepted(order)(order.isLastOfDay === true ? checkpoint() : ack())
})
