import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Backlog from '../../src/lab/Backlog'
import * as VirtualClock from '../../src/testing/VirtualClock'

const rig = () => {
  const clock = VirtualClock.make()
  const state = { isBusy: true, isFull: false }
  const done: Array<string> = []
  const rests: Array<number> = []
  const backlog = Backlog.make({
    clock,
    isBusy: () => state.isBusy,
    isFull: () => state.isFull,
    rest: () => rests.push(clock.now())
  })
  const add = (name: string): void => backlog.add(() => done.push(`${name} at ${clock.now()}`))
  return { clock, state, done, rests, backlog, add }
}

describe('the work of the thread that writes', () => {
  it('waits while a batch is in progress, and is done in order after it', () => {
    const { clock, state, done, add } = rig()
    add('a')
    clock.advance(20)
    add('b')
    clock.advance(40)
    assert.deepEqual(done, [])
    state.isBusy = false
    clock.advance(50)
    assert.deepEqual(done, ['a at 45', 'b at 45'])
    assert.equal(clock.pending(), 0)
  })

  it('stops again where the next batch begins meanwhile', () => {
    const { clock, state, done, backlog, add } = rig()
    state.isBusy = false
    backlog.add(() => {
      state.isBusy = true
    })
    add('b')
    clock.advance(50)
    assert.deepEqual(done, [])
    state.isBusy = false
    clock.advance(60)
    assert.deepEqual(done, ['b at 55'])
  })

  it('waits no longer than a tenth of a second, as a handler may wait for others', () => {
    const { clock, done, add } = rig()
    add('a')
    clock.advance(30)
    add('b')
    clock.advance(1000)
    assert.deepEqual(done, ['a at 100', 'b at 130'])
  })

  it('does not wait where much has come together', () => {
    const { clock, state, done, add } = rig()
    add('a')
    state.isFull = true
    clock.advance(1000)
    assert.deepEqual(done, ['a at 5'])
  })

  it('reports when nothing waits any more', () => {
    const { clock, state, rests, add } = rig()
    add('a')
    clock.advance(20)
    assert.deepEqual(rests, [])
    state.isBusy = false
    add('b')
    clock.advance(1000)
    assert.deepEqual(rests, [25])
  })

  it('is finished at once at the end', () => {
    const { clock, done, backlog, add } = rig()
    add('a')
    add('b')
    backlog.finish()
    assert.deepEqual(done, ['a at 0', 'b at 0'])
    clock.advance(1000)
    assert.equal(done.length, 2)
  })
})
