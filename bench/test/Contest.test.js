'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Contest = require('../Contest')

describe('a contest', () => {
  it('takes the middle one of an odd number, and the lower of the two of an even one', () => {
    assert.deepEqual([Contest.median([9, 1, 5]), Contest.median([4, 1, 3, 2])], [5, 2])
  })

  it('has eight tenths of the numbers in a spread', () => {
    const numbers = Array.from({ length: 11 }, (_, i) => 10 - i)
    assert.deepEqual(Contest.spread(numbers), { median: 5, low: 1, high: 9 })
  })

  it('pairs figures of the same turn, so that a slow turn of all changes nothing', () => {
    assert.equal(Contest.ratio([2, 20, 2], [1, 10, 1]), 2)
  })

  it('has twice and half come to one', () => {
    assert.ok(Math.abs(Contest.geometricMean([2, 0.5, 4, 0.25]) - 1) < 1e-12)
  })

  it('compares each figure of each contestant, but not with nothing', () => {
    const measured = {
      slow: [
        { rate: 10, errors: 0 },
        { rate: 20, errors: 0 }
      ],
      fast: [
        { rate: 30, errors: 1 },
        { rate: 40, errors: 1 }
      ]
    }
    const same = (number) => ({ median: number, low: number, high: number })
    assert.deepEqual(
      Contest.compare(measured, () => 'slow'),
      {
        slow: { rate: { median: 10, low: 10, high: 10, against: same(1) }, errors: same(0) },
        fast: { rate: { median: 30, low: 30, high: 30, against: same(2) }, errors: same(1) }
      }
    )
  })

  it('begins each round with another one', async () => {
    const order = []
    const contestant = (name) => () => order.push(name)
    const measured = await Contest.takeTurns(
      { a: contestant('a'), b: contestant('b'), c: contestant('c') },
      3
    )
    assert.equal(order.join(''), 'abcbcacab')
    assert.deepEqual(measured, { a: [1, 6, 8], b: [2, 4, 9], c: [3, 5, 7] })
  })

  it('does not count a rehearsal', async () => {
    let times = 0
    assert.deepEqual(await Contest.hold({ one: () => ++times }, 2), { one: [2, 3] })
  })
})
