'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Load = require('./Load')

const RATE = 40_000

const take = (n, seed = 7) => {
  const load = Load.make({ seed, rate: RATE })
  return Array.from({ length: n }, () => load.next())
}

const sum = (list) => list.reduce((total, one) => total + one, 0)
const bytesOf = ({ records }) => sum(records.map(({ data }) => data.length))

describe('the load of the memory soak', () => {
  it('is the same for the same seed and another for another', () => {
    assert.deepEqual(take(200), take(200))
    assert.notDeepEqual(take(200), take(200, 8))
  })

  it('puts the bytes a second that were asked for, on average', () => {
    const puts = take(20_000)
    const rate = sum(puts.map(bytesOf)) / (sum(puts.map(({ wait }) => wait)) / 1000)
    assert.ok(Math.abs(rate - RATE) < RATE * 0.1, String(rate))
  })

  it('has bursts of many small records, and of a few large ones', () => {
    const puts = take(5_000)
    assert.ok(puts.some(({ records }) => records.length >= 400))
    assert.ok(puts.some(({ records }) => records.some(({ data }) => data.length > 100_000)))
    assert.ok(puts.every(({ records }) => records.length <= 500))
    assert.ok(puts.every((put) => bytesOf(put) <= 4_000_000))
  })
})
