import { deepStrictEqual } from 'node:assert'
import { ack, emit, skip } from 'kclts'
import { record } from 'kclts/testing'
import { handler } from './handler'

deepStrictEqual(handler(record({ json: { id: 'o-1', total: 0 } })), skip('nothing to pay'))

const order = { id: 'o-2', total: 12.5 }
deepStrictEqual(handler(record({ json: order })), emit('accepted', order)(ack()))
