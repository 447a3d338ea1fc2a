/** Virtual time, which moves only on request, from one thing that is due to the next. */
import * as VirtualClock from './VirtualClock'

/** A clock that a test moves. */
export interface Clock {
  /** Milliseconds of the clock that deadlines, retries and intervals use. */
  readonly now: () => number
  /** Milliseconds since 1970 by the wall clock: the same as `now` until it is set. */
  readonly wall: () => number
  /** Sets the wall clock forward or back by the given milliseconds, as NTP does. `now` does not change. */
  readonly set: (by: number) => void
  /** A promise that resolves after the given virtual milliseconds: the time that an effect of a handler takes. */
  readonly after: (ms: number) => Promise<void>
  /** Calls back at the given time. */
  readonly at: (time: number, then: () => void) => void
  /** When the next of them is due; null when there is none. */
  readonly next: () => number | null
  /** Moves on by the given milliseconds without calling back: work that blocks. */
  readonly spend: (ms: number) => void
  /** Moves to the given time, and calls back what is due by then; false when nothing was due. */
  readonly advance: (until: number) => boolean
}

/**
 * A clock that stands still until it is moved.
 *
 * @param start milliseconds since 1970 at the beginning
 * @returns the clock
 */
export const make = (start = 0): Clock => {
  const clock = VirtualClock.make(start)
  return { ...clock, after: (ms) => new Promise((resolve) => clock.later(ms, resolve)) }
}
