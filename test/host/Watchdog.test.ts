import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Watchdog from '../../src/host/Watchdog'
import type { KinesisRecords, Places } from '../../src/protocol/KinesisRecords'
import { record } from '../../src/testing'

const first = record({ shardId: 'shard-1', sequenceNumber: '7', subSequenceNumber: 2 })
const last = record({ shardId: 'shard-1', sequenceNumber: '9', subSequenceNumber: 0 })

describe('a look at a thread', () => {
  it('finds the call that is still the same, once it was seen for as long as the limit', () => {
    const cell = Watchdog.cell()
    const { begin, end } = Watchdog.notes(cell)
    const { look } = Watchdog.watch(cell, 2000)
    begin(first, first, 'handler', false)
    end(0)
    begin(first, last, 'outputs', true)
    assert.deepEqual(
      [1, 2, 3, 4].map(() => look()),
      [null, null, null, null]
    )
    assert.deepEqual(look(), {
      open: {
        running: {
          shardId: 'shard-1',
          from: { sequenceNumber: '7', subSequenceNumber: 2 },
          to: { sequenceNumber: '9', subSequenceNumber: 0 },
          part: 'outputs',
          isAlone: true
        },
        waiting: []
      },
      ms: 2000
    })
    end(0)
    assert.equal(look(), null)
  })

  it('is content with another call, or with a loop that turns', () => {
    const cell = Watchdog.cell()
    const { begin, end, beat } = Watchdog.notes(cell)
    const { look } = Watchdog.watch(cell, 2000)
    begin(first, first, 'handler', false)
    for (let n = 0; n < 10; n++) {
      assert.equal(look(), null)
      end(0)
      begin(first, first, 'handler', false)
    }
    end(0)
    for (let n = 0; n < 10; n++) {
      assert.equal(look(), null)
      beat()
    }
  })

  it('finds a loop that stands still outside a call, without a record to name', () => {
    const cell = Watchdog.cell()
    const { begin, end } = Watchdog.notes(cell)
    const { look } = Watchdog.watch(cell, 1000)
    begin(first, first, 'handler', false)
    end(0)
    const looks = [1, 2, 3, 4, 5].map(() => look())
    assert.deepEqual(looks, [null, null, null, null, { open: { running: null, waiting: [] }, ms: 1000 }])
  })
})

describe('the calls that are open', () => {
  const callOf = ({ sequenceNumber, subSequenceNumber }: typeof first, part = 'handler') => ({
    shardId: 'shard-1',
    from: { sequenceNumber, subSequenceNumber },
    to: { sequenceNumber, subSequenceNumber },
    part,
    isAlone: false
  })

  it('are the one that runs, and those that have begun what is not done', () => {
    const cell = Watchdog.cell()
    const { begin, suspend, end, close, open } = Watchdog.notes(cell)
    const slot = begin(first, first, 'handler', false)
    suspend()
    begin(last, last, 'letter', false)
    assert.deepEqual(Watchdog.openIn(cell), {
      running: callOf(last, 'letter'),
      waiting: [callOf(first)]
    })
    assert.deepEqual(Watchdog.suspects(open()), [callOf(last, 'letter')])
    assert.deepEqual(Watchdog.all(open()), [callOf(last, 'letter'), callOf(first)])
    end(1)
    assert.deepEqual(Watchdog.suspects(open()), [callOf(first)])
    close(slot)
    assert.deepEqual(open(), { running: null, waiting: [] })
  })

  it('are known by a number where the records are in the row', () => {
    const cell = Watchdog.cell()
    const { row, beginAt, begin, hold, suspend, end, open } = Watchdog.notes(cell)
    const places = (_index: number, into: Float64Array): Places => {
      into.set([3, 4, 2, 7, 8, 0])
      return { text: 'key7key9', first: 10, count: 2 }
    }
    const part = row({ length: 20, at: () => undefined, places }, 11, 'shard-1')
    assert.deepEqual(part, { version: 1, first: 10, count: 2 })
    assert.equal(beginAt(1, 1), true)
    assert.deepEqual(open(), { running: callOf(last), waiting: [] })
    end(Watchdog.NONE)
    assert.deepEqual(open(), { running: null, waiting: [] })
    assert.equal(beginAt(1, 0), true)
    const slot = hold(first, first, 'handler', false)
    suspend()
    assert.deepEqual(open(), { running: null, waiting: [callOf(first)] })
    begin(last, last, 'letter', false)
    assert.deepEqual(open(), { running: callOf(last, 'letter'), waiting: [callOf(first)] })
    end(slot)
  })

  it('need a slot where the records are not in the row', () => {
    const { row, beginAt, open } = Watchdog.notes(Watchdog.cell())
    const placed = (text: string): KinesisRecords => ({
      length: 1,
      at: () => undefined,
      places: () => ({ text, first: 0, count: 1 })
    })
    const before = row(placed('7'), 0, 'shard-1')
    assert.equal(row(placed('7'.repeat(9000)), 0, 'shard-1'), null)
    assert.equal(row([first], 0, 'shard-1'), null)
    assert.equal(beginAt(before?.version ?? -1, 0), false)
    assert.deepEqual(open(), { running: null, waiting: [] })
  })

  it('are as many as there are places, and one beyond them is not taken for another', () => {
    const cell = Watchdog.cell()
    const { begin, suspend, open } = Watchdog.notes(cell)
    for (let n = 0; n < 5000; n++) {
      begin(first, first, 'handler', false)
      suspend()
    }
    begin(last, last, 'handler', false)
    assert.equal(open().running, null)
    assert.equal(open().waiting.length, 4096)
  })

  it('are no more than the cell was made for', () => {
    const cell = Watchdog.cell(1)
    const { cover, uncover, begin, open } = Watchdog.notes(cell)
    cover(first, last)
    assert.equal(begin(last, last, 'handler', false), -1)
    assert.deepEqual(Watchdog.openIn(cell).waiting.length, 1)
    assert.equal(open().running, null)
    uncover()
    cover(last, last)
    assert.deepEqual(open().waiting, [callOf(last)])
    assert.equal(Watchdog.watch(cell, 1000).look(), null)
  })

  it('are not named by a part of their names', () => {
    const cell = Watchdog.cell()
    const { begin, open } = Watchdog.notes(cell)
    const long = record({ shardId: 's'.repeat(600), sequenceNumber: '7' })
    begin(long, long, 'handler', false)
    assert.deepEqual(open(), { running: null, waiting: [] })
  })
})
