/** What the compiler finds in a handler whose type is inferred, and what it says. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { z } from 'zod'
import {
  ack,
  checkpoint,
  decodeJson,
  emit,
  halt,
  reject,
  sinks,
  skip,
  type Context,
  type Decision,
  type EffectHandler,
  type Handler,
  type KinesisRecord,
  type Output,
  type Reject
} from '../../src/index'
import { Sink, context, record, run, runEffect } from '../../src/testing'

const Order = t.type({ id: t.string, total: t.number }, 'an order')
type Order = t.TypeOf<typeof Order>

const Mail = z.object({ to: z.string(), lines: z.string().transform((text) => text.split('\n')) })

const outputs = { orders: Order, mails: Mail }
const to = sinks(outputs)

const one: Order = { id: 'o-1', total: 12 }
const two: Order = { id: 'o-2', total: 0 }

/** Compiles when the types are the same. */
type Same<A, B> = [A, B] extends [B, A] ? true : never

const holds = (proof: true): void => assert.ok(proof)

describe('emitters bound to outputs', () => {
  it('add an output for their sink', () => {
    assert.deepEqual(to.orders(one)(ack()), emit('orders', one)(ack()))
    assert.deepEqual(
      to.orders(one, { key: 'k' })(checkpoint()),
      emit('orders', one, { key: 'k' })(checkpoint())
    )
    assert.deepEqual(to.orders(one)(to.mails({ to: 'a', lines: 'b' })(ack())), {
      _tag: 'Ack',
      outputs: [
        { sink: 'mails', value: { to: 'a', lines: 'b' } },
        { sink: 'orders', value: one }
      ]
    })
  })

  it('add one for each value, each with a key of its own', () => {
    assert.deepEqual(to.orders.all([one, two])(ack()), {
      _tag: 'Ack',
      outputs: [
        { sink: 'orders', value: one },
        { sink: 'orders', value: two }
      ]
    })
    assert.deepEqual(to.orders.all([one, two], { key: ({ id }) => id })(ack()), {
      _tag: 'Ack',
      outputs: [
        { sink: 'orders', value: one, key: 'o-1' },
        { sink: 'orders', value: two, key: 'o-2' }
      ]
    })
    assert.deepEqual(to.orders.all([one], { key: 'k' })(ack()), emit('orders', one, { key: 'k' })(ack()))
    assert.deepEqual(to.orders.all([])(skip('nothing')), skip('nothing'))
  })

  it('leave a reject as it is', () => {
    const doubtful: Decision = pipe(E.left('bad'), E.match(reject, ack))
    assert.deepEqual(to.orders(one)(doubtful), reject('bad'))
  })

  it('are functions of their names, and of no others', () =>
    assert.deepEqual(Object.keys(to), ['orders', 'mails']))

  it('find a misspelt sink, a wrong value and a decision that carries nothing', () => {
    const found = (): ReadonlyArray<unknown> => [
      // @ts-expect-error Property 'order' does not exist on type 'Emitters<...>'. Did you mean 'orders'?
      to.order,
      // @ts-expect-error Type 'string' is not assignable to type 'number'.
      to.orders({ id: 'o-1', total: '12' }),
      // @ts-expect-error the schema's input is a text, its output a list
      to.mails({ to: 'a', lines: ['b'] }),
      // @ts-expect-error Type 'string' is not assignable to type 'number'.
      to.orders.all([{ id: 'o-1', total: '12' }]),
      // @ts-expect-error 'kye' does not exist in type 'EmitOptions'. Did you mean to write 'key'?
      to.orders(one, { kye: 'k' }),
      // @ts-expect-error Type 'Reject' is not assignable to type '"a reject or a halt carries no outputs"'.
      to.orders(one)(reject('bad')),
      // @ts-expect-error Type 'Halt' is not assignable to type '"a reject or a halt carries no outputs"'.
      emit('orders', one)(halt('stop'))
    ]
    assert.equal(typeof found, 'function')
  })
})

describe('an inferred handler', () => {
  it('has the types of its outputs', () => {
    const handler = decodeJson(Order)((order) => {
      if (order.total === 0) return skip('nothing to pay')
      return to.orders(order, { key: order.id })(ack())
    })
    holds(
      true satisfies Same<
        typeof handler,
        (record: KinesisRecord) => Decision | Decision<Output<'orders', Order>> | Reject
      >
    )
    const typed: Handler<typeof outputs> = handler
    assert.deepEqual(typed(record({ json: two })), skip('nothing to pay'))
    assert.deepEqual(run(handler, {}, [record({ json: one })]).outputs.orders, [one])
  })

  it('finds a forgotten return, a promise, and what is no decision', () => {
    const found = () => [
      // @ts-expect-error Type 'undefined' is not assignable to type 'PureAnswer'.
      decodeJson(Order)((order) => {
        if (order.total > 3) return ack()
      }),
      // @ts-expect-error Type 'void' is not assignable to type 'PureAnswer'.
      decodeJson(Order)(() => {}),
      // @ts-expect-error Type 'Promise<Decision>' is not assignable to type 'PureAnswer'.
      decodeJson(Order)(async () => Promise.resolve(ack())),
      // @ts-expect-error Type 'string' is not assignable to type 'PureAnswer'.
      decodeJson(Mail)(({ to }) => to),
      // @ts-expect-error Property 'totl' does not exist on type '{ id: string; total: number; }'.
      decodeJson(Order)((order) => skip(String(order.totl))),
      // @ts-expect-error a schema is needed
      decodeJson({})
    ]
    assert.equal(typeof found, 'function')
  })

  it('takes true and false, as in kclpy', () => {
    const handler = decodeJson(Order)((order) => order.total > 0)
    const typed: Handler = handler
    assert.equal(typed(record({ json: one })), true)
  })
})

describe('decodeJson.effect', () => {
  interface Shop {
    readonly insert: (order: Order) => Promise<void>
  }
  const done: Array<Order> = []
  const shop: Shop = { insert: (order) => Promise.resolve(void done.push(order)) }

  const handler = decodeJson.effect(Order)(async (order, _record, { resource }: Context<Shop>) => {
    await resource.insert(order)
    return to.orders(order)(ack())
  })

  it('gives an effectful handler', async () => {
    const typed: EffectHandler<typeof outputs, Shop> = handler
    assert.deepEqual(await typed(record({ json: one }), context({ resource: shop })), to.orders(one)(ack()))
    const { outputs: delivered } = await runEffect(handler, {}, [record({ json: two })], { resource: shop })
    assert.deepEqual([delivered.orders, done], [[two], [one, two]])
  })

  it('rejects at once what does not decode', () =>
    assert.deepEqual(
      handler(record({ json: { id: 'o-1' } }), context({ resource: shop })),
      reject('total: expected number, found nothing')
    ))

  it('may do without the context', async () => {
    const simple = decodeJson.effect(Mail)(async (mail) => Promise.resolve(skip(mail.lines.join())))
    const typed: EffectHandler = simple
    assert.deepEqual(await typed(record({ json: { to: 'a', lines: 'b\nc' } }), context()), skip('b,c'))
  })

  it('finds a forgotten return and what is no decision', () => {
    const found = () => [
      // @ts-expect-error Type 'Promise<void>' is not assignable to type 'EffectAnswer'.
      decodeJson.effect(Order)(async () => Promise.resolve()),
      decodeJson.effect(Order)(
        (_order, _record, { resource }: Context<Shop>) =>
          // @ts-expect-error Property 'inser' does not exist on type 'Shop'. Did you mean 'insert'?
          typeof resource.inser === 'function'
      )
    ]
    assert.equal(typeof found, 'function')
  })

  it('is the same as decodeJson with a function that asks for the context', async () => {
    const asking = decodeJson(Order)(async (order, _record, { resource }: Context<Shop>) => {
      await resource.insert(order)
      return ack()
    })
    assert.deepEqual(await asking(record({ json: one }), context({ resource: shop })), ack())
  })
})

describe('an Either', () => {
  const paid = ({ total }: Order): E.Either<string, Order> => (total > 0 ? E.right(one) : E.left('unpaid'))

  it('folds into a decision without widening', () => {
    const plain = pipe(paid(two), E.match(reject, ack))
    holds(true satisfies Same<typeof plain, Decision>)
    const emitting = pipe(
      paid(one),
      E.match(reject, (order) => to.orders(order)(ack()))
    )
    holds(true satisfies Same<typeof emitting, Decision<Output<'orders', Order>>>)
    const turned = pipe(
      E.right<Order, string>('late'),
      E.match((order) => to.orders(order)(ack()), reject)
    )
    assert.deepEqual([plain, emitting, turned], [reject('unpaid'), to.orders(one)(ack()), reject('late')])
  })
})

describe('run', () => {
  it('knows the sinks of the handler', () => {
    const handler = decodeJson(Order)((order) => to.orders(order)(ack()))
    const { outputs: delivered } = run(handler, {}, [record({ json: one })], {
      sinks: { orders: Sink.acknowledges(5) }
    })
    assert.deepEqual(delivered.orders, [one])
    // @ts-expect-error 'order' does not exist in type '{ readonly orders?: Sink }'. Did you mean to write 'orders'?
    assert.ok(run(handler, {}, [], { sinks: { order: Sink.silent } }))
  })

  it('knows the keys of the configuration, and none of its own', () => {
    const handler = decodeJson(Order)(() => ack())
    const found = (): ReadonlyArray<unknown> => [
      run(handler, { checkpoint: { count: 1, interval: '5s' }, failure: { then: 'skip' } }, []),
      run(handler, { count: 1 }, []),
      // @ts-expect-error Type '"soon"' is not assignable to a duration.
      run(handler, { checkpoint: { interval: 'soon' } }, []),
      // @ts-expect-error 'handlerName' is no key of the configuration.
      run(handler, { handlerName: 'handler.ts' }, [])
    ]
    assert.equal(typeof found, 'function')
  })
})
