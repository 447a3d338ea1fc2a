'use strict'
/** Random numbers that a seed fixes (mulberry32). */

/**
 * In: a whole number of 0 to 2^32 - 1. Out: `real()` in [0, 1); `between(low, high)`, a whole number, both ends
 * included; `chance(p)`; `pick(list)`, one of a list that is not empty.
 */
const make = (seed) => {
  let state = seed >>> 0
  const real = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (low, high) => low + Math.floor(real() * (high - low + 1))
  return { real, between, chance: (p) => real() < p, pick: (list) => list[between(0, list.length - 1)] }
}

module.exports = { make }
