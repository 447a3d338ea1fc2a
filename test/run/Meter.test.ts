import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as Action from '../../src/protocol/Action'
import * as Decision from '../../src/core/Decision'
import type { AnyHandler, Handler } from '../../src/core/Handler'
import * as Histogram from '../../src/run/Histogram'
import * as Interpreter from '../../src/run/Interpreter'
import * as Meter from '../../src/run/Meter'
import { records, type Given } from '../../src/testing'
import * as Clock from '../../src/testing/Clock'
import * as Settings from '../../src/testing/Settings'
import * as World from '../../src/testing/World'

interface Stage {
  readonly clock: Clock.Clock
  readonly world: World.World
  readonly counts: () => Meter.Counts
  readonly send: (count: number) => void
}

const START = 1000

/** A shard that is initialized at START. */
const stage = (
  handlerOf: (clock: Clock.Clock) => AnyHandler,
  given: Given = {},
  more: Partial<World.Options> = {}
): Stage => {
  const clock = Clock.make(START)
  const world = World.make({
    start: START,
    clock,
    random: () => 0.5,
    bury: () => E.right(undefined),
    onEvent: () => undefined,
    ...more
  })
  const meter = Meter.make()
  const handler = handlerOf(clock)
  const interpreter = Interpreter.make(
    { ...world.capabilities, observe: meter.observe },
    Settings.toEnv(given, typeof handler !== 'function'),
    handler
  )
  const say = (action: Action.Action): void => interpreter.line(Buffer.from(ActionCodec.encode(action)))
  say(Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0))
  return {
    clock,
    world,
    counts: meter.counts,
    send: (count) => say(Action.processRecords(records(count), 0))
  }
}

const histogram = (...seconds: ReadonlyArray<number>): Histogram.Histogram => {
  const filling = Histogram.make()
  seconds.forEach(filling.add)
  return filling.read()
}

/** An effect, as a handler of the testing kit's own types gives it. */
const effect = (run: () => Promise<Decision.Decision>): Handler => run as unknown as Handler

const sizes = records(3).map(({ data }) => data.length)

describe('Meter', () => {
  it('has counted nothing before the first batch', () => {
    assert.deepEqual(stage(() => Decision.ack).counts(), Meter.empty)
  })

  it('counts records, the bytes of their payloads, batches, decisions, and how long the handler took', () => {
    const decisions = [Decision.ack(), Decision.checkpoint(), Decision.skip('not ours')]
    const { send, counts } = stage((clock) => () => {
      clock.spend(5)
      return decisions.shift() ?? Decision.ack()
    })
    send(3)
    assert.deepEqual(counts(), {
      ...Meter.empty,
      records: 3,
      bytes: sizes.reduce((sum, size) => sum + size),
      batches: 1,
      verdicts: { ...Meter.empty.verdicts, ack: 1, checkpoint: 1, skip: 1 },
      handler: histogram(0.005, 0.005, 0.005),
      movedAt: START + 15
    })
  })

  it('counts what the filter drops by its reason, and no call of the handler', () => {
    const { send, counts } = stage(() => Decision.ack, { filter: { exclude: ['pk-0', 'pk-2'] } })
    send(3)
    assert.deepEqual(counts().filtered, { age: 0, key: 2 })
    assert.deepEqual([counts().verdicts.ack, Histogram.count(counts().handler)], [1, 1])
  })

  it('takes true, false and nothing for what the session takes them', () => {
    const answers: Array<unknown> = [true, false, undefined]
    const { send, counts } = stage(() => () => answers.shift())
    send(3)
    assert.deepEqual(counts().verdicts, { ...Meter.empty.verdicts, ack: 2, checkpoint: 1 })
  })

  it('counts a rejection apart from failures: an exception, an answer that is no decision', () => {
    const answers: Array<() => unknown> = [
      () => Decision.reject('no'),
      () => {
        throw new Error('broken')
      },
      () => 7
    ]
    const { send, counts } = stage(() => () => answers.shift()?.())
    send(3)
    assert.deepEqual(counts().verdicts, { ...Meter.empty.verdicts, reject: 1, failed: 2 })
  })

  it('counts what the session took an answer for, not its tag: each of these is a failure', () => {
    const answers: Array<unknown> = [
      { _tag: 'Skip' },
      { _tag: 'Skip', reason: 5 },
      { _tag: 'Ack', outputs: 'orders' },
      { _tag: 'Ack', outputs: new Array(1) },
      { _tag: 'Checkpoint', outputs: [{ sink: 1 }] },
      { _tag: 'Reject' },
      { _tag: 'Halt', reason: null }
    ]
    const { send, counts } = stage(() => () => answers.shift(), { failure: { breaker: 0 } })
    send(7)
    assert.deepEqual(counts().verdicts, { ...Meter.empty.verdicts, failed: 7 })
  })

  it('counts no answer that the session does not hear: those after a halt', async () => {
    const given: Array<Decision.Decision> = [Decision.ack(), Decision.halt('stop'), Decision.reject('late')]
    const { send, counts } = stage(() => ({ several: () => Promise.resolve(given) }))
    send(3)
    await World.promisesKept()
    assert.deepEqual(counts().verdicts, { ...Meter.empty.verdicts, ack: 1, halt: 1 })
  })

  it('counts one failure where a deadline trips the breaker, and none for the attempts that are asked to stop', async () => {
    const { world, send, counts } = stage(() => effect(() => new Promise(() => undefined)), {
      deadline: '2s',
      concurrency: 3,
      failure: { retries: 0, breaker: 1 }
    })
    send(3)
    await World.promisesKept()
    world.advance(START + 2000)
    assert.deepEqual(counts().verdicts, { ...Meter.empty.verdicts, failed: 1 })
  })

  it('agrees with the decision that the fold understands, whatever was returned', () => {
    const part = fc.oneof(fc.constantFrom('Ack', 'Skip', 'Reject', 'Halt', 'x'), fc.anything())
    const answer = fc.oneof(
      fc.record({ _tag: part, reason: part, outputs: fc.array(fc.anything()) }, { requiredKeys: ['_tag'] }),
      fc.anything()
    )
    const expected: Readonly<Record<Decision.Understood['_tag'], keyof Meter.Counts['verdicts']>> = {
      Ack: 'ack',
      Forgotten: 'ack',
      Checkpoint: 'checkpoint',
      Skip: 'skip',
      Reject: 'reject',
      Halt: 'halt',
      Invalid: 'failed'
    }
    fc.assert(
      fc.property(answer, (value) => {
        const { send, counts } = stage(() => () => value, { failure: { breaker: 0 } })
        send(1)
        const { _tag } = Decision.understand(value)
        assert.deepEqual(counts().verdicts, { ...Meter.empty.verdicts, [expected[_tag]]: 1 })
      })
    )
  })

  it('counts each retry of an effect, and the time of each attempt', async () => {
    let attempt = 0
    const { world, send, counts } = stage(
      (clock) =>
        effect(async () => {
          await clock.after(50)
          if ((attempt += 1) < 3) throw new Error('busy')
          return Decision.ack()
        }),
      { failure: { retries: 3, backoff: '100ms' } }
    )
    send(1)
    for (let turn = 0; turn < 20; turn++) {
      await World.promisesKept()
      const next = world.waiting()
      if (next !== null) world.advance(next)
    }
    const { retries, verdicts, handler } = counts()
    assert.deepEqual(
      { retries, verdicts, handler: handler.buckets },
      {
        retries: 2,
        verdicts: { ...Meter.empty.verdicts, ack: 1, failed: 2 },
        handler: histogram(0.05, 0.05, 0.05).buckets
      }
    )
  })

  it('counts an attempt that exceeds its deadline as a failure with its duration', async () => {
    const { world, send, counts } = stage(() => effect(() => new Promise(() => undefined)), {
      deadline: '2s',
      failure: { retries: 0 }
    })
    send(1)
    await World.promisesKept()
    world.advance(START + 2000)
    assert.deepEqual(
      { verdicts: counts().verdicts, handler: counts().handler },
      { verdicts: { ...Meter.empty.verdicts, failed: 1 }, handler: histogram(2) }
    )
  })

  it('counts the outputs of a record by their sinks when all of them are delivered', () => {
    const handler = () =>
      Decision.emit('orders', 1)(Decision.emit('orders', 2)(Decision.emit('audit', 3)(Decision.ack())))
    const { world, send, counts } = stage(() => handler, {}, { sinks: {} })
    send(2)
    assert.deepEqual(counts().delivered, {})
    world.turn()
    assert.deepEqual(counts().delivered, { orders: 4, audit: 2 })
  })

  it('gives plain data that is summed over sessions', () => {
    const { send, counts } = stage(() => Decision.ack)
    send(2)
    const sum = Meter.add(counts(), structuredClone(counts()))
    assert.deepEqual(
      { records: sum.records, batches: sum.batches, ack: sum.verdicts.ack, movedAt: sum.movedAt },
      { records: 4, batches: 2, ack: 4, movedAt: START }
    )
    assert.deepEqual(Meter.add(Meter.empty, counts()), counts())
  })

  it('adds what sinks have that only one of the sessions wrote to', () => {
    assert.deepEqual(
      Meter.add({ ...Meter.empty, delivered: { a: 1 } }, { ...Meter.empty, delivered: { a: 2, b: 3 } })
        .delivered,
      { a: 3, b: 3 }
    )
  })
})
