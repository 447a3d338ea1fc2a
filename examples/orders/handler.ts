/** What becomes of an order. Pure: see handler.test.ts. */
import * as t from 'io-ts'
import { ack, checkpoint, decodeJson, reject, sinks, skip } from 'kclts'

const Order = t.intersection([
  t.type({ id: t.string, total: t.number }),
  t.partial({ customer: t.string, isLastOfDay: t.boolean })
])

/** Where orders go: to the sink of this name in kcl.config.yaml, encoded by this codec. */
export const outputs = { accepted: Order }
const to = sinks(outputs)

/** Written on dead letters, so that one knows which release could not take them. */
export const version = '1.0.0'

/** What is no JSON, or no order, becomes a dead letter whose reason says what is wrong with it. */
export const handler = decodeJson(Order)((order) => {
  if (order.total < 0) return reject(`the total is ${order.total}`)
  if (order.total === 0) return skip('nothing to pay')
  if (order.total >= 4990) console.log(`a large order: ${order.id}, ${order.total}`)
  return to.accepted(order)(order.isLastOfDay === true ? checkpoint() : ack())
})
