/**
 * The two clocks of the machine. No other file of src reads a clock; a lint rule keeps it so.
 *
 * - `monotonic` only ever goes forward, at the pace of time: it measures intervals, deadlines and back-offs. It says
 *   nothing about the date, and a suspended machine stops it (CLOCK_MONOTONIC).
 * - `wall` is the time of day, for people and for other machines: the time of a dead letter, of an arrival, of a metric.
 *   NTP, an administrator and the end of a suspension move it, forward or back, so it measures no interval.
 *
 * Both are taken when this module is loaded: what user code puts in the place of `process.hrtime` or `Date.now` later,
 * such as the timers of a test library, does not move them.
 */

/** Time as most code is given it, so that a test can own it: the machine's is `Turn.clock`. All times in milliseconds. */
export interface Clock {
  /** By the monotonic clock. */
  readonly now: () => number
  /** Since 1970, by the wall clock. */
  readonly wall: () => number
  /** Calls back once after the time, unless what it returns is called before. */
  readonly later: (millis: number, then: () => void) => () => void
  /** Calls back in a later turn of the event loop, after those that have waited longer. */
  readonly soon: (then: () => void) => void
  /**
   * When the work of the present turn of the event loop began, over all sessions; now, if none has begun.
   *
   * @param isShort what begins now will hardly take time: a turn of only such work may be taken for a part of the next one
   */
  readonly turned: (now: number, isShort?: boolean) => number
}

/** One moment, by both. */
export interface Time {
  readonly monotonic: number
  readonly wall: number
}

/** Not `performance.now`: it takes as long, has an origin of its own in each thread, and loading it costs 3 ms of a child's start. */
const sinceBoot = process.hrtime.bind(process)

/** Milliseconds since the machine was started, about; the same in all threads and processes. */
export const monotonic = (): number => {
  const [seconds, nanoseconds] = sinceBoot()
  return seconds * 1000 + nanoseconds / 1e6
}

/** Milliseconds since 1970. */
export const wall: () => number = Date.now.bind(Date)

export const time = (): Time => ({ monotonic: monotonic(), wall: wall() })

/** What Node can wait for in one timer: a longer one fires after 1 ms, with a warning. */
const LONGEST = 2 ** 31 - 1

/** Never early: Node cuts off what is less than a millisecond. */
export const later: Clock['later'] = (millis, then) => {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    timer =
      left > LONGEST ? setTimeout(() => wait(left - LONGEST), LONGEST) : setTimeout(then, Math.ceil(left))
  }
  wait(millis)
  return () => clearTimeout(timer)
}

export interface Alarm {
  /** Calls back at the time by `now`, in place of what was set before. */
  readonly set: (at: number, then: () => void) => void
  readonly cancel: () => void
}

export const alarm = ({ now, later }: Pick<Clock, 'now' | 'later'>): Alarm => {
  let cancel = (): void => undefined
  return {
    set: (at, then) => {
      cancel()
      cancel = later(Math.max(0, at - now()), then)
    },
    cancel: () => cancel()
  }
}
