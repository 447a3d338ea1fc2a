'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Plan = require('./Plan')

const roundsOf = (legs) => legs.flatMap(({ rounds }) => rounds)

describe('the plan of the soak', () => {
  it('is the same for the same seed and another for another', () => {
    assert.deepEqual(Plan.make(7, 25), Plan.make(7, 25))
    assert.notDeepEqual(Plan.make(7, 25), Plan.make(8, 25))
  })

  it('has as many rounds as asked for, on streams of 2 to 4 shards', () => {
    const legs = Plan.make(7, 25)
    assert.deepEqual(
      roundsOf(legs).map(({ number }) => number),
      Array.from({ length: 25 }, (_, i) => i + 1)
    )
    assert.deepEqual(
      legs.map(({ rounds }) => rounds.length),
      [10, 10, 5]
    )
    for (const { shards } of Plan.make(7, 300)) assert.ok(shards >= 2 && shards <= 4)
  })

  it('uses each way, kills each victim and crashes PostgreSQL within three rounds already', () => {
    const rounds = roundsOf(Plan.make(7, 3))
    assert.deepEqual(new Set(rounds.map(({ way }) => way)), new Set(['sink', 'effect', 'batch']))
    assert.deepEqual(new Set(rounds.map(({ victim }) => victim)), new Set(['child', 'daemon', 'both']))
    assert.ok(rounds.some(({ crashes }) => crashes > 0))
  })

  it('kills each victim under each way, early and late, within a hundred rounds', () => {
    const rounds = roundsOf(Plan.make(20261123, 100))
    assert.equal(new Set(rounds.map(({ way, victim }) => `${way} ${victim}`)).size, 9)
    assert.equal(new Set(rounds.map(({ isEarly, victim }) => `${isEarly} ${victim}`)).size, 6)
  })

  it('numbers every record once, and puts aggregates among them', () => {
    const entries = roundsOf(Plan.make(7, 10)).flatMap(({ puts }) => puts.flatMap((put) => put.entries))
    const numbers = entries.flatMap(({ records }) => records.map(({ number }) => number))
    assert.equal(new Set(numbers).size, numbers.length)
    assert.ok(entries.some(({ records }) => records.length > 1))
  })
})
