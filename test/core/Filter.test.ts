import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Effect from '../../src/core/Effect'
import * as Failure from '../../src/core/Failure'
import * as Filter from '../../src/core/Filter'
import * as Glob from '../../src/core/Glob'
import * as Input from '../../src/core/Input'
import * as Session from '../../src/core/Session'
import * as Action from '../../src/protocol/Action'
import { record, records } from '../../src/testing'
import { quiet } from './Given'

const NOTHING: Filter.Filter = { maxAge: null, include: null, exclude: null }

const dropOf = (
  filter: Partial<Filter.Filter>,
  partitionKey = 'k',
  age: number | null = 0
): Filter.Drop | null =>
  Filter.dropOf(
    { ...NOTHING, ...filter },
    record({ partitionKey, approximateArrivalTimestamp: age === null ? null : 100_000 - age }),
    () => 100_000
  )

/** A pattern, a text, and whether they match. */
const MATCHES = [
  ['eu-*', 'eu-1', true],
  ['eu-*', 'eu-', true],
  ['eu-*', 'us-eu-1', false],
  ['*-eu', 'a-eu', true],
  ['*-eu', '-eu-', false],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'a--b--b--c', true],
  ['a*b*c', 'acb', false],
  ['ab*ba', 'aba', false],
  ['a*b*b', 'ab', false],
  ['*', '', true],
  ['**', 'x', true],
  ['a', 'a', true],
  ['a', 'ab', false],
  ['a.c', 'abc', false],
  ['[ab]?', '[ab]?', true]
] as const

describe('a pattern', () => {
  it('is the whole text, in which a star stands for any characters', () =>
    assert.deepEqual(
      MATCHES.map(([pattern, text]) => [pattern, text, Glob.matches(pattern, text)]),
      MATCHES
    ))

  it('matches what a regular expression of the same meaning matches', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '*'), maxLength: 6 })
    fc.assert(
      fc.property(pattern, letters, (glob, text) => {
        const same = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
        assert.equal(Glob.matches(glob, text), same.test(text))
      })
    )
  })

  it('with many stars never backtracks, even in a megabyte that almost matches', () => {
    const long = 'a'.repeat(1_000_000)
    assert.equal(Glob.matches(`${'*a'.repeat(120)}*b`, long), false)
    assert.equal(Glob.matches(`${'*a'.repeat(120)}*`, long), true)
  })
})

describe('the filter', () => {
  it('drops what is older than maxAge, and no record without a timestamp', () =>
    assert.deepEqual(
      [0, 1000, 1001, null, -5].map((age) => dropOf({ maxAge: 1000 }, 'k', age)?.by ?? null),
      [null, null, 'age', null, null]
    ))

  it('passes keys that match one pattern of include and none of exclude', () =>
    assert.deepEqual(
      ['eu-1', 'us-1', 'eu-test', 'ap-1'].map(
        (key) => dropOf({ include: ['eu-*', 'us-*'], exclude: ['*-test'] }, key)?.reason ?? null
      ),
      [
        null,
        null,
        'the partition key matches a pattern of filter.exclude',
        'the partition key matches no pattern of filter.include'
      ]
    ))

  it('is absent if it filters nothing', () => {
    assert.equal(Filter.make(NOTHING), undefined)
    assert.deepEqual(Filter.make({ ...NOTHING, maxAge: 5 }), { ...NOTHING, maxAge: 5 })
  })
})

const DROP: Filter.Drop = { by: 'key', reason: 'not wanted' }
const [one, two, three] = records(3)

/** Of a session with the records, after these inputs. */
const after = (env: Partial<Session.Env>, ...inputs: ReadonlyArray<Input.Input>) => {
  const step = Session.step({ ...quiet, ...env })
  const opening = [
    Input.received(Action.initialize('s', 'TRIM_HORIZON', 0), 0, 0.5),
    Input.received(
      Action.processRecords(
        [one, two, three].filter((it) => it !== undefined),
        0
      ),
      0,
      0.5
    )
  ]
  let state = Session.initial
  let effects = Effect.none
  for (const input of [...opening, ...inputs]) [state, effects] = step(state, input)
  return { state, effects }
}

const broken = (index: number): Input.Input => Input.threw(index, Failure.make('Error', 'down'), 0)

describe('a record that the filter drops', () => {
  it('is finished, counted as skipped, and logged with its place and the reason', () => {
    const { state, effects } = after({}, Input.dropped(0, DROP, 5))
    assert.deepEqual(effects, [
      Effect.log('info', 'record dropped by the filter', {
        sequenceNumber: one?.sequenceNumber ?? '',
        subSequenceNumber: 0,
        partitionKey: 'pk-0',
        reason: 'not wanted'
      })
    ])
    assert.deepEqual([state.skipped, Session.handledCount(state), Session.next(state)], [1, 1, 1])
  })

  it('is the one whose turn it is, or else nothing happens', () => {
    const before = after({})
    for (const wrong of [Input.dropped(1, DROP, 5), Input.dropped(0, DROP, 5, 7), Input.dropped(3, DROP, 5)])
      assert.deepEqual(after({}, wrong), { ...before, effects: Effect.none })
  })

  it('says nothing of the failures before it: it neither ends their row nor lets a checkpoint pass them', () => {
    const env: Partial<Session.Env> = { breaker: 2, onFailure: 'skip' }
    const between = after(env, broken(0), Input.dropped(1, DROP, 5))
    assert.deepEqual(
      [between.state.progress.watermark, Session.handledCount(between.state), Session.next(between.state)],
      [null, 2, 2]
    )
    const { effects } = after(env, broken(0), Input.dropped(1, DROP, 5), broken(2))
    assert.deepEqual(
      effects.map((effect) => effect._tag),
      ['Log', 'Exit']
    )
  })

  it('is covered with the failures before it once a record finishes', () => {
    const { state } = after(
      { breaker: 2, onFailure: 'skip' },
      broken(0),
      Input.dropped(1, DROP, 5),
      Input.handled(2, true, 6)
    )
    assert.equal(state.child.slot.inFlight?.target?.sequenceNumber, three?.sequenceNumber)
  })
})
