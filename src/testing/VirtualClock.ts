/** Time that passes only when a test moves it, from one thing that is due to the next. */
import type { Clock } from '../run/Clock'

export interface VirtualClock extends Clock {
  /** Sets the wall clock forward, or back, as NTP does; `now` does not notice. */
  readonly set: (by: number) => void
  /** Calls back at the given time, unless what it returns is called before. */
  readonly at: (time: number, then: () => void) => () => void
  /** When the next callback is due; null when there is none. */
  readonly next: () => number | null
  /** How many callbacks are due, now or later. */
  readonly pending: () => number
  /** Moves on by the given milliseconds without calling back: work that blocks. */
  readonly spend: (ms: number) => void
  /** Moves to the time of the next callback and calls it; false when there is none until the given time. */
  readonly step: (until?: number) => boolean
  /** Moves to the given time, and calls back what is due by then; false when nothing was due. */
  readonly advance: (until: number) => boolean
}

interface Appointment {
  readonly time: number
  readonly then: () => void
}

/** @param start milliseconds since 1970 at the beginning */
export const make = (start = 0): VirtualClock => {
  let now = start
  let ahead = 0
  let appointments: ReadonlyArray<Appointment> = []

  const at = (time: number, then: () => void): (() => void) => {
    const own = { time, then }
    const later = appointments.findIndex((other) => other.time > time)
    const place = later < 0 ? appointments.length : later
    appointments = [...appointments.slice(0, place), own, ...appointments.slice(place)]
    return () => {
      appointments = appointments.filter((other) => other !== own)
    }
  }

  const step = (until = Infinity): boolean => {
    const [first, ...others] = appointments
    if (first === undefined || first.time > until) return false
    appointments = others
    now = Math.max(now, first.time)
    first.then()
    return true
  }

  return {
    now: () => now,
    wall: () => now + ahead,
    later: (ms, then) => at(now + ms, then),
    soon: (then) => void at(now, then),
    turned: (moment) => moment,
    set: (by) => {
      ahead += by
    },
    at,
    next: () => appointments[0]?.time ?? null,
    pending: () => appointments.length,
    spend: (ms) => {
      now += ms
    },
    step,
    advance: (until) => {
      const isDue = step(until)
      while (step(until));
      now = Math.max(now, until)
      return isDue
    }
  }
}
