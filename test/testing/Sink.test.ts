import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Handler, ack, decodeJson, emit, json, reject, skip } from '../../src/index'
import { type Outcome, Event, Sink, record, records, run } from '../../src/testing'

const Order = t.type({ id: t.string, total: t.number })
interface Outputs {
  readonly orders: typeof Order
  readonly refunds: typeof t.string
}

const handler: Handler<Outputs> = decodeJson(Order)((order) =>
  order.total < 0
    ? emit('refunds', order.id)(ack())
    : order.total === 0
      ? skip('nothing to pay')
      : emit('orders', order)(ack())
)

const orders = records([
  { json: { id: 'a', total: 5 }, partitionKey: 'c-1' },
  { json: { id: 'b', total: -5 }, partitionKey: 'c-2' },
  { json: { id: 'c', total: 7 }, partitionKey: 'c-1' }
])
const [a, b, c] = [0, 1, 2].map((index) => orders[index] ?? record())
const valueOf = (one: typeof a): unknown =>
  pipe(
    json(one ?? record()),
    E.getOrElse<Error, unknown>(() => null)
  )

const restOf = (outcome: Outcome<unknown>): ReadonlyArray<unknown> => [
  outcome.events.filter(({ _tag }) => _tag === 'Delivered' || _tag === 'Checkpoint'),
  outcome.exit
]

describe('the outputs of a handler', () => {
  it('are reported by sink, with the types of its codecs', () => {
    const told = run(handler, {}, orders).outputs
    const totals: ReadonlyArray<number> | undefined = told.orders?.map(({ total }) => total)
    assert.deepEqual(told, { orders: [valueOf(a), valueOf(c)], refunds: ['b'] })
    assert.deepEqual(totals, [5, 7])
    // @ts-expect-error it has no such sink
    assert.equal(told.returns, undefined)
  })

  it('are empty when nothing was emitted', () =>
    assert.deepEqual(run(handler, {}, [record({ json: { id: 'z', total: 0 } })]).outputs, {}))

  it('come before the checkpoint of their record, however long the sink takes', () =>
    assert.deepEqual(
      run(handler, { count: 1 }, orders.slice(0, 1), { sinks: { orders: Sink.acknowledges(250) } }).events,
      [
        Event.answered('initialize'),
        Event.handled(a ?? record()),
        Event.delivered(a ?? record(), 'orders', valueOf(a)),
        Event.checkpoint(a ?? record()),
        Event.answered('processRecords'),
        Event.exited(0)
      ]
    ))
})

describe('a sink', () => {
  it('takes its time; another one does not wait for it', () => {
    const outcome = run(handler, { count: 1 }, orders, { sinks: { orders: Sink.acknowledges(100) } })
    assert.deepEqual(restOf(outcome), [
      [
        Event.delivered(b ?? record(), 'refunds', 'b'),
        Event.delivered(a ?? record(), 'orders', valueOf(a)),
        Event.checkpoint(b ?? record()),
        Event.delivered(c ?? record(), 'orders', valueOf(c)),
        Event.checkpoint(c ?? record())
      ],
      0
    ])
    assert.equal(outcome.elapsed, 200)
  })

  it('that never answers is waited for, and nothing of it is checkpointed', () => {
    const outcome = run(handler, { count: 1 }, orders, { sinks: { refunds: Sink.silent } })
    assert.deepEqual(restOf(outcome), [
      [
        Event.delivered(a ?? record(), 'orders', valueOf(a)),
        Event.checkpoint(a ?? record()),
        Event.delivered(c ?? record(), 'orders', valueOf(c))
      ],
      null
    ])
    assert.deepEqual(outcome.complaints, [])
  })

  it('that gives up halts, with a checkpoint of what was delivered before', () => {
    const { events, exit, logs } = run(handler, {}, orders, {
      sinks: { refunds: Sink.givesUp('503', 'halt', 30) }
    })
    assert.deepEqual(events.slice(-2), [Event.checkpoint(a ?? record()), Event.exited(1)])
    assert.equal(exit, 1)
    assert.match(logs[logs.length - 1]?.message ?? '', /halting: .*sink refunds: 503/)
  })

  it('that gives up on one output makes a dead letter of its record, where the settings say so', () => {
    const {
      outputs: told,
      deadLetters,
      exit
    } = run(handler, {}, orders, {
      sinks: {
        orders: ({ value }) =>
          Order.is(value) && value.id === 'a' ? Sink.givesUp('400', 'dead-letter') : Sink.acknowledges()
      }
    })
    assert.deepEqual(told, { orders: [valueOf(c)], refunds: ['b'] })
    assert.deepEqual(
      deadLetters.map(({ sequenceNumber, reason }) => [sequenceNumber, /sink orders: 400$/.test(reason)]),
      [[a?.sequenceNumber, true]]
    )
    assert.equal(exit, 0)
  })

  it('gets the outputs of one key in order, even of a key that the handler chose', () => {
    const twice: Handler<Outputs> = (one) =>
      emit('refunds', `${one.partitionKey} second`, { key: 'k' })(
        emit('refunds', `${one.partitionKey} first`, { key: 'k' })(ack())
      )
    const { outputs: told, elapsed } = run(twice, {}, records(2), {
      sinks: { refunds: ({ value }) => Sink.acknowledges(String(value).endsWith('first') ? 90 : 10) }
    })
    assert.deepEqual(told, { refunds: ['pk-0 first', 'pk-0 second', 'pk-1 first', 'pk-1 second'] })
    assert.equal(elapsed, 200)
  })
})

describe('a record that was rejected', () => {
  it('is reported as a dead letter in the order of what happened', () =>
    assert.deepEqual(run(() => reject('poison'), { count: 1 }, [record()]).events.slice(1, 3), [
      Event.handled(record()),
      Event.buried(record(), 'poison')
    ]))
})
