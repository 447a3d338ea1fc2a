import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Policy from '../../src/core/Policy'

const off: Policy.Policy = { interval: 0, count: 0, manual: true }

/** The state after so many finished records that did not ask. */
const after = (policy: Policy.Policy, records: number): Policy.State => {
  let state = Policy.initial(1_000)
  for (let n = 0; n < records; n += 1) state = Policy.step(policy)(state, Policy.finished(false))
  return state
}

describe('Policy', () => {
  it('counts from where it begins', () => {
    assert.deepStrictEqual(Policy.initial(5), { since: 5, count: 0, asked: false })
  })

  it('is due at the count, not one later', () => {
    const policy = { ...off, count: 3 }
    assert.deepStrictEqual(
      [2, 3, 4].map((records) => Policy.due(policy)(after(policy, records), 1_000)),
      [false, true, true]
    )
  })

  it('is due at the interval, not a millisecond later', () => {
    const policy = { ...off, interval: 500 }
    assert.deepStrictEqual(
      [1_499, 1_500, 1_501].map((now) => Policy.due(policy)(after(policy, 0), now)),
      [false, true, true]
    )
  })

  it('is due by interval or count, whichever comes first', () => {
    const policy = { ...off, interval: 500, count: 3 }
    const due = (records: number, now: number): boolean => Policy.due(policy)(after(policy, records), now)
    assert.deepStrictEqual([due(2, 1_499), due(3, 1_000), due(0, 1_500)], [false, true, true])
  })

  it('is never due by itself when both are 0', () => {
    assert.equal(Policy.due(off)(after(off, 1_000), 1e12), false)
  })

  it('is due when a record asked, until it is restarted', () => {
    const step = Policy.step(off)
    const asked = step(Policy.initial(0), Policy.finished(true))
    const later = step(asked, Policy.finished(false))
    const restarted = step(later, Policy.restarted(9))
    assert.deepStrictEqual(
      [asked, later, restarted],
      [
        { since: 0, count: 1, asked: true },
        { since: 0, count: 2, asked: true },
        { since: 9, count: 0, asked: false }
      ]
    )
    assert.deepStrictEqual(
      [asked, later, restarted].map((state) => Policy.due(off)(state, 9)),
      [true, true, false]
    )
  })

  it('counts a record that asked in vain', () => {
    const policy = { ...off, manual: false, count: 2 }
    const state = Policy.step(policy)(Policy.initial(0), Policy.finished(true))
    assert.deepStrictEqual(state, { since: 0, count: 1, asked: false })
  })
})
