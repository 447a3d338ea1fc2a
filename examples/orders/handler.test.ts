import { deepStrictEqual } from 'node:assert'
import { skip } from 'kclts'
import { record } from 'kclts/testing'
import { handler } from './handler'

deepStrictEqual(handler(record({ json: { id: 'o-1', total: 0 } })), skip('nothing to pay'))
