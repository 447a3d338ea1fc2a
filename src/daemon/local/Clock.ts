/** Time and turns of the event loop, given to the local daemon so that a test can own them. */
import * as Timer from '../../edge/Timer'

export interface Clock {
  /** Milliseconds since 1970 by a clock that never goes back. */
  readonly now: () => number
  /** Calls back after so many milliseconds, unless what it returns is called before. */
  readonly later: (ms: number, then: () => void) => () => void
  /** Calls back in the next turn of the event loop. */
  readonly soon: (then: () => void) => void
}

export const real: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  later: Timer.after,
  soon: (then) => {
    setImmediate(then)
  }
}
