/** The handler of the built-in example, for orders that `--generate` makes up. */
import * as t from 'io-ts'
import { ack, skip } from '../core/Decision'
import { decodeJson } from '../payload/decodeJson'

const Order = t.type({ id: t.string, customer: t.string, total: t.number }, 'an order')

export const handler = decodeJson(Order)((order) => (order.total === 0 ? skip('nothing to pay') : ack()))
