import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'io-ts'
import { type BatchHandler, type EffectHandler, ack, checkpoint, emit, reject } from '../../src/index'
import {
  type EffectOptions,
  type Outcome,
  Clock,
  Conversation,
  Event,
  Sink,
  converseEffect,
  record,
  records,
  runEffect
} from '../../src/testing'
import * as Arbitraries from '../../src/testing/Arbitraries'

interface Outputs {
  readonly greetings: typeof t.string
}

interface Customers {
  readonly nameOf: (key: string, signal: AbortSignal) => Promise<string>
}

const handler: EffectHandler<Outputs, Customers> = async (one, { resource, signal }) =>
  emit('greetings', `hello ${await resource.nameOf(one.partitionKey, signal)}`)(ack())

const resource: Customers = { nameOf: (key) => Promise.resolve(key.toUpperCase()) }

/** One record for each letter, the letter being its key. */
const keyed = (keys: string): ReturnType<typeof records> =>
  records([...keys].map((partitionKey) => ({ partitionKey })))

const done: EffectHandler = () => Promise.resolve(ack())

describe('runEffect', () => {
  it('gives the outputs of an effectful handler, typed, and its decisions', async () => {
    const { outputs: told, decisions, exit } = await runEffect(handler, {}, keyed('ab'), { resource })
    const greetings: ReadonlyArray<string> | undefined = told.greetings
    assert.deepEqual(greetings, ['hello A', 'hello B'])
    assert.deepEqual(decisions, [emit('greetings', 'hello A')(ack()), emit('greetings', 'hello B')(ack())])
    assert.equal(exit, 0)
  })

  it('shows that the checkpoint comes after the sink has acknowledged', async () => {
    const [one = record()] = keyed('a')
    const { events, elapsed } = await runEffect(handler, { count: 1 }, [one], {
      resource,
      takes: 40,
      sinks: { greetings: Sink.acknowledges(60) }
    })
    assert.deepEqual(events, [
      Event.answered('initialize'),
      Event.handled(one),
      Event.delivered(one, 'greetings', 'hello A'),
      Event.checkpoint(one),
      Event.answered('processRecords'),
      Event.exited(0)
    ])
    assert.equal(elapsed, 100)
  })

  it('takes a Task, a TaskEither and a promise of an Either', async () => {
    const kinds = {
      task: (() => () => Promise.resolve(ack())) satisfies EffectHandler,
      taskEither: (() => TE.right(ack())) satisfies EffectHandler,
      either: (() => Promise.resolve(E.right(ack()))) satisfies EffectHandler,
      left: (() => TE.left(new Error('no'))) satisfies EffectHandler
    }
    const told = await Promise.all(
      Object.values(kinds).map((kind) => runEffect(kind, { failure: { retries: 0 } }, [record()]))
    )
    assert.deepEqual(
      told.map(({ decisions: [decided] }) => decided?._tag),
      ['Ack', 'Ack', 'Ack', 'Threw']
    )
  })

  it('runs records of other keys at the same time, those of one key in order', async () => {
    const at = async (concurrency: number): Promise<number> =>
      (await runEffect(done, { concurrency }, keyed('aabbcc'), { takes: 100 })).elapsed
    assert.deepEqual(await Promise.all([1, 2, 3, 6].map(at)), [600, 400, 200, 200])
  })

  it('has time for retries, with the attempt that each of them is', async () => {
    const [one = record()] = keyed('a')
    const flaky: EffectHandler = (_, { attempt }) =>
      attempt < 3 ? Promise.reject(new Error('503')) : Promise.resolve(checkpoint())
    const { events, elapsed, deadLetters } = await runEffect(
      flaky,
      { failure: { retries: 2, backoff: '10s' } },
      [one]
    )
    assert.deepEqual(events.slice(1, -2), [
      Event.handled(one),
      Event.handled(one, 2),
      Event.handled(one, 3),
      Event.checkpoint(one)
    ])
    // Three quarters of 10 s and of 20 s, since the spread is always 0.5.
    assert.deepEqual([elapsed, deadLetters], [22_500, []])
  })

  it('ends an attempt at its deadline, and aborts it', async () => {
    const aborted: Array<boolean> = []
    const never: EffectHandler = (_, { signal }) => {
      signal.addEventListener('abort', () => aborted.push(signal.aborted))
      return new Promise(() => {})
    }
    const { deadLetters, elapsed } = await runEffect(never, { deadline: '5s', failure: { retries: 0 } }, [
      record()
    ])
    assert.deepEqual(
      deadLetters.map(({ error }) => error?.name),
      ['DeadlineExceeded']
    )
    assert.deepEqual([elapsed, aborted], [5000, [true]])
  })

  it('goes by one clock for its waits and by the other for what people read, when the wall clock was set', async () => {
    const day = 86_400_000
    const failure = { retries: 1, backoff: '1s', breaker: 0 } as const
    const goes = async (by: number) => {
      const clock = Clock.make(1_000_000)
      const fails: EffectHandler = (_one, { attempt }) => {
        if (attempt === 1) clock.set(by)
        return Promise.reject(new Error('down'))
      }
      const { deadLetters, checkpoints, elapsed } = await runEffect(
        fails,
        { checkpoint: { count: 1 }, failure },
        records(2),
        {
          clock
        }
      )
      return { times: deadLetters.map(({ time }) => time), checkpoints, elapsed }
    }
    const usual = await goes(0)
    for (const by of [day, -day])
      assert.deepEqual(await goes(by), { ...usual, times: usual.times.map((time) => time + 2 * by) })
  })

  it('has a clock that the effects of the handler itself are timed by', async () => {
    const clock = Clock.make(1_000_000)
    const slow: Customers = { nameOf: (key) => clock.after(70).then(() => key) }
    const times: Array<number> = []
    const { elapsed } = await runEffect(
      (one, context) => {
        times.push(clock.now())
        return handler(one, context)
      },
      {},
      keyed('ab'),
      { resource: slow, clock }
    )
    assert.deepEqual([elapsed, times], [140, [1_000_000, 1_000_070]])
  })

  it('takes by the record and the attempt', async () => {
    const options: EffectOptions<undefined> = {
      takes: (one, attempt) => (one.partitionKey === 'a' ? 10 : 1) * attempt
    }
    assert.equal((await runEffect(done, {}, keyed('ab'), options)).elapsed, 11)
  })

  it('does not mind a handler that returns at once', async () => {
    const { decisions, elapsed } = await runEffect(ack, {}, keyed('ab'), { takes: 5 })
    assert.deepEqual([decisions, elapsed], [[ack(), ack()], 10])
  })

  it('does not throw when the handler does', async () => {
    const { decisions } = await runEffect(
      () => {
        throw new RangeError('no')
      },
      {},
      [record()]
    )
    assert.deepEqual(
      decisions.map((decided) => (decided._tag === 'Threw' ? decided.failure.name : decided._tag)),
      ['RangeError']
    )
  })
})

describe('runEffect of a batch handler', () => {
  const sizes: Array<number> = []
  const batchHandler: BatchHandler<Outputs> = (list) => {
    sizes.push(list.length)
    return Promise.resolve(list.map(({ partitionKey }) => emit('greetings', partitionKey)(ack())))
  }

  it('gives it as many records as the settings say, and reports each', async () => {
    const {
      outputs: told,
      handled,
      decisions,
      checkpoints
    } = await runEffect({ batchHandler }, { batch: { count: 2 }, checkpoint: { count: 5 } }, keyed('abcde'), {
      takes: 10
    })
    assert.deepEqual(sizes, [2, 2, 1])
    assert.deepEqual(told, { greetings: ['a', 'b', 'c', 'd', 'e'] })
    assert.deepEqual([handled.length, decisions.length, checkpoints.length], [5, 5, 1])
  })

  it('takes one that returns at once', async () => {
    const { decisions, exit } = await runEffect({ batchHandler: (list) => list.map(ack) }, {}, records(3))
    assert.deepEqual([decisions, exit], [[ack(), ack(), ack()], 0])
  })

  it('runs its records one by one when it fails', async () => {
    const picky: BatchHandler = async (list) => {
      await Promise.resolve()
      if (list.some(({ partitionKey }) => partitionKey === 'b')) throw new Error('no b')
      return list.map(ack)
    }
    const { deadLetters, exit } = await runEffect(
      { batchHandler: picky },
      { failure: { retries: 0 } },
      keyed('abc')
    )
    assert.deepEqual([deadLetters.map(({ partitionKey }) => partitionKey), exit], [['b'], 0])
  })
})

describe('any conversation, with any effects and sinks,', () => {
  /** What an attempt does, in turn. */
  const behaviour = fc.array(
    fc.record({
      takes: Arbitraries.latency,
      fails: fc.boolean(),
      rejects: fc.boolean(),
      asks: fc.boolean(),
      emits: fc.nat(2)
    }),
    { minLength: 1, maxLength: 12 }
  )

  const after = ({ events }: Outcome<unknown>, at: string): ReadonlyArray<Event.Event> => {
    const from = events.findIndex((event) => event._tag === 'Checkpoint' && event.at === at)
    return from < 0 ? [] : events.slice(from + 1)
  }

  it('comes to an end; nothing that a checkpoint covers is delivered after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        Arbitraries.conversation,
        behaviour,
        fc.array(Arbitraries.sinkReply, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 8 }),
        async (conversation, list, replies, concurrency) => {
          const clock = Clock.make()
          let calls = 0
          let answers = 0
          const any: EffectHandler<{ readonly out: typeof t.number }> = async () => {
            const { takes, fails, rejects, asks, emits } = list[calls++ % list.length] ?? {
              takes: 0,
              fails: false,
              rejects: false,
              asks: false,
              emits: 0
            }
            await clock.after(takes)
            if (fails) throw new Error('no')
            if (rejects) return reject('why')
            const decision = asks ? checkpoint() : ack()
            return emits === 0 ? decision : emit('out', emits)(decision)
          }
          const outcome = await converseEffect(
            any,
            { checkpoint: { count: 3 }, concurrency, failure: { retries: 1 } },
            conversation,
            { clock, sinks: { out: () => replies[answers++ % replies.length] ?? Sink.silent } }
          )
          assert.deepEqual(outcome.complaints, [])
          if (!replies.some(({ _tag }) => _tag === 'Silent')) assert.notEqual(outcome.exit, null)
          const places = Conversation.delivered(conversation).map(
            ({ sequenceNumber, subSequenceNumber }) => `${sequenceNumber}/${subSequenceNumber}`
          )
          for (const [index, at] of places.entries()) {
            const covered = places.slice(0, index + 1)
            for (const event of after(outcome, at))
              assert.ok(event._tag !== 'Delivered' || !covered.includes(event.at))
          }
        }
      )
    )
  })
})
