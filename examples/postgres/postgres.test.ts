/** Both ways of writing orders into PostgreSQL, against a real server. */
import { deepStrictEqual, match } from 'node:assert'
import { after, before, beforeEach, describe, test } from 'node:test'
import { ack, reject, type ModuleOutput } from 'kclts'
import { context, record } from 'kclts/testing'
import { skip } from '../../test/system/services/postgres'
import { dev, line, withFolder } from '../dev'
import { type Database, open } from './database'
import { acquire, handler, release } from './handler'

const order = { id: 'o-1', customer: 'ann', total: 12.5 }

/** Orders of fifty customers, each as its partition key. */
const ORDERS = Array.from({ length: 1000 }, (_, i) => ({
  id: `o-${i}`,
  customer: `c-${i % 50}`,
  total: i / 4
}))
const INPUT = ORDERS.map((one) => line(one.customer, one))
const ALL_ONCE = ORDERS.map(({ id, customer, total }) => [id, customer, String(total), 0])

describe('orders in PostgreSQL', { skip: skip() }, () => {
  let database: Database
  before(async () => {
    database = await open()
    process.env['DATABASE_URL'] = database.url
  })
  beforeEach(() => database.emptyTable())
  after(() => database.stop())

  const table = (): ReturnType<Database['ask']> =>
    database.ask(`
      select order_id, customer, trim_scale(total)::text, conflicts from orders
      order by substring(order_id from 3)::integer`)

  /** A run that is crashed, and that loses every connection while it waits for the table. */
  const consume = (config: string, waiting: number): Promise<void> =>
    withFolder(async (folder) => {
      const options = [
        '--config',
        config,
        '--state',
        `${folder}/state.json`,
        '--shards',
        '2',
        '--batch',
        '100'
      ]
      const more = ['--checkpoint-count', '150', '--kill-after', '400', '--log-level', 'error']
      const env = { DATABASE_URL: database.url }
      const blocked = database.blockUntil(waiting)
      const running = dev('postgres', INPUT, [...options, ...more], env)
      await blocked
      await database.restart()
      const { summary } = await running
      deepStrictEqual(
        {
          consumed: summary.records.consumed,
          again: summary.records.again > 0,
          letters: summary.records.deadLetters
        },
        { consumed: 1000, again: true, letters: 0 }
      )
    })

  describe('the handler that writes them itself', () => {
    const handled = async (...records: ReadonlyArray<ReturnType<typeof record>>) => {
      const resource = await acquire()
      const attempt = context({ resource })
      const answers = []
      for (const one of records) answers.push(await handler(one, attempt))
      await release(resource)
      return { answers, logged: attempt.logged }
    }

    test('a record that comes again changes nothing', async () => {
      const same = record({ json: order })
      deepStrictEqual(await handled(same, same), { answers: [ack(), ack()], logged: [] })
      deepStrictEqual(await table(), [['o-1', 'ann', '12.5', 0]])
    })

    test('another content under the same position is counted and logged, and the first one stays', async () => {
      const other = record({ json: { ...order, total: 99 } })
      const { answers, logged } = await handled(record({ json: order }), other, other)
      deepStrictEqual(answers, [ack(), ack(), ack()])
      const id = `${other.shardId}:${other.sequenceNumber}:0:0`
      const message = 'order o-1 came again with another content'
      deepStrictEqual(logged, [
        { level: 'error', message, fields: { id, conflicts: 1 } },
        { level: 'error', message, fields: { id, conflicts: 2 } }
      ])
      deepStrictEqual(await table(), [['o-1', 'ann', '12.5', 2]])
    })

    test('a value that no retry can save is rejected', async () => {
      const { answers } = await handled(record({ json: { ...order, id: 'o-\0' } }))
      deepStrictEqual(answers, [reject('invalid byte sequence for encoding "UTF8": 0x00')])
    })

    test('through a crash and a restart of the server, each order is there once', async () => {
      await consume('kcl.config.yaml', 8)
      deepStrictEqual(await table(), ALL_ONCE)
    })
  })

  describe('the sink', () => {
    const outputs = (...totals: ReadonlyArray<number>): ReadonlyArray<ModuleOutput<typeof order>> =>
      totals.map((total, i) => ({
        id: `shard:${i}:0:0`,
        key: 'ann',
        value: { ...order, id: `o-${i}`, total }
      }))

    test('outputs that come again change nothing; another content is counted and logged', async (t) => {
      const told = t.mock.method(console, 'error', () => undefined)
      const { release: end, store } = await import('./orders.js')
      const signal = new AbortController().signal
      await store(outputs(10, 20), signal)
      await store(outputs(10, 21, 30), signal)
      await store([...outputs(10, 20, 30), ...outputs(10)], signal)
      await end()
      deepStrictEqual(
        told.mock.calls.map((call) => call.arguments),
        [
          [
            'error: an order came again with another content',
            { id: 'shard:1:0:0', order_id: 'o-1', conflicts: 1 }
          ]
        ]
      )
      deepStrictEqual(await table(), [
        ['o-0', 'ann', '10', 0],
        ['o-1', 'ann', '20', 1],
        ['o-2', 'ann', '30', 0]
      ])
    })

    test('through a crash and a restart of the server, each order is there once', async () => {
      await consume('orders.config.yaml', 1)
      deepStrictEqual(await table(), ALL_ONCE)
    })
  })

  for (const config of ['kcl.config.yaml', 'orders.config.yaml'])
    test(`what the table never takes is a dead letter, and alone (${config})`, () =>
      withFolder(async (folder) => {
        const bad = { ...order, id: 'o-\0' }
        const input = [...INPUT.slice(0, 20), line('ann', bad), ...INPUT.slice(20, 40)]
        const options = ['--config', config, '--state', `${folder}/state.json`, '--log-level', 'error']
        const letters = ['--failure-dead-letters', `${folder}/dead-letters.ndjson`]
        const { summary } = await dev('postgres', input, [...options, ...letters], {
          DATABASE_URL: database.url
        })
        deepStrictEqual(summary.records.deadLetters, 1)
        deepStrictEqual(await table(), ALL_ONCE.slice(0, 40))
      }))

  test('a database that does not answer ends the start with a message', async () => {
    const end = dev('postgres', INPUT, [], { DATABASE_URL: 'postgres://postgres@127.0.0.1:1/none' })
    const problem: unknown = await end.catch((thrown: unknown) => thrown)
    match(String(problem), /`acquire` of handler\.ts failed: .*ECONNREFUSED/)
  })
})
