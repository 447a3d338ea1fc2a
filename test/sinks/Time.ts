/** Time that passes only when nothing else is left to do, for code that awaits promises between its timers. */
import type { Clock } from '../../src/sinks/Outbox'

export interface Time extends Clock {
  /** Lets all promises go as far as they go, and time pass from one timer to the next, until the given time. */
  readonly run: (until?: number) => Promise<void>
  /** A promise that is kept after so many milliseconds. */
  readonly passed: (millis: number) => Promise<void>
  /** Timers that are set. */
  readonly timers: () => number
}

interface Timer {
  readonly at: number
  readonly then: () => void
}

/** Time as it passes, for what speaks to a server. */
export const real: Clock = {
  now: () => performance.now(),
  random: Math.random,
  after: (millis, then) => {
    const timer = setTimeout(then, millis)
    return () => clearTimeout(timer)
  }
}

/** `random`: what the jitter is made of. */
export const make = (random: () => number = () => 1): Time => {
  let now = 0
  let timers: ReadonlyArray<Timer> = []

  const after = (millis: number, then: () => void): (() => void) => {
    const timer = { at: now + millis, then }
    timers = [...timers, timer].sort((a, b) => a.at - b.at)
    return () => {
      timers = timers.filter((other) => other !== timer)
    }
  }

  return {
    now: () => now,
    random,
    after,
    passed: (millis) => new Promise((resolve) => after(millis, resolve)),
    timers: () => timers.length,
    run: async (until = Infinity) => {
      for (;;) {
        await new Promise(setImmediate)
        const [next] = timers
        if (next === undefined || next.at > until) break
        timers = timers.slice(1)
        now = next.at
        next.then()
      }
      if (until !== Infinity) now = until
    }
  }
}
