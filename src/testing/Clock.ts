/** Virtual time, which moves when it is told to: from one thing that is due to the next, at once. */

export interface Clock {
  /** Milliseconds by the clock that deadlines, retries and intervals go by. */
  readonly now: () => number
  /** Milliseconds since 1970 by the clock that people read: the same as `now` until it is set. */
  readonly wall: () => number
  /** Sets the clock that people read forward, or back, as NTP does; what measures intervals does not notice. */
  readonly set: (by: number) => void
  /** A promise that is kept after so many milliseconds: what the effects of a handler take, in a test. */
  readonly after: (ms: number) => Promise<void>
  /** Calls back at the given time. */
  readonly at: (time: number, then: () => void) => void
  /** When the next of them is due; null when there is none. */
  readonly next: () => number | null
  /** Moves on by so many milliseconds and calls nothing back: work that blocks. */
  readonly spend: (ms: number) => void
  /** Moves to the time, and calls back what is due by then; false when nothing was. */
  readonly advance: (until: number) => boolean
}

interface Appointment {
  readonly time: number
  readonly then: () => void
}

/** @param start milliseconds since 1970 at the beginning */
export const make = (start = 0): Clock => {
  let now = start
  let ahead = 0
  let appointments: ReadonlyArray<Appointment> = []

  const at = (time: number, then: () => void): void => {
    const later = appointments.findIndex((one) => one.time > time)
    const place = later < 0 ? appointments.length : later
    appointments = [...appointments.slice(0, place), { time, then }, ...appointments.slice(place)]
  }

  return {
    now: () => now,
    wall: () => now + ahead,
    set: (by) => {
      ahead += by
    },
    at,
    after: (ms) => new Promise((resolve) => at(now + ms, resolve)),
    spend: (ms) => {
      now += ms
    },
    next: () => appointments[0]?.time ?? null,
    advance: (until) => {
      let isDue = false
      for (let first = appointments[0]; first !== undefined && first.time <= until; first = appointments[0]) {
        isDue = true
        appointments = appointments.slice(1)
        now = Math.max(now, first.time)
        first.then()
      }
      now = Math.max(now, until)
      return isDue
    }
  }
}
