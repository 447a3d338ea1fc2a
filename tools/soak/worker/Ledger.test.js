'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Covered = require('../Covered')
const Ledger = require('./Ledger')

/** Longer than a number of JavaScript holds, and the last has more digits: text would be compared wrongly. */
const [ONE, TWO, TEN] = ['9007199254740993', '9007199254740994', '10000000000000000']

const at = (seq, sub = 0, shard = 's') => ({ shard, seq, sub })
const put = [at(ONE), at(TWO, 0), at(TWO, 1), at(TEN)]

/** Notes of 10 bytes each. */
const notesOf = (...records) =>
  records.map((one, i) => ({ who: '1.1', ...one, start: 10 * i, end: 10 * (i + 1) }))
const stored = (one, asked, answered = asked) => ({ ...one, asked, answered })

const all = notesOf(...put)

describe('the ledger of the soak of the worker', () => {
  it('finds nothing where each record was finished once, in order, and checkpoints came after', () => {
    assert.deepEqual(Ledger.lost(put, all), [])
    assert.deepEqual(Ledger.broken(put, all, [stored(at(TWO, 0), 20), stored(at(TEN), 40)]), [])
    assert.deepEqual(Covered.behind(put, { s: { checkpoint: TEN, sub: 0 } }), [])
  })

  it('finds a record that no handler has finished', () => {
    assert.deepEqual(Ledger.lost(put, notesOf(at(ONE), at(TWO, 0), at(TEN))), [`lost: s ${TWO}/1`])
  })

  it('finds a record that was left out, even one that comes later', () => {
    const [first, ...others] = notesOf(at(ONE), at(TWO, 1), at(TWO, 0))
    assert.deepEqual(Ledger.broken(put, [first, ...others], []), [
      `astray: 1.1 was given s ${TWO}/1 after s ${ONE}/0, and there was no checkpoint`,
      `astray: 1.1 was given s ${TWO}/0 after s ${TWO}/1, and there was no checkpoint`
    ])
  })

  it('allows what was not covered to come again, from the last checkpoint on', () => {
    const notes = notesOf(at(ONE), at(TWO, 0), at(TWO, 1), at(TWO, 0), at(TWO, 1), at(TEN))
    assert.deepEqual(Ledger.broken(put, notes, [stored(at(ONE), 10)]), [])
    const other = notes.map((note, i) => (i < 3 ? note : { ...note, who: '2.1' }))
    assert.deepEqual(Ledger.broken(put, other, [stored(at(ONE), 10)]), [])
  })

  it('finds a duplicate of what was covered', () => {
    const notes = notesOf(at(ONE), at(TWO, 0), at(TWO, 0), at(TWO, 1), at(TEN))
    assert.deepEqual(Ledger.broken(put, notes, [stored(at(TWO, 0), 20)]), [
      `astray: 1.1 was given s ${TWO}/0 after s ${TWO}/0, and the checkpoint was s ${TWO}/0`
    ])
  })

  it('counts a checkpoint from when it is in the table: one that was asked for when the worker died may be lost', () => {
    const notes = notesOf(at(ONE), at(ONE), at(TWO, 0))
    assert.deepEqual(Ledger.broken(put, notes, [stored(at(ONE), 10, 20)]), [])
  })

  it('lets a worker that has lost its lease finish what it was given before', () => {
    const [one, two, three] = notesOf(at(ONE), at(TWO, 0), at(TWO, 0))
    const four = { who: '1.1', ...at(TWO, 1), start: 30, end: 40 }
    assert.deepEqual(
      Ledger.broken(put, [one, two, { ...three, who: '2.1' }, four], [stored(at(ONE), 10)]),
      []
    )
  })

  it('finds a checkpoint that was asked for before its record, or one before it, was finished', () => {
    assert.deepEqual(Ledger.broken(put, all, [stored(at(TWO, 0), 10)]), [
      `early: the checkpoint s ${TWO}/0 while s ${TWO}/0 was not finished`
    ])
    const notes = notesOf(at(ONE), at(TWO, 1))
    const early = Ledger.broken(put, notes, [stored(at(TWO, 1), 20)])
    assert.equal(early.at(-1), `early: the checkpoint s ${TWO}/1 while s ${TWO}/0 was not finished`)
  })

  it('finds a checkpoint that went back', () => {
    const checkpoints = [stored(at(TEN), 40), stored(at(TWO, 1), 40)]
    assert.deepEqual(Ledger.broken(put, all, checkpoints), [
      `the checkpoint went back from s ${TEN}/0 to s ${TWO}/1`
    ])
  })

  it('finds a row that was not put', () => {
    assert.deepEqual(Ledger.broken([at(ONE)], notesOf(at(ONE), at(TWO)), []), [`nobody put s ${TWO}/0`])
  })

  it('finds a shard whose checkpoint is not its last record', () => {
    assert.deepEqual(Covered.behind(put, { s: { checkpoint: TWO, sub: 1 } }), [
      `the checkpoint of s is ${TWO}/1, its last record ${TEN}/0`
    ])
  })
})
