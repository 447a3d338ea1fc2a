import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { z } from 'zod'
import type { SinkSettings } from '../../src/sinks/Settings'
import { ack, emit } from '../../src/core/Decision'
import type { Handler } from '../../src/core/Handler'
import * as Outputs from '../../src/sinks/Outputs'
import { record as aRecord } from '../../src/testing'

const sink: SinkSettings = { type: 'module', export: 'store' }

const problems = (
  outputs: unknown,
  names: ReadonlyArray<string>,
  deadLetters = './dead-letters.ndjson'
): ReadonlyArray<string> => {
  const read = Outputs.read(outputs, {
    sinks: Object.fromEntries(names.map((name) => [name, sink])),
    failure: { deadLetters }
  })
  return E.isLeft(read) ? read.left : []
}

describe('the export outputs', () => {
  it('has a codec for each sink, but for the one of dead letters', () => {
    assert.deepEqual(problems({ orders: t.string }, ['orders']), [])
    assert.deepEqual(problems({ orders: t.string }, ['orders', 'dead'], 'sink:dead'), [])
    assert.deepEqual(problems(undefined, ['orders']), [])
  })

  it('is compared with the configuration', () =>
    assert.deepEqual(problems({ orders: t.string, constructor: t.string }, ['order', 'toString']), [
      "the handler's export `outputs` has orders, but the configuration has no sinks.orders",
      "the handler's export `outputs` has constructor, but the configuration has no sinks.constructor",
      "the configuration has sinks.order, but the handler's export `outputs` has no order",
      "the configuration has sinks.toString, but the handler's export `outputs` has no toString"
    ]))

  it('is a record of codecs', () => {
    assert.deepEqual(problems([], []), [
      "the handler's export `outputs` is [], expected a record of codecs by sink"
    ])
    assert.deepEqual(problems({ orders: 'string' }, ['orders']), [
      "the handler's export `outputs.orders` is neither an io-ts codec nor a schema of a library that implements Standard Schema"
    ])
  })
})

describe('an output', () => {
  const outputs = {
    days: new t.Type<Date, string>(
      'a day',
      (value): value is Date => value instanceof Date,
      t.success as t.Validate<unknown, Date>,
      (day) => day.toISOString()
    ),
    orders: z.object({ total: z.number(), tags: z.string().transform((tags) => tags.split(' ')) }),
    checked: z.string().refine(() => Promise.resolve(true))
  }
  const names = Object.keys(outputs)
  const encoded = (name: string, value: unknown): unknown => {
    const read = Outputs.read(outputs, {
      sinks: Object.fromEntries(names.map((one) => [one, sink])),
      failure: { deadLetters: './dead-letters.ndjson' }
    })
    return E.isLeft(read)
      ? read.left
      : pipe(
          read.right(name, value),
          E.getOrElseW(({ message }) => message)
        )
  }

  it('is encoded by a codec', () => {
    assert.equal(encoded('days', new Date(0)), '1970-01-01T00:00:00.000Z')
    assert.equal(encoded('days', 'today'), 'found "today", expected a day')
  })

  it('is what a schema makes of it', () => {
    assert.deepEqual(encoded('orders', { total: 1, tags: 'a b', more: true }), { total: 1, tags: ['a', 'b'] })
    assert.equal(encoded('orders', { total: '1', tags: 'a' }), 'total: expected number, found "1"')
  })

  it('is refused when its schema validates asynchronously', () =>
    assert.equal(
      encoded('checked', 'a'),
      'the schema (of zod) validates asynchronously, but its result is needed at once; ' +
        'remove the asynchronous check from the schema, and make it in an effectful handler'
    ))
})

describe('Handler<typeof outputs>', () => {
  const outputs = { orders: t.type({ total: t.number }), names: t.string }

  it('takes what the codecs take', () => {
    assert.deepEqual(problems(outputs, ['orders', 'names']), [])
    const handler: Handler<typeof outputs> = () =>
      emit('names', 'a')(emit('orders', { total: 1 }, { key: 'k' })(ack()))
    assert.deepEqual(handler(aRecord()), {
      _tag: 'Ack',
      outputs: [
        { sink: 'orders', value: { total: 1 }, key: 'k' },
        { sink: 'names', value: 'a' }
      ]
    })
  })

  it('makes a misspelt sink or a wrong value a compile error', () => {
    // @ts-expect-error there is no sink `order`
    const misspelt: Handler<typeof outputs> = () => emit('order', { total: 1 })(ack())
    // @ts-expect-error a total is a number
    const wrong: Handler<typeof outputs> = () => emit('orders', { total: '1' })(ack())
    // @ts-expect-error the value is that of another sink
    const mixed: Handler<typeof outputs> = () => emit('orders', 'a')(ack())
    // @ts-expect-error a handler without outputs emits none
    const none: Handler = () => emit('orders', { total: 1 })(ack())
    assert.equal([misspelt, wrong, mixed, none].length, 4)
  })
})
