import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Flushing from '../../src/lab/Flushing'
import * as VirtualClock from '../../src/testing/VirtualClock'

const rig = () => {
  const clock = VirtualClock.make()
  const flushed: Array<number> = []
  const work: Array<() => void> = []
  const flushing = Flushing.make({
    clock,
    add: (one) => work.push(one),
    flush: () => flushed.push(clock.now())
  })
  const batch = (): void => {
    flushing.recorded()
    flushing.rest()
  }
  const free = (): void => work.splice(0).forEach((one) => one())
  return { clock, flushed, work, batch, free, flushing }
}

describe('a recording is flushed', () => {
  it('at the end of a batch about once a second, and never between two batches', () => {
    const { clock, flushed, work, batch } = rig()
    for (let i = 1; i <= 13; i++) {
      clock.advance(i * 249)
      batch()
    }
    assert.deepEqual(flushed, [1245, 2490])
    assert.deepEqual(work, [])
  })

  it('a second and a half after the last flush, where no further batch comes', () => {
    const { clock, flushed, batch, free } = rig()
    clock.advance(10)
    batch()
    clock.advance(1499)
    free()
    assert.deepEqual(flushed, [])
    clock.advance(1500)
    free()
    assert.deepEqual(flushed, [1500])
    clock.advance(10_000)
    free()
    assert.deepEqual(flushed, [1500])
    assert.equal(clock.pending(), 0)
  })

  it('later than that only while a batch is in progress', () => {
    const { clock, flushed, work, batch, free } = rig()
    batch()
    clock.advance(1500)
    assert.equal(work.length, 1)
    clock.advance(1550)
    free()
    assert.deepEqual(flushed, [1550])
  })

  it('within a second and a half of each record that a batch in progress gives', () => {
    const { clock, flushed, flushing, batch, free } = rig()
    clock.advance(1000)
    batch()
    assert.deepEqual(flushed, [1000])
    flushing.recorded()
    flushing.rest()
    clock.advance(2500)
    free()
    assert.deepEqual(flushed, [1000, 2500])
  })
})
