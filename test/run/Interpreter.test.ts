import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as BufferPool from '../../src/protocol/wire/BufferPool'
import * as Action from '../../src/protocol/Action'
import * as Decision from '../../src/core/Decision'
import * as Failure from '../../src/core/Failure'
import type { Handler } from '../../src/core/Handler'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import * as Interpreter from '../../src/run/Interpreter'
import { records, type Given } from '../../src/testing'
import * as Settings from '../../src/testing/Settings'
import * as World from '../../src/testing/World'

const [one, two, three] = records(3).map((record) => record.sequenceNumber)

const status = (name: string): string => `\n{"action":"status","responseFor":"${name}"}\n`
const checkpoint = (sequenceNumber: string | undefined): string =>
  `\n{"action":"checkpoint","sequenceNumber":"${sequenceNumber}","subSequenceNumber":0}\n`

const EACH: Given = { count: 1 }
const NEVER: Given = {}

interface Stage {
  readonly world: World.World
  readonly interpreter: Interpreter.Interpreter
  readonly say: (action: Action.Action) => void
  /** What was written, each write apart; log lines as `level message`; the exit code. Emptied when read. */
  readonly told: () => ReadonlyArray<string>
}

const stage = (handler: Handler, settings: Given, more: Partial<World.Options> = {}): Stage => {
  const events: Array<string> = []
  const world = World.make({
    start: 0,
    random: () => 0.5,
    bury: () => E.right(undefined),
    onEvent: (event) => {
      switch (event._tag) {
        case 'Wrote':
          return events.push(event.text)
        case 'Buried':
          return events.push(`buried ${event.letter.reason}`)
        case 'Logged':
          return event.level === 'info' || events.push(`${event.level} ${event.message}`)
        case 'Delivered':
          return events.push(`delivered ${event.output.sink}`)
        case 'Exited':
          return events.push(`exit ${event.code}`)
      }
    },
    ...more
  })
  const interpreter = Interpreter.make(world.capabilities, Settings.toEnv(settings), handler)
  return {
    world,
    interpreter,
    say: (action) => interpreter.line(Buffer.from(ActionCodec.encode(action))),
    told: () => events.splice(0)
  }
}

/** A stage whose shard is initialized already. */
const running = (handler: Handler, settings: Given, more: Partial<World.Options> = {}): Stage => {
  const made = stage(handler, settings, more)
  made.say(Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0))
  made.told()
  return made
}

const batch = (count: number): Action.Action => Action.processRecords(records(count), 0)

describe('Interpreter', () => {
  it('writes a checkpoint and the status after it at once', () => {
    const { say, told } = running(Decision.ack, EACH)
    say(batch(1))
    assert.deepEqual(told(), [checkpoint(one) + status('processRecords')])
  })

  it('gives records with the shard that initialize named', () => {
    const shards: Array<string> = []
    const { say } = stage(({ shardId }) => {
      shards.push(shardId)
      return Decision.ack()
    }, NEVER)
    say(Action.initialize('shardId-000000000042', 'LATEST', 0))
    say(batch(2))
    assert.deepEqual(shards, ['shardId-000000000042', 'shardId-000000000042'])
  })

  it('logs with the shard', () => {
    const fields: Array<unknown> = []
    const { say } = stage(Decision.ack, NEVER, {
      onEvent: (event) => event._tag === 'Logged' && fields.push(event.fields)
    })
    say(Action.initialize('shardId-000000000042', 'LATEST', 0))
    assert.deepEqual(fields, [{ shard: 'shardId-000000000042', from: 'LATEST' }])
  })

  it('ignores empty lines', () => {
    const { interpreter, told } = running(Decision.ack, NEVER)
    for (const line of ['', '\r']) interpreter.line(Buffer.from(line))
    assert.deepEqual(told(), [])
  })

  it('leaves at a line that it cannot read, and shows its beginning', () => {
    const { interpreter, told } = running(Decision.ack, NEVER)
    interpreter.line(Buffer.from(`{"action":"${'☃'.repeat(200)}"}`))
    assert.deepEqual(told(), [
      `error a line from the daemon cannot be read (the action "${'☃'.repeat(56)}... is not known; this daemon may be newer than this kclts): ` +
        `${JSON.stringify(`{"action":"${'☃'.repeat(109)}`)} and more, 613 bytes`,
      'exit 3'
    ])
  })

  it('takes bytes that are no UTF-8 for a line, and a record with them for a record', () => {
    const keys: Array<string> = []
    const { interpreter, told } = running(({ partitionKey }) => {
      keys.push(partitionKey)
      return Decision.ack()
    }, NEVER)
    const [before, after] = ActionCodec.encode(batch(1)).split('pk-0')
    interpreter.line(
      Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xff]), Buffer.from(after ?? '')])
    )
    assert.deepEqual(keys, ['\ufffd'])
    assert.deepEqual(told(), [status('processRecords')])
  })

  it('gives the place of each line back, also of an empty one and of a batch that comes out of turn', async () => {
    const { interpreter, told } = running(() => new Promise(() => undefined) as never, NEVER)
    const lineOf = (place: Buffer, text: string): Buffer => BufferPool.cut(place, 0, place.write(text))
    const home = BufferPool.takeHome(1000)
    interpreter.line(lineOf(home, ''))
    assert.equal(BufferPool.takeHome(1000), home)
    interpreter.line(lineOf(home, ActionCodec.encode(batch(1))))
    const other = BufferPool.takeHome(1000)
    assert.notEqual(other, home)
    interpreter.line(lineOf(other, ActionCodec.encode(batch(2))))
    assert.deepEqual(told(), ['error the daemon sent ProcessRecords out of turn', 'exit 3'])
    assert.equal(BufferPool.takeHome(1000), home)
    assert.equal(BufferPool.take(1000), other)
    BufferPool.release(home)
    BufferPool.release(other)
    await Promise.resolve()
  })

  it('leaves with 0 when stdin ends between actions', () => {
    const { interpreter, told } = running(Decision.ack, NEVER)
    interpreter.end(0)
    assert.deepEqual(told(), ['exit 0'])
  })

  it('leaves with 3 when stdin ends within a line', () => {
    const { interpreter, told } = running(Decision.ack, NEVER)
    interpreter.end(17)
    assert.deepEqual(told(), ['error stdin ended in the middle of a line, after 17 bytes of it', 'exit 3'])
  })

  it('says nothing more once it has left', () => {
    const { interpreter, say, told } = running(Decision.ack, EACH)
    interpreter.broken('stdout is gone')
    say(batch(1))
    interpreter.drain()
    interpreter.crashed(new Error('late'))
    interpreter.end(0)
    assert.deepEqual(told(), ['error stdout is gone', 'exit 3'])
  })
})

describe('the breath of the interpreter', () => {
  /** A handler that takes so long for each record. */
  const slow = (ms: number, settings: Given): Stage & { readonly handled: Array<string> } => {
    const handled: Array<string> = []
    const made = running((record) => {
      handled.push(record.sequenceNumber)
      made.world.spend(ms)
      return Decision.ack()
    }, settings)
    return { ...made, handled }
  }

  it('is taken when 20 ms have passed within a batch', () => {
    const { world, say, handled } = slow(10, NEVER)
    say(batch(5))
    assert.equal(handled.length, 2)
    assert.equal(world.turn(), true)
    assert.equal(handled.length, 4)
    assert.equal(world.turn(), true)
    assert.equal(handled.length, 5)
    assert.equal(world.turn(), false)
  })

  it('is not taken before', () => {
    const { world, say, handled } = slow(9.5, NEVER)
    say(batch(2))
    assert.equal(handled.length, 2)
    assert.equal(world.turn(), false)
  })

  it('is not taken after the last record', () => {
    const { world, say, told } = slow(1000, NEVER)
    say(batch(1))
    assert.deepEqual(told(), [status('processRecords')])
    assert.equal(world.turn(), false)
  })

  it('sends the checkpoint that became due, and runs nothing twice when its answer comes within it', () => {
    const { world, say, told, handled } = slow(30, EACH)
    say(batch(3))
    world.turn()
    assert.deepEqual(told(), [checkpoint(one)])
    say(Action.checkpointed(one ?? '', 0, null))
    world.turn()
    assert.deepEqual(told(), [checkpoint(two), status('processRecords')])
    assert.deepEqual(handled, [one, two, three])
  })

  it('sees stdin end, and runs no record after that', () => {
    const { interpreter, world, say, told, handled } = slow(30, NEVER)
    say(batch(3))
    interpreter.end(0)
    world.turn()
    assert.deepEqual(handled, [one])
    assert.deepEqual(told(), [
      'error stdin ended in the middle of processRecords; it is not acknowledged',
      'exit 3'
    ])
  })

  it('sees the worker stop: no further record begins, what is finished is checkpointed', () => {
    const { interpreter, world, say, told, handled } = slow(30, NEVER)
    say(batch(3))
    interpreter.drain()
    world.turn()
    assert.deepEqual(handled, [one])
    assert.deepEqual(told(), [checkpoint(one) + status('processRecords')])
  })

  it('is taken within the retries of a wait too', () => {
    const { world, say, told } = slow(30, EACH)
    say(Action.processRecords(records(1), 0))
    say(Action.checkpointed(one ?? '', 0, 'ThrottlingException'))
    told()
    say(Action.processRecords([], 0))
    assert.deepEqual(told(), [status('processRecords')])
    world.advance(10_000)
    assert.deepEqual(told(), [])
    say(Action.processRecords([], 0))
    assert.deepEqual(told(), [checkpoint(one) + status('processRecords')])
  })
})

describe('a handler that', () => {
  const untyped = (value: unknown): ReturnType<Handler> => value as ReturnType<Handler>

  const told = (handler: Handler): ReadonlyArray<string> => {
    const { say, told } = running(handler, EACH)
    say(batch(1))
    return told()
  }
  const becomes = (reason: string): ReadonlyArray<string> => [
    `buried ${reason}`,
    'warn record became a dead letter',
    status('processRecords')
  ]

  it('returns a promise is at work until it ends, and a rejection of it is reported once', async () => {
    const unhandled: Array<unknown> = []
    const note = (reason: unknown): unknown => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const { say, told } = running(() => untyped(Promise.reject(new Error('later'))), {
      failure: { retries: 0 }
    })
    say(batch(1))
    assert.deepEqual(told(), [])
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(told(), becomes('Error: later'))
    process.off('unhandledRejection', note)
    assert.deepEqual(unhandled, [])
  })

  it('returns what has a `then` is at work, too', async () => {
    const { say, told } = running(
      () => untyped({ then: (keep: (value: unknown) => void) => keep(true) }),
      EACH
    )
    say(batch(1))
    assert.deepEqual(told(), [])
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(told(), [checkpoint(one) + status('processRecords')])
  })

  it('throws weird values has failed with what can be reported of them', () => {
    const hostile = {
      get message(): string {
        throw new Error('no')
      },
      toJSON: () => {
        throw new Error('no')
      }
    }
    const unnamed = Object.assign(new Error('plain'), { name: 7, message: 9 })
    const thrown: ReadonlyArray<readonly [unknown, string]> = [
      [null, 'NotAnError: null'],
      [undefined, 'NotAnError: undefined'],
      ['text', 'NotAnError: text'],
      [12n, 'NotAnError: 12'],
      [Symbol('s'), 'NotAnError: Symbol(s)'],
      [hostile, 'NotAnError: a value that cannot be printed was thrown'],
      [
        new Proxy(
          {},
          {
            getPrototypeOf: () => {
              throw new Error('no')
            }
          }
        ),
        'NotAnError: a value that cannot be printed was thrown'
      ],
      [unnamed, 'Error'],
      [new RangeError('out of range'), 'RangeError: out of range'],
      [{ code: 1 }, 'NotAnError: {"code":1}']
    ]
    for (const [value, reason] of thrown)
      assert.deepEqual(
        told(() => {
          throw value
        }),
        becomes(reason)
      )
  })

  it('returns something that cannot be read has failed', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no')
        }
      }
    )
    assert.deepEqual(
      told(() => untyped(hostile)),
      becomes('Error: no')
    )
  })

  it('halts leaves without a status, and the records after it are not run', () => {
    const handled: Array<KinesisRecord> = []
    const { say, told: saw } = running((record) => {
      handled.push(record)
      return record.sequenceNumber === two ? Decision.halt('enough') : Decision.ack()
    }, NEVER)
    say(batch(3))
    assert.deepEqual(saw(), ['error halting: enough', checkpoint(one)])
    say(Action.checkpointed(one ?? '', 0, null))
    assert.deepEqual(saw(), ['exit 1'])
    assert.equal(handled.length, 2)
  })
})

describe('a dead letter', () => {
  const poison: Handler = ({ sequenceNumber }) =>
    sequenceNumber === two ? Decision.reject('poison') : Decision.ack()

  it('is on disk before the checkpoint that covers it is written', () => {
    const { say, told } = running(poison, { count: 2 })
    say(batch(2))
    assert.deepEqual(told(), [
      'buried poison',
      'warn record became a dead letter',
      checkpoint(two) + status('processRecords')
    ])
  })

  it('that cannot be written halts: nothing is acknowledged, what is finished before it is checkpointed', () => {
    const { say, told } = running(poison, NEVER, {
      bury: () => E.left(Failure.make('Error', 'EROFS: read-only file system'))
    })
    say(batch(3))
    assert.deepEqual(told(), [
      'error halting: the dead letter could not be written: Error: EROFS: read-only file system',
      checkpoint(one)
    ])
    say(Action.checkpointed(one ?? '', 0, null))
    assert.deepEqual(told(), ['exit 1'])
  })
})
