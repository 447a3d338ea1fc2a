import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import * as Clock from '../../src/run/Clock'

/** What Node makes of a longer timer: it fires after 1 ms, with a warning. */
const LONGEST = 2 ** 31 - 1

/** The timers that are asked of Node, none of which is too long. */
const withTimers = (test: (tick: (millis: number) => void) => void): void => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const asked = mock.method(globalThis, 'setTimeout')
  try {
    test((millis) => mock.timers.tick(millis))
    for (const {
      arguments: [, millis]
    } of asked.mock.calls)
      assert.ok(millis !== undefined && millis <= LONGEST, `a timer of ${millis} ms`)
  } finally {
    asked.mock.restore()
    mock.timers.reset()
  }
}

describe('a timer', () => {
  it('fires once, after its time', () =>
    withTimers((tick) => {
      const fired: Array<string> = []
      Clock.later(10, () => fired.push('now'))
      tick(9)
      assert.deepEqual(fired, [])
      tick(20)
      assert.deepEqual(fired, ['now'])
    }))

  it('may be longer than any of Node', () =>
    withTimers((tick) => {
      const fired: Array<string> = []
      Clock.later(2 * LONGEST + 5, () => fired.push('now'))
      tick(LONGEST)
      tick(LONGEST)
      tick(4)
      assert.deepEqual(fired, [])
      tick(1)
      assert.deepEqual(fired, ['now'])
    }))

  it('is called off at any time', () =>
    withTimers((tick) => {
      const fired: Array<string> = []
      const cancel = Clock.later(LONGEST + 5, () => fired.push('now'))
      tick(LONGEST)
      cancel()
      tick(10)
      assert.deepEqual(fired, [])
    }))
})
