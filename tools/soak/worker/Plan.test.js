'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Plan = require('./Plan')

const roundsOf = (legs) => legs.flatMap(({ rounds }) => rounds)

describe('the plan of the soak of the worker', () => {
  it('is the same for the same seed and another for another', () => {
    assert.deepEqual(Plan.make(7, 25), Plan.make(7, 25))
    assert.notDeepEqual(Plan.make(7, 25), Plan.make(8, 25))
  })

  it('has as many rounds as asked for, at most four on a stream', () => {
    const legs = Plan.make(7, 10)
    assert.deepEqual(
      legs.map(({ rounds }) => rounds.map(({ number }) => number)),
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9, 10]
      ]
    )
  })

  it('has each kind once before any comes again', () => {
    const kinds = roundsOf(Plan.make(7, 16)).map(({ kind }) => kind)
    assert.deepEqual(new Set(kinds.slice(0, 8)), new Set(Plan.KINDS))
    assert.deepEqual(new Set(kinds.slice(8)), new Set(Plan.KINDS))
  })

  it('has one worker and two, 1 to 8 shards, 1 and 2 threads, among four hundred rounds', () => {
    const legs = Plan.make(20261123, 400)
    assert.deepEqual(new Set(roundsOf(legs).map(({ workers }) => workers)), new Set([1, 2]))
    assert.deepEqual(new Set(legs.map(({ shards }) => shards)), new Set([1, 2, 3, 4, 5, 6, 7, 8]))
    assert.deepEqual(new Set(legs.map(({ threads }) => threads)), new Set([1, 2]))
  })

  it('puts no more than half of what the worker gets done', () => {
    for (const { shards, maxRecords, pace, rate } of Plan.make(7, 300))
      assert.ok(rate <= 0.5 * Math.min(shards * maxRecords * 5, 1000 / Math.max(pace, 0.001)))
  })
})
