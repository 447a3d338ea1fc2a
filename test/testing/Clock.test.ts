import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Clock } from '../../src/testing'

describe('a clock', () => {
  it('calls back in the order of the times, and of the calls within one', () => {
    const clock = Clock.make(100)
    const called: Array<string> = []
    const note = (name: string) => (): void => void called.push(`${name} at ${clock.now()}`)
    clock.at(120, note('b'))
    clock.at(110, note('a'))
    clock.at(120, note('c'))
    clock.at(130, note('d'))
    assert.equal(clock.next(), 110)
    assert.equal(clock.advance(120), true)
    assert.deepEqual(called, ['a at 110', 'b at 120', 'c at 120'])
    assert.deepEqual([clock.now(), clock.next()], [120, 130])
    assert.equal(clock.advance(125), false)
    assert.equal(clock.now(), 125)
  })

  it('calls back what is due because of a call', () => {
    const clock = Clock.make()
    const called: Array<number> = []
    clock.at(10, () => clock.at(15, () => called.push(clock.now())))
    clock.advance(20)
    assert.deepEqual(called, [15])
  })

  it('never goes back, and calls nothing back while time is spent', () => {
    const clock = Clock.make()
    const called: Array<number> = []
    clock.at(10, () => called.push(clock.now()))
    clock.spend(30)
    assert.deepEqual(called, [])
    assert.equal(clock.advance(9), false)
    assert.equal(clock.advance(20), true)
    assert.deepEqual([called, clock.now()], [[30], 30])
  })

  it('has a wall clock that can be set, which moves no appointment', () => {
    const clock = Clock.make(1000)
    const called: Array<number> = []
    clock.at(1010, () => called.push(clock.wall()))
    clock.set(-86_400_000)
    assert.deepEqual([clock.now(), clock.wall(), clock.next()], [1000, 1000 - 86_400_000, 1010])
    clock.advance(1010)
    assert.deepEqual(called, [1010 - 86_400_000])
  })

  it('keeps a promise after the time', async () => {
    const clock = Clock.make()
    let isKept = false
    const kept = clock.after(5).then(() => {
      isKept = true
    })
    clock.advance(4)
    await Promise.resolve()
    assert.equal(isKept, false)
    clock.advance(5)
    await kept
    assert.equal(isKept, true)
  })
})
