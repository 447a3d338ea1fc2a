'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { Tally } = require('./Tally')

const at = (shard, ...numbers) => numbers.map((seq) => ({ shard, seq: String(seq), sub: 0 }))

const figures = ({ put, handled, again, foreign, lost }) => ({ put, handled, again, foreign, lost })

describe('the tally of the memory soak', () => {
  it('counts what was put and handled, whichever was heard of first', () => {
    const tally = new Tally()
    tally.sees(at('a', 1))
    tally.puts([...at('a', 1, 2), ...at('b', 3)])
    tally.sees(at('b', 3))
    assert.deepEqual(figures(tally), { put: 3, handled: 2, again: 0, foreign: 0, lost: 0 })
  })

  it('counts a record that comes again, and handles none twice', () => {
    const tally = new Tally()
    tally.puts(at('a', 1, 2, 3))
    tally.sees(at('a', 1, 2, 1, 2, 3, 3))
    assert.deepEqual(figures(tally), { put: 3, handled: 3, again: 3, foreign: 0, lost: 0 })
  })

  it('counts a record whose successor was handled first', () => {
    const tally = new Tally()
    tally.puts([...at('a', 9, 10, 11), ...at('b', 1)])
    tally.sees(at('a', 9, 11))
    assert.deepEqual(figures(tally), { put: 4, handled: 2, again: 0, foreign: 0, lost: 1 })
  })

  it('counts what was handled after a put that was not answered', () => {
    const tally = new Tally()
    tally.sees(at('a', 1, 2, 2, 3))
    tally.puts(at('a', 1, 3))
    assert.deepEqual(figures(tally), { put: 2, handled: 2, again: 1, foreign: 1, lost: 0 })
  })
})
