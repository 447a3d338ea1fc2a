/** Time that passes only when nothing else is left to do, for code that awaits promises between its timers. */
import type { World } from '../../src/sinks/Outbox'
import { clock } from '../../src/run/Turn'
import * as VirtualClock from '../../src/testing/VirtualClock'

export interface Time extends World {
  /** Lets all promises go as far as they go, and time pass from one timer to the next, until the given time. */
  readonly run: (until?: number) => Promise<void>
  /** A promise that is kept after so many milliseconds. */
  readonly passed: (millis: number) => Promise<void>
  /** Timers that are set. */
  readonly timers: () => number
}

/** Time as it passes, for what speaks to a server. */
export const real: World = { ...clock, random: Math.random }

/** `random`: what the jitter is made of. */
export const make = (random: () => number = () => 1): Time => {
  const { now, later, pending, step, advance } = VirtualClock.make()
  return {
    now,
    random,
    later,
    passed: (millis) => new Promise((resolve) => later(millis, resolve)),
    timers: pending,
    run: async (until = Infinity) => {
      do await new Promise(setImmediate)
      while (step(until))
      if (until !== Infinity) advance(until)
    }
  }
}
