import * as assert from 'node:assert/strict'
import { deepStrictEqual } from 'node:assert'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import * as t from 'io-ts'
import { type Handler, ack, checkpoint, decodeJson, reject, skip } from '../../src/index'
import { type Settings, Conversation, Event, converse, record, records, run } from '../../src/testing'
import * as Arbitraries from '../../src/testing/Arbitraries'
import { toEnv } from '../../src/testing/Settings'

const Order = t.type({ id: t.string, total: t.number })
const handler = decodeJson(Order)((order) => (order.total === 0 ? skip('nothing to pay') : ack()))

const [one, two, three, four] = records(4)

const requested = (
  at: { readonly sequenceNumber: string; readonly subSequenceNumber: number } | undefined,
  error: string | null = null,
  during = 'processRecords'
): unknown => ({
  during,
  sequenceNumber: at?.sequenceNumber ?? null,
  subSequenceNumber: at?.subSequenceNumber ?? null,
  error
})

describe('the first test of a handler', () => {
  it('is a call and a comparison', () => {
    deepStrictEqual(handler(record({ json: { id: 'o-1', total: 0 } })), skip('nothing to pay'))
  })
})

describe('run', () => {
  it('gives the decisions, in order', () =>
    assert.deepEqual(
      run(handler, {}, records([{ json: { id: 'a', total: 0 } }, { json: { id: 'b' } }])).decisions,
      [skip('nothing to pay'), reject('total: expected number, found nothing')]
    ))

  it('gives what became of a throw, of undefined and of nonsense', () => {
    const weird: Handler = ({ partitionKey }) => {
      if (partitionKey === 'pk-0') throw new RangeError('no')
      return (partitionKey === 'pk-1' ? undefined : 7) as unknown as boolean
    }
    assert.deepEqual(
      run(weird, {}, records(3)).decisions.map((decided) => decided._tag),
      ['Threw', 'Forgotten', 'Invalid']
    )
  })

  it('gives the checkpoints that a policy makes', () => {
    const { checkpoints, stored } = run(ack, { checkpoint: { count: 2 } }, [
      records(4).slice(0, 3),
      records(4).slice(3)
    ])
    assert.deepEqual(checkpoints, [requested(two), requested(four)])
    assert.deepEqual(stored, { sequenceNumber: four?.sequenceNumber, subSequenceNumber: 0 })
  })

  it('has time for an interval', () =>
    assert.deepEqual(
      run(ack, { checkpoint: { interval: '60s' } }, [[record()], []], { every: 60_000 }).checkpoints,
      [requested(one)]
    ))

  it('has the defaults of the YAML, or a policy alone', () => {
    const late = { every: 60_000 }
    assert.equal(run(ack, {}, [[record()], []], late).checkpoints.length, 1)
    assert.equal(run(ack, { failure: { then: 'skip' } }, [[record()], []], late).checkpoints.length, 1)
    assert.equal(run(ack, { count: 5 }, [[record()], []], late).checkpoints.length, 0)
    assert.equal(run(ack, { interval: 60_000 }, [[record()], []], late).checkpoints.length, 1)
  })

  it('has a daemon that throttles', () => {
    const { checkpoints, logs } = run(checkpoint, {}, [[record()], []], {
      errors: ['ThrottlingException'],
      every: 30_000
    })
    assert.deepEqual(checkpoints, [requested(one, 'ThrottlingException'), requested(one)])
    assert.deepEqual(
      logs.map(({ level, message }) => `${level} ${message}`),
      ['info shard initialized', 'warn checkpoint failed and will be tried again']
    )
  })

  it('ends as configured', () => {
    const ends = ['stop', 'shard-end', 'lease-lost', 'eof'] as const
    assert.deepEqual(
      ends.map((end) => {
        const { checkpoints, stored, exit, elapsed } = run(ack, {}, [record()], { end })
        return {
          checkpoints,
          stored: typeof stored === 'string' ? stored : stored?.sequenceNumber,
          exit,
          elapsed
        }
      }),
      [
        {
          checkpoints: [requested(one, null, 'shutdownRequested')],
          stored: one?.sequenceNumber,
          exit: 0,
          elapsed: 1000
        },
        { checkpoints: [requested(undefined, null, 'shardEnded')], stored: 'SHARD_END', exit: 0, elapsed: 0 },
        { checkpoints: [], stored: undefined, exit: 0, elapsed: 0 },
        { checkpoints: [], stored: undefined, exit: 0, elapsed: 0 }
      ]
    )
  })

  it('gives dead letters, and a full disk where the settings say so', () => {
    const poison: Handler = () => reject('poison')
    const { deadLetters, exit } = run(poison, {}, [record({ text: 'a', partitionKey: 'k' })], { start: 5 })
    assert.deepEqual(deadLetters, [
      {
        shardId: 'shardId-000000000000',
        sequenceNumber: one?.sequenceNumber,
        subSequenceNumber: 0,
        partitionKey: 'k',
        approximateArrivalTimestamp: 1_795_415_467_625,
        data: 'YQ==',
        reason: 'poison',
        error: null,
        handlerVersion: null,
        time: 5
      }
    ])
    assert.equal(exit, 0)
    const full = run(poison, {}, [record()], {
      bury: () => E.left({ name: 'Error', message: 'ENOSPC', stack: null })
    })
    assert.deepEqual([full.deadLetters, full.exit], [[], 1])
  })

  it('gives what happened, in order', () =>
    assert.deepEqual(run(checkpoint, {}, [record()]).events, [
      Event.answered('initialize'),
      Event.handled(record()),
      Event.checkpoint(record()),
      Event.answered('processRecords'),
      Event.exited(0)
    ]))

  it('has a handler that takes its time: checkpoints come in the middle of a batch', () => {
    const { checkpoints, elapsed } = run(ack, { count: 1 }, records(3), { takes: 30 })
    assert.deepEqual(checkpoints, [requested(one), requested(two), requested(three)])
    assert.equal(elapsed, 90)
  })

  it('says what is wrong with a setting', () =>
    assert.throws(() => run(ack, { checkpoint: { count: -1 } }, []), {
      message: 'checkpoint.count: expected a whole number of 0 or more, found -1'
    }))

  it('takes each key of the YAML that a session knows', () => {
    const settings: Required<Settings> = {
      checkpoint: {
        interval: '1m',
        count: 2,
        manual: false,
        onShutdown: false,
        shutdownDeadline: '3s',
        shardEndDeadline: '4m'
      },
      failure: { then: 'skip', breaker: 5, badRelease: 14, retries: 6, backoff: '7ms' },
      filter: { maxAge: '15s', include: ['a*', 'b'], exclude: 'c*' },
      concurrency: 8,
      deadline: '9s',
      undelivered: 10,
      batch: { count: 11, bytes: '12kB', linger: '13ms' },
      tracing: { spans: 'none', parent: 'traceparent', sampling: 0.5 }
    }
    assert.deepEqual(toEnv(settings, true), {
      policy: { interval: 60_000, count: 2, manual: false },
      onShutdown: false,
      shutdownDeadline: 3000,
      shardEndDeadline: 240_000,
      onFailure: 'skip',
      breaker: 5,
      badRelease: 14,
      retries: 6,
      backoff: 7,
      deadline: 9000,
      limits: { concurrency: 8, undelivered: 10 },
      group: { count: 11, bytes: 12_000, linger: 13 },
      filter: { maxAge: 15_000, include: ['a*', 'b'], exclude: ['c*'] },
      handlerName: 'handler.ts',
      handlerVersion: null
    })
    assert.equal(toEnv(settings).group, null)
  })

  it('stops at a lost lease: nothing more is run or stored', () => {
    const { handled, stored, exit } = run(checkpoint, {}, [records(2).slice(0, 1), records(2).slice(1)], {
      errors: ['ShutdownException'],
      end: 'lease-lost'
    })
    assert.deepEqual([handled.length, stored, exit], [1, null, 0])
  })

  it('drains where a conversation says so', () => {
    const { batch, drain } = Conversation
    const { handled, checkpoints } = converse(
      ack,
      {},
      Conversation.make([batch(records(1)), drain, batch(records(2).slice(1))], { end: 'stop' })
    )
    assert.deepEqual([handled.length, checkpoints], [1, [requested(one)]])
  })
})

describe('any conversation, with any handler and policy,', () => {
  const decisions = fc.array(
    fc.constantFrom<Handler>(
      ack,
      checkpoint,
      () => skip('why'),
      () => reject('why'),
      () => {
        throw new Error('no')
      }
    ),
    { minLength: 1, maxLength: 20 }
  )

  it('comes to an end, without a complaint of the daemon', () => {
    fc.assert(
      fc.property(
        Arbitraries.conversation,
        decisions,
        fc.nat(3),
        fc.nat(40),
        (conversation, list, count, takes) => {
          let calls = 0
          const any: Handler = (found) => (list[calls++ % list.length] ?? ack)(found)
          const { exit, complaints, handled } = converse(any, { count }, conversation, { takes })
          assert.deepEqual(complaints, [])
          assert.notEqual(exit, null)
          assert.equal(new Set(handled).size, handled.length)
        }
      )
    )
  })
})
