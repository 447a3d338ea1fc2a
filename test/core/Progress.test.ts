import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Chain from '../../src/core/Chain'
import * as Progress from '../../src/core/Progress'
import { at } from './Given'

const rules = Progress.rules({ interval: 1_000, count: 2, manual: true })

const mark = (index: number, ordinal: number): Progress.Mark => ({
  sequenceNumber: at(index).sequenceNumber,
  subSequenceNumber: at(index).subSequenceNumber,
  ordinal
})

const place = (index: number) => ({
  sequenceNumber: at(index).sequenceNumber,
  subSequenceNumber: at(index).subSequenceNumber
})

const numbered = (index: number) => ({ sequenceNumber: String(1000 + index), subSequenceNumber: 0 })

const begun = Progress.initial(0)

describe('Progress', () => {
  it('begins with nothing finished', () => {
    assert.deepStrictEqual(begun, {
      watermark: null,
      held: null,
      policy: { since: 0, count: 0, asked: false },
      due: null
    })
    assert.equal(Progress.finishedCount(begun), 0)
  })

  it('has the last finished record as its watermark', () => {
    const one = Progress.finish(rules, begun, at(0), false, 5)
    assert.deepStrictEqual(one, {
      watermark: mark(0, 1),
      held: null,
      policy: { since: 0, count: 1, asked: false },
      due: null
    })
  })

  it('begins to count anew at the record that was due', () => {
    const one = Progress.finish(rules, begun, at(0), false, 5)
    const two = Progress.finish(rules, one, at(1), false, 7)
    assert.deepStrictEqual(two, {
      watermark: mark(1, 2),
      held: null,
      policy: { since: 7, count: 0, asked: false },
      due: mark(1, 2)
    })
    const three = Progress.finish(rules, two, at(2), false, 8)
    assert.equal(three.due, null)
  })

  it('holds failures back: the watermark stays before the first of them', () => {
    const one = Progress.finish(rules, begun, at(0), false, 5)
    const held = Progress.hold(Progress.hold(one, at(1)), at(2))
    assert.deepStrictEqual(
      [{ ...held, held: null }, Chain.toArray(held.held)],
      [
        one,
        [
          { ...place(1), asked: false, ordinal: 1 },
          { ...place(2), asked: false, ordinal: 2 }
        ]
      ]
    )
    assert.equal(Progress.finishedCount(held), 1)
  })

  it('honours, once they are released, the checkpoint that one behind a failure asked for', () => {
    const held = Progress.hold(Progress.hold(Progress.hold(begun, at(0)), at(1), true), at(2))
    const released = Progress.release(rules, held, 5)
    assert.deepStrictEqual([released.watermark, released.due, released.held], [mark(2, 3), mark(1, 2), null])
  })

  it('forgets, when it holds, what was due before', () => {
    const due = Progress.finish(rules, begun, at(0), true, 5)
    assert.deepStrictEqual(due.due, mark(0, 1))
    assert.equal(Progress.hold(due, at(1)).due, null)
  })

  it('counts held failures when a record finishes, and knows which of them was due', () => {
    const held = Progress.hold(Progress.hold(begun, at(0)), at(1))
    assert.deepStrictEqual(Progress.finish(rules, held, at(2), false, 9), {
      watermark: mark(2, 3),
      held: null,
      policy: { since: 9, count: 1, asked: false },
      due: mark(1, 2)
    })
  })

  it('prefers the record that finishes when it is due too', () => {
    const held = Progress.hold(Progress.hold(begun, at(0)), at(1))
    assert.deepStrictEqual(Progress.finish(rules, held, at(2), true, 9).due, mark(2, 3))
  })

  it('is due by time at the first held failure, when a record finishes', () => {
    const held = Progress.hold(begun, at(0))
    assert.deepStrictEqual(Progress.finish(rules, held, at(1), false, 1_000).due, mark(0, 1))
  })

  it('is due on an empty batch by time, at the watermark', () => {
    const one = Progress.finish(rules, begun, at(0), false, 5)
    assert.equal(Progress.idle(rules, one, 999).due, null)
    assert.deepStrictEqual(Progress.idle(rules, one, 1_000), {
      ...one,
      policy: { since: 1_000, count: 0, asked: false },
      due: mark(0, 1)
    })
  })

  it('forgets on an empty batch what was due before', () => {
    const due = Progress.finish(rules, begun, at(0), true, 5)
    assert.equal(Progress.idle(rules, due, 6).due, null)
  })

  it('is never due before a record finished, and keeps its time', () => {
    assert.deepStrictEqual(Progress.idle(rules, begun, 5_000), begun)
    assert.deepStrictEqual(
      Progress.idle(rules, Progress.hold(begun, at(0)), 5_000),
      Progress.hold(begun, at(0))
    )
  })

  it('keeps no entry for each of very many held records, and counts them all the same', () => {
    const off = Progress.rules({ interval: 0, count: 0, manual: true })
    let held = Progress.hold(begun, numbered(0))
    for (let index = 1; index < 5000; index++) held = Progress.hold(held, numbered(index), index === 3000)
    assert.deepStrictEqual(
      [Chain.length(held.held), Progress.heldCount(held)],
      [Progress.KEPT_APART + 1, 5000]
    )
    const released = Progress.release(off, held, 5)
    assert.deepStrictEqual(
      [released.watermark, released.due],
      [
        { ...numbered(4999), ordinal: 5000 },
        { ...numbered(3000), ordinal: 3001 }
      ]
    )
  })
})
