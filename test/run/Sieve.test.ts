/** The filter in a session: what it drops never reaches the handler, and is covered by the checkpoints. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type * as t from 'io-ts'
import {
  ack,
  checkpoint,
  emit,
  reject,
  type BatchHandler,
  type EffectHandler,
  type Handler
} from '../../src/index'
import { Clock, aggregated, records, run, runEffect, type Settings } from '../../src/testing'

const NOW = 1_800_000_000_000
const MAX_AGE = 1000

const keyed = (keys: string): ReturnType<typeof records> =>
  records([...keys].map((partitionKey) => ({ partitionKey, approximateArrivalTimestamp: NOW })))

const keysOf = (list: ReturnType<typeof records>): string =>
  list.map(({ partitionKey }) => partitionKey).join('')

const placeOf = ({ sequenceNumber, subSequenceNumber }: ReturnType<typeof records>[number]): string =>
  `${sequenceNumber}/${subSequenceNumber}`

const ONLY_A: Settings = { filter: { include: 'a*' } }

describe('with a filter', () => {
  it('each user record of an aggregated record is looked at by its own key', () => {
    const { handled } = run(
      () => ack(),
      ONLY_A,
      aggregated([{ partitionKey: 'b' }, { partitionKey: 'a' }, { partitionKey: 'c' }])
    )
    assert.deepEqual(
      handled.map((place) => place.split('/')[1]),
      ['1']
    )
  })

  it('a batch handler gets the others, and one answer for each of them is enough', async () => {
    const calls: Array<string> = []
    const batchHandler: BatchHandler = (list) => {
      calls.push(keysOf(list))
      return Promise.resolve(list.map(() => ack()))
    }
    const { exit, stored, decisions } = await runEffect(
      { batchHandler },
      { ...ONLY_A, batch: { count: 4 } },
      keyed('babababbbba'),
      { end: 'shard-end' }
    )
    assert.deepEqual([calls, exit, decisions.length], [['aa', 'a', 'a'], 0, 4])
    assert.equal(stored, 'SHARD_END')
  })

  it('a record that the handler has had is not too old for another attempt', async () => {
    const clock = Clock.make(NOW)
    const attempts: Array<string> = []
    const flaky: EffectHandler = ({ partitionKey }, { attempt }) => {
      attempts.push(`${partitionKey}${attempt}`)
      return attempt < 3 ? Promise.reject(new Error('down')) : Promise.resolve(ack())
    }
    const { deadLetters } = await runEffect(
      flaky,
      { filter: { maxAge: '1s' }, failure: { retries: 2, backoff: '2s' }, concurrency: 2 },
      keyed('aab'),
      { clock }
    )
    // The second `a` waits for its turn until it is too old.
    assert.deepEqual([attempts, deadLetters], [['a1', 'b1', 'a2', 'b2', 'a3', 'b3'], []])
  })

  it('nor is one of a group that failed as a whole', async () => {
    const clock = Clock.make(NOW)
    const calls: Array<string> = []
    const batchHandler: BatchHandler = (list) => {
      calls.push(keysOf(list))
      return list.length > 1 || calls.length < 3
        ? Promise.reject(new Error('down'))
        : Promise.resolve(list.map(() => ack()))
    }
    const aab = records(
      ['a', 'a', 'b'].map((partitionKey) => ({ partitionKey, approximateArrivalTimestamp: NOW }))
    )
    await runEffect(
      { batchHandler },
      { filter: { maxAge: '1s' }, failure: { retries: 1, backoff: '2s' } },
      aab,
      { clock }
    )
    assert.deepEqual(calls, ['aab', 'aab', 'a', 'a', 'b'])
  })

  it('an outage halts however many records between are dropped', () => {
    const { exit, handled, stored } = run(
      () => {
        throw new Error('down')
      },
      { ...ONLY_A, failure: { breaker: 3 } },
      keyed('abbabbbabbbb')
    )
    assert.deepEqual([exit, handled.length, stored], [1, 3, null])
  })

  it('a failure that waits among very many dropped records costs no memory for each of them', () => {
    let isFirst = true
    const { checkpoints, deadLetters } = run(
      () => {
        if (!isFirst) return checkpoint()
        isFirst = false
        throw new Error('once')
      },
      { ...ONLY_A, checkpoint: { interval: 0 } },
      keyed(`a${'b'.repeat(5000)}a`)
    )
    assert.deepEqual([checkpoints.length, deadLetters.length], [1, 1])
  })
})

// -- whatever the records and the filter are --------------------------------------------------------------------------

const one = fc.record({
  partitionKey: fc.constantFrom('a', 'ab', 'b', 'ba', 'c'),
  age: fc.constantFrom(null, 0, MAX_AGE, MAX_AGE + 1)
})

const settings = fc.record({
  maxAge: fc.constantFrom(undefined, '1s' as const),
  include: fc.constantFrom(undefined, 'a*', ['*b', 'c']),
  exclude: fc.constantFrom(undefined, 'ab', ['b*', '*a'])
})

type Filtered = typeof settings extends fc.Arbitrary<infer A> ? A : never

const regex = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll('*', '.*')}$`)

const isAny = (patterns: string | ReadonlyArray<string>, key: string): boolean =>
  [patterns].flat().some((pattern) => regex(pattern).test(key))

const passes =
  ({ maxAge, include, exclude }: Filtered) =>
  ({ partitionKey, approximateArrivalTimestamp: at }: ReturnType<typeof records>[number]): boolean =>
    (maxAge === undefined || at === null || NOW - at <= MAX_AGE) &&
    (include === undefined || isAny(include, partitionKey)) &&
    (exclude === undefined || !isAny(exclude, partitionKey))

const given = (filter: Filtered): Settings => ({
  filter: Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
})

const listOf = (list: ReadonlyArray<{ readonly partitionKey: string; readonly age: number | null }>) =>
  records(
    list.map(({ partitionKey, age }) => ({
      partitionKey,
      approximateArrivalTimestamp: age === null ? null : NOW - age
    }))
  )

/** Whatever the key says, so that each record does the same with a filter and without one. */
const obey: Handler<{ readonly out: typeof t.string }> = ({ partitionKey }) => {
  if (partitionKey === 'ba') throw new Error('down')
  if (partitionKey === 'ab') return reject('no')
  return partitionKey === 'a' ? checkpoint() : emit('out', partitionKey)(ack())
}

describe('whatever the records and the filter are', () => {
  const cases = [fc.array(one, { maxLength: 30 }), settings, fc.constantFrom(0, 1, 3, 100)] as const

  it('the handler gets what passes, and nothing else happens than without the others', () => {
    fc.assert(
      fc.property(...cases, (list, filter, breaker) => {
        const all = listOf(list)
        const passing = all.filter(passes(filter))
        const options = { start: NOW, end: 'stop' } as const
        const failure = { breaker }
        const filtered = run(obey, { ...given(filter), failure }, all, options)
        const plain = run(obey, { failure }, passing, options)
        for (const key of ['handled', 'outputs', 'deadLetters', 'exit', 'complaints'] as const)
          assert.deepEqual(filtered[key], plain[key])
      })
    )
  })

  it('the checkpoint at a stop covers what is dropped, with each kind of handler', async () => {
    await fc.assert(
      fc.asyncProperty(cases[0], cases[1], async (list, filter) => {
        const all = listOf(list)
        const last = all.at(-1)
        const passing = all.filter(passes(filter)).map(placeOf)
        const finish = (): ReturnType<typeof ack> => ack()
        const outcomes = [
          run(finish, given(filter), all, { start: NOW, end: 'stop' }),
          await runEffect(() => Promise.resolve(ack()), { ...given(filter), concurrency: 4 }, all, {
            clock: Clock.make(NOW),
            end: 'stop'
          }),
          await runEffect(
            { batchHandler: (some) => Promise.resolve(some.map(finish)) },
            { ...given(filter), batch: { count: 3 } },
            all,
            { clock: Clock.make(NOW), end: 'stop' }
          )
        ]
        for (const { handled, stored, exit, complaints } of outcomes) {
          assert.deepEqual([exit, complaints], [0, []])
          assert.deepEqual([...handled].sort(), [...passing].sort())
          assert.equal(
            stored === null || stored === 'SHARD_END' ? undefined : stored.sequenceNumber,
            last?.sequenceNumber
          )
        }
      }),
      { numRuns: 50 }
    )
  })
})
