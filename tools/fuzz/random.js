'use strict'
// A small seeded generator (mulberry32): the same seed, the same lines, on every machine.

const make = (seed) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  /** A whole number from 0 to limit - 1. */
  const below = (limit) => Math.floor(next() * limit)
  const chance = (probability) => next() < probability
  const pick = (list) => list[below(list.length)]
  return { next, below, chance, pick }
}

/** The seed of the conversation with this number, far from that of its neighbours. */
const seedOf = (seed, number) => Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35)

module.exports = { make, seedOf }
