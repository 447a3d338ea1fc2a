/**
 * The two clocks of the machine. No other file of src reads a clock; a lint rule keeps it so.
 *
 * - `monotonic` only ever goes forward, at the pace of time: it measures intervals, deadlines and back-offs. It says
 *   nothing about the date, and a suspended machine stops it (CLOCK_MONOTONIC).
 * - `wall` is the time of day, for people and for other machines: the time of a dead letter, of an arrival, of a metric.
 *   NTP, an administrator and the end of a suspension move it, forward or back, so it measures no interval.
 *
 * Both are taken when this module is loaded: what user code puts in the place of `performance.now` or `Date.now` later,
 * such as the timers of a test library, does not move them.
 */

/** One moment, by both. */
export interface Time {
  readonly monotonic: number
  readonly wall: number
}

/** By the global name, which is a function of Node's, a look takes a third longer. */
const sinceOrigin = performance.now.bind(performance)

/** Each thread has an origin of its own; all of them, and all processes, share the kernel's. */
const origin = Number(process.hrtime.bigint()) / 1e6 - sinceOrigin()

/** Milliseconds since the machine was started, about; the same in all threads. */
export const monotonic = (): number => origin + sinceOrigin()

/** Milliseconds since 1970. */
export const wall: () => number = Date.now.bind(Date)

export const time = (): Time => ({ monotonic: monotonic(), wall: wall() })
