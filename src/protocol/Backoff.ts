/** How long to wait before another attempt: the wait doubles with each failure in a row, and part of it is random. */

/** Milliseconds. */
export interface Backoff {
  /** The longest wait after the first failure. */
  readonly first: number
  /** The longest wait after any number of failures. */
  readonly most: number
}

/** So that no power is too large for a number. */
const MOST_DOUBLINGS = 20

/** @param failures in a row, from 1 */
export const longest = ({ first, most }: Backoff, failures: number): number =>
  Math.min(most, first * 2 ** Math.min(failures - 1, MOST_DOUBLINGS))

/**
 * The upper half of the wait is random, so that shards and workers do not retry in step.
 *
 * @param failures in a row, from 1
 * @param random in [0, 1)
 */
export const jittered = (backoff: Backoff, failures: number, random: number): number => {
  const full = longest(backoff, failures)
  return full / 2 + (full / 2) * random
}
