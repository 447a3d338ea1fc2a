import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { ack } from '../../src/core/Decision'
import type { LogFields } from '../../src/core/Effect'
import type { AnyHandler } from '../../src/core/Handler'
import * as Console from '../../src/edge/Console'
import * as Action from '../../src/protocol/Action'
import { text, type KinesisRecord } from '../../src/protocol/KinesisRecord'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as Interpreter from '../../src/run/Interpreter'
import * as Managed from '../../src/run/Managed'
import { records } from '../../src/testing'
import * as Settings from '../../src/testing/Settings'
import * as World from '../../src/testing/World'

type Line = readonly [level: string, message: string, fields: LogFields]

let lines: Array<Line> = []
let captured: Console.Captured
const write = (...line: Line): void => void lines.push(line)

beforeEach(() => {
  lines = []
  captured = Console.capture(write)
})
afterEach(() => captured.release())

const nameOf = (record: KinesisRecord): string =>
  pipe(
    text(record),
    E.getOrElse(() => '?')
  )

const settle = (): Promise<void> => new Promise((go) => setImmediate(go))

/** A handler gets these records of one batch; the texts of the records are their keys. */
const handle = async (handler: AnyHandler, ...texts: ReadonlyArray<string>): Promise<void> => {
  const world = World.make({
    start: 0,
    random: () => 0,
    bury: () => E.right(undefined),
    onEvent: (event) => {
      if (event._tag === 'Logged' && event.message !== 'shard initialized')
        write(event.level, event.message, event.fields)
    }
  })
  const several = { count: 100, bytes: 1_000_000, linger: 0 }
  const env = {
    ...Settings.toEnv({ failure: { retries: 0 } }),
    limits: { concurrency: 10, undelivered: 10 },
    group: typeof handler === 'function' ? null : several
  }
  const interpreter = Interpreter.make(world.capabilities, env, handler)
  const batch = records(
    texts.map((one, i) => ({ text: one, partitionKey: one, sequenceNumber: String(100 + i) }))
  )
  for (const action of [
    Action.initialize('shardId-000000000007', 'TRIM_HORIZON', 0),
    Action.processRecords(batch, 0)
  ])
    interpreter.line(Buffer.from(ActionCodec.encode(action)))
  for (let i = 0; i < 5; i++) await settle()
}

const at = (sequenceNumber: number): LogFields => ({
  shard: 'shardId-000000000007',
  sequenceNumber: String(sequenceNumber),
  subSequenceNumber: 0
})

/** First: effects are followed from the first one of the process on, unless the start of the process has known of them. */
describe('what an effect prints', () => {
  it('before its first await has its position, and after it where the handler is known as an effect', async () => {
    const handler = async (record: { partitionKey: string }): Promise<ReturnType<typeof ack>> => {
      console.log(record.partitionKey, 'at once')
      await settle()
      console.warn(record.partitionKey, 'later')
      return ack()
    }
    await handle(handler, 'first', 'a')
    assert.deepEqual(lines, [
      ['info', 'first at once', at(100)],
      ['info', 'a at once', at(101)],
      ['warn', 'first later', {}],
      ['warn', 'a later', at(101)]
    ])
    lines = []
    await handle(handler, 'b', 'c')
    assert.deepEqual(lines, [
      ['info', 'b at once', at(100)],
      ['info', 'c at once', at(101)],
      ['warn', 'b later', at(100)],
      ['warn', 'c later', at(101)]
    ])
  })

  it('as a Task, or as what is a promise by its `then` alone, has its position', async () => {
    const later = (name: string) => async () => {
      await settle()
      console.log(name)
      return ack()
    }
    await handle(() => later('first'), 'x', 'y', 'z')
    assert.deepEqual(lines.slice(1), [
      ['info', 'first', at(101)],
      ['info', 'first', at(102)]
    ])
    lines = []
    const thenable = {
      then: (resolve: (value: unknown) => void) => {
        console.log('asked')
        resolve(ack())
      }
    }
    await handle(() => thenable, 'x', 'y')
    assert.deepEqual(lines.slice(1), [['info', 'asked', at(101)]])
  })

  it('of several records has the position of the first of them', async () => {
    await handle(
      {
        several: async (all) => {
          console.log('got', all.length)
          await settle()
          console.log('done')
          return all.map(() => ack())
        }
      },
      'a',
      'b'
    )
    assert.deepEqual(lines, [
      ['info', 'got 2', at(100)],
      ['info', 'done', at(100)]
    ])
  })
})

describe('what a pure handler prints', () => {
  it('is a line with its shard and its position, at the level of the method', async () => {
    await handle(
      (record) => {
        const name = nameOf(record)
        console.log('%s of %d', name, 3, { total: 1 })
        console.debug(name)
        return ack()
      },
      'a',
      'b'
    )
    assert.deepEqual(lines, [
      ['info', 'a of 3 { total: 1 }', at(100)],
      ['debug', 'a', at(100)],
      ['info', 'b of 3 { total: 1 }', at(101)],
      ['debug', 'b', at(101)]
    ])
  })

  it('before it throws is about its record, and what is printed afterwards is about none', async () => {
    await handle(() => {
      console.error('about to throw')
      throw new Error('no')
    }, 'a')
    console.log('elsewhere')
    assert.deepEqual(
      [lines[0], lines.at(-1)],
      [
        ['error', 'about to throw', at(100)],
        ['info', 'elsewhere', {}]
      ]
    )
  })

  it('never fails the record, whatever the value does when it is inspected', async () => {
    const hostile = {
      [Symbol.for('nodejs.util.inspect.custom')]: () => {
        throw new Error('no')
      }
    }
    await handle(() => {
      console.log('total', hostile, 3)
      console.dir(new Proxy({}, { ownKeys: () => assert.fail('no') }))
      return ack()
    }, 'a')
    assert.deepEqual(lines[0], ['info', 'total [cannot be read] 3', at(100)])
    assert.equal(lines.length, 2)
  })

  it('failed the record when console.table met a getter that throws, and console.count a symbol', async () => {
    const row = {
      get total(): number {
        return assert.fail('a lazy field whose connection is closed')
      }
    }
    const label = Symbol('orders') as unknown as string
    let returned = false
    await handle(() => {
      console.table([row])
      console.count(label)
      console.countReset(label)
      console.time(label)
      console.timeLog(label)
      console.timeEnd(label)
      console.group(row)
      console.groupEnd()
      console.dirxml(row)
      console.assert(false, label)
      returned = true
      return ack()
    }, 'a')
    assert.ok(returned)
    assert.deepEqual(lines[0], ['info', '[ { total: [Getter] } ]', at(100)])
    assert.deepEqual(lines[1], ['info', 'Symbol(orders)', at(100)])
    assert.ok(!lines.some(([, message]) => message.includes('dead letter')))
  })
})

describe('the console', () => {
  it('prints each of its methods as one line', () => {
    console.log()
    console.log('two\nlines', 1n, null)
    console.info([1, 2])
    console.warn(new Map([['a', 1]]))
    console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 })
    console.assert(false, 'it should be %s', 'so')
    console.assert(true, 'silent')
    console.group('group')
    console.groupEnd()
    console.count('orders')
    assert.deepEqual(lines, [
      ['info', '', {}],
      ['info', 'two\nlines 1n null', {}],
      ['info', '[ 1, 2 ]', {}],
      ['warn', "Map(1) { 'a' => 1 }", {}],
      ['info', '{ a: [Object] }', {}],
      ['warn', 'Assertion failed: it should be so', {}],
      ['info', 'group', {}],
      ['info', 'orders: 1', {}]
    ])
    lines = []
    console.table([{ a: 1 }, { a: 2 }])
    assert.equal(lines.length, 1)
  })

  it('says where trace was called', () => {
    console.trace('here %d', 1)
    const [[level, message] = []] = lines
    const [first, second] = message?.split('\n') ?? []
    assert.deepEqual([level, first], ['debug', 'Trace: here 1'])
    assert.match(second ?? '', /Console\.test/)
  })

  it('cuts what is longer than a line of the log', () => {
    console.log('x'.repeat(100_000))
    assert.match(lines[0]?.[1] ?? '', /^x{16384}\.\.\. \(83616 characters more\)$/)
  })

  it('names the shard of a process that has one', () => {
    captured.outside(() => ({ shard: 'shardId-1' }))
    console.log('from a timer')
    assert.deepEqual(lines, [['info', 'from a timer', { shard: 'shardId-1' }]])
  })

  it('does no harm when the log cannot be written', () => {
    captured.release()
    const broken = Console.capture(() => assert.fail('the disk is full'))
    try {
      console.log('lost')
    } finally {
      broken.release()
    }
  })

  it('is given back, but for what user code has put there meanwhile', () => {
    captured.release()
    const { log, info } = console
    const one = Console.capture(write)
    const own = (): void => undefined
    console.info = own
    one.release()
    assert.deepEqual([console.log === log, console.info === own], [true, true])
    console.info = info
  })

  it('is left alone by log.console: raw, and as it was when what is opened is released', async () => {
    captured.release()
    const { log } = console
    const seenWith = async (setting: 'lines' | 'raw'): Promise<boolean> => {
      const opened = await Console.during(
        { log: { level: 'info', format: 'json', summary: 0, console: setting } },
        write,
        () => Managed.fromEither(() => E.right(console.log === log))
      )()
      assert.ok(E.isRight(opened))
      await opened.right.release()
      return opened.right.value
    }
    assert.deepEqual(
      [await seenWith('raw'), await seenWith('lines'), console.log === log],
      [true, false, true]
    )
  })
})
