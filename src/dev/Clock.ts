/** Time and turns of the event loop, given to the local daemon so that a test can own them. */
import { monotonic, wall } from '../run/Clock'
import * as Timer from '../run/Timer'
import * as Turn from '../run/Turn'

export interface Clock {
  /** Milliseconds by a clock that is never set: for intervals. */
  readonly now: () => number
  /** Milliseconds since 1970 by the clock that people read. */
  readonly wall: () => number
  /** Calls back after so many milliseconds, unless what it returns is called before. */
  readonly later: (ms: number, then: () => void) => () => void
  /** Calls back in a later turn of the event loop. */
  readonly soon: (then: () => void) => void
  /** When work of the present turn began; now, unless there was some before. */
  readonly turned: (now: number) => number
}

export const real: Clock = {
  now: monotonic,
  wall,
  later: Timer.after,
  soon: Turn.later,
  turned: Turn.since
}
