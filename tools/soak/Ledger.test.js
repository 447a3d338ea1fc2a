'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Covered = require('./Covered')
const Ledger = require('./Ledger')

/** Longer than a number of JavaScript holds, and the last has more digits: text would be compared wrongly. */
const [ONE, TWO, TEN] = ['9007199254740993', '9007199254740994', '10000000000000000']

const of = (seq, sub, index, key = 'a') => ({
  shard: 's',
  seq,
  sub,
  index,
  key,
  value: `${seq}`
})
const wanted = [of(ONE, 0, 0), of(ONE, 0, 1), of(TWO, 0, 0, 'b'), of(TWO, 1, 0, 'b'), of(TEN, 0, 0)]
const rows = wanted.map((one, i) => ({ ...one, differing: 0, serial: BigInt(i) }))
const lease = (checkpoint, sub = 0) => ({ s: { checkpoint, sub } })
const swapped = (i, j) =>
  rows.map((row, at) =>
    at === i ? { ...row, serial: BigInt(j) } : at === j ? { ...row, serial: BigInt(i) } : row
  )

describe('the ledger of the soak', () => {
  it('expects each row of each user record of what was put', () => {
    const records = [
      { number: 7, rows: 2 },
      { number: 8, rows: 1 }
    ]
    assert.deepEqual(Ledger.expected([{ shard: 's', seq: ONE, key: 'a', records }]), [
      { shard: 's', seq: ONE, sub: 0, index: 0, key: 'a', value: '7/0' },
      { shard: 's', seq: ONE, sub: 0, index: 1, key: 'a', value: '7/1' },
      { shard: 's', seq: ONE, sub: 1, index: 0, key: 'a', value: '8/0' }
    ])
  })

  it('has nothing against a table that holds what was put', () => {
    assert.deepEqual(Ledger.missing(wanted, rows), [])
    assert.deepEqual(Ledger.foreign(wanted, rows), [])
    assert.deepEqual(Ledger.disordered(rows), [])
    assert.deepEqual(Ledger.uncovered(wanted, rows, lease(TEN)), [])
    assert.deepEqual(Covered.behind(wanted, lease(TEN)), [])
  })

  it('names a row that is missing', () =>
    assert.deepEqual(Ledger.missing(wanted, rows.toSpliced(3, 1)), [`missing: s:${TWO}:1:0 of key b`]))

  it('names a row that was not put, one that is there twice and one with another content', () => {
    assert.deepEqual(Ledger.foreign(wanted.slice(1), rows), [`nobody put: s:${ONE}:0:0 of key a`])
    assert.deepEqual(Ledger.foreign(wanted, [...rows, rows[0]]), [`there twice: s:${ONE}:0:0`])
    for (const change of [{ key: 'x' }, { value: 'x' }, { differing: 1 }])
      assert.equal(Ledger.foreign(wanted, [{ ...rows[0], ...change }, ...rows.slice(1)]).length, 1)
  })

  it('names a row of a key that was inserted before an earlier one, across records and within one', () => {
    assert.deepEqual(Ledger.disordered(swapped(1, 4)), [
      `out of order: s:${ONE}:0:1 came after s:${TEN}:0:0, both of key a`
    ])
    assert.equal(Ledger.disordered(swapped(0, 1)).length, 1)
    assert.equal(Ledger.disordered(swapped(2, 3)).length, 1)
    assert.deepEqual(Ledger.disordered(swapped(1, 2)), [], 'keys are independent')
  })

  it('names what is missing at or below a checkpoint, its sub-sequence number included, and nothing above it', () => {
    const without = (i) => rows.toSpliced(i, 1)
    const lost = (i, at) => Ledger.uncovered(wanted, without(i), at).length
    assert.deepEqual([lost(1, lease(ONE)), lost(2, lease(TWO)), lost(0, lease(TEN))], [1, 1, 1])
    assert.deepEqual([lost(3, lease(TWO)), lost(3, lease(TWO, 1))], [0, 1])
    assert.deepEqual([lost(4, lease(TWO, 1)), lost(0, lease('TRIM_HORIZON'))], [0, 0])
  })

  it('names a checkpoint that moved back', () => {
    const moves = [
      [lease(TWO), lease(TEN)],
      [lease(TWO), lease(TWO)],
      [lease('TRIM_HORIZON'), lease(ONE)],
      [lease(TEN), lease(TWO)],
      [lease(TWO, 1), lease(TWO)],
      [lease(ONE), lease('TRIM_HORIZON')]
    ]
    assert.deepEqual(
      moves.map(([before, after]) => Ledger.backwards(before, after).length),
      [0, 0, 0, 1, 1, 1]
    )
  })

  it('names a shard whose checkpoint is not its last record', () => {
    assert.equal(Covered.behind(wanted, lease(TWO, 1)).length, 1)
    assert.equal(Covered.behind(wanted.slice(0, 4), lease(TWO)).length, 1)
    assert.deepEqual(Covered.behind(wanted.slice(0, 4), lease(TWO, 1)), [])
  })
})
