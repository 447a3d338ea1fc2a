import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as t from 'io-ts'
import { decodeJson } from '../../src/payload/decodeJson'
import { ack, checkpoint, reject } from '../../src/core/Decision'
import type { Context, EffectHandler } from '../../src/core/Handler'
import { context, record } from '../../src/testing'

const Order = t.type({ id: t.string, total: t.number }, 'an order')
const handler = decodeJson(Order)((order) => (order.total > 0 ? checkpoint() : ack()))

describe('decodeJson', () => {
  it('gives the decoded value to the function', () =>
    assert.deepEqual(handler(record({ json: { id: 'o-1', total: 3 } })), checkpoint()))

  it('gives the record as well', () => {
    const keys = decodeJson(Order)((order, { partitionKey }) => reject(`${order.id} of ${partitionKey}`))
    assert.deepEqual(keys(record({ json: { id: 'o-1', total: 3 }, partitionKey: 'k' })), reject('o-1 of k'))
  })

  it('makes an effectful handler of a function that asks for the context', async () => {
    interface Shop {
      readonly isKnown: (id: string) => Promise<boolean>
    }
    const asking = decodeJson(Order)(async ({ id }, _record, { resource }: Context<Shop>) =>
      (await resource.isKnown(id)) ? ack() : reject('unknown')
    )
    const effectful: EffectHandler<Record<never, never>, Shop> = asking
    const shop = context({ resource: { isKnown: (id: string) => Promise.resolve(id === 'o-1') } })
    const ask = async (id: string): Promise<unknown> => asking(record({ json: { id, total: 3 } }), shop)
    assert.deepEqual([await ask('o-1'), await ask('o-2')], [ack(), reject('unknown')])
    assert.deepEqual(
      effectful(record({ json: {} }), shop),
      reject('id: expected string, found nothing; total: expected number, found nothing')
    )
  })

  it('rejects what is not what the codec expects, and says where', () =>
    assert.deepEqual(
      handler(record({ json: { id: 1, total: '12' } })),
      reject('id: expected string, found 1; total: expected number, found "12"')
    ))

  it('rejects what is not JSON', () =>
    assert.deepEqual(
      handler(record({ text: 'hello' })),
      reject('the data is not JSON: Unexpected token \'h\', "hello" is not valid JSON')
    ))

  it('rejects an empty payload', () =>
    assert.deepEqual(handler(record()), reject('the data is not JSON: Unexpected end of JSON input')))

  it('rejects what is not UTF-8, and replaces nothing in silence', () =>
    assert.deepEqual(
      handler(record({ data: Buffer.from([0x22, 0xc3, 0x28, 0x22]) })),
      reject('the data is not UTF-8 text')
    ))

  it('takes a replacement character that was sent as one', () => {
    const text = decodeJson(t.string)((value) => reject(value))
    assert.deepEqual(text(record({ json: '\ufffd' })), reject('\ufffd'))
  })

  it('leaves a throw of the function to the session', () => {
    const broken = decodeJson(Order)(() => {
      throw new Error('database is down')
    })
    assert.throws(() => broken(record({ json: { id: 'o-1', total: 3 } })), /database is down/)
  })
})
