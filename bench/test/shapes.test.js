'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Shapes = require('../parts/shapes')

const row = (shape, handler, speed) => ({ shape, handler, of: { kclts: { rate: speed } } })

describe('figures of shapes, when some are measured again', () => {
  const before = {
    rounds: 7,
    base: 'aws-kcl',
    taken: { date: 'then' },
    rows: [row('1x100', 'ignore', 1), row('1x100', 'decode', 2), row('1x1000', 'ignore', 3)]
  }
  const now = {
    rounds: 9,
    base: 'aws-kcl',
    taken: { date: 'now' },
    rows: [row('1x100', 'decode', 20), row('10x1000', 'ignore', 40)]
  }
  const merged = Shapes.merge(before, now)

  it('are the new ones in the places of the old ones, and behind them those that there were none of', () =>
    assert.deepEqual(
      merged.rows.map(({ shape, handler, of }) => [shape, handler, of.kclts.rate]),
      [
        ['1x100', 'ignore', 1],
        ['1x100', 'decode', 20],
        ['1x1000', 'ignore', 3],
        ['10x1000', 'ignore', 40]
      ]
    ))

  it('say when those were measured that were not measured again', () => {
    assert.deepEqual(
      merged.rows.map(({ taken }) => taken?.date),
      ['then', undefined, 'then', undefined]
    )
    assert.equal(merged.taken.date, 'now')
    const third = Shapes.merge(merged, { ...now, taken: { date: 'later' }, rows: [] })
    assert.deepEqual(
      third.rows.map(({ taken }) => taken.date),
      ['then', 'now', 'then', 'now']
    )
  })

  it('are of as many rounds as the fewest', () => assert.equal(merged.rounds, 7))
})
