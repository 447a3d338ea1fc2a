import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Repeats from '../../src/daemon/Repeats'

describe('what the daemon repeats', () => {
  it('is reported once, and with the number of those held back when the time is over', () => {
    const repeats = Repeats.make(1000)
    const told = [0, 1, 999, 1000, 1001, 2000, 9000].map((now) => repeats('Failed to execute', now))
    assert.deepEqual(told, [0, null, null, 2, null, 1, 0])
  })

  it('is the same whatever shard, number or id it is about', () => {
    const repeats = Repeats.make(1000)
    const told = [
      'Worker vm-0 lost lease shardId-000000000001 at 1795415217624',
      'Worker vm-1 lost lease shardId-000000000002 at 1795415217625',
      'request 6f9619ff-8b86-d011-b42d-00c04fc964ff failed',
      'request 7a1119aa-0b86-c011-a42d-11c04fc964fe failed',
      'another one'
    ].map((message) => repeats(message, 0))
    assert.deepEqual(told, [0, null, 0, null, 0])
  })

  it('is kept for no more kinds than it has to be', () => {
    const repeats = Repeats.make(1000)
    const name = (index: number): string =>
      `kind ${'x'.repeat(index % 150)} ${'y'.repeat(Math.floor(index / 150))}`
    for (let index = 0; index < 1200; index++) repeats(name(index), 0)
    for (const index of [0, 1]) assert.equal(repeats(name(index), 10), null)
    assert.equal(repeats(name(0), 1000), 1)
    assert.equal(repeats(name(1), 1000), 0)
  })
})
