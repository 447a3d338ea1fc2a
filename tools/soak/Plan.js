'use strict'
/**
 * What a soak will do, worked out from its seed before it begins: which records are put and when, which way they
 * are handled, who is killed and when, when PostgreSQL crashes.
 */
const Random = require('./Random')

/** The ways that a record gets into the table: the files of tools/soak/project. */
const WAYS = ['sink', 'effect', 'batch']
/** A child alone; the daemon alone, whose children must find out; the whole process group. */
const VICTIMS = ['child', 'daemon', 'both']

const LEG = 10 // rounds on one stream and one table, at most

const SEEDS = 2 ** 32

const keysOf = (random) =>
  Array.from({ length: random.between(5, 40) }, (_, i) => `${random.pick(['k', 'clé-', '☃'])}${i}`)

/** One entry of a put: a partition key, and the user records that it carries; several of them are an aggregate. */
const entry = (random, keys, number) => ({
  key: random.pick(keys),
  records: Array.from({ length: random.chance(0.1) ? random.between(2, 6) : 1 }, () => ({
    number: number(),
    rows: random.between(1, 3)
  }))
})

/** The first put comes before the daemon starts: it has something to do. The others are spread over its life. */
const putsOf = (random, keys, number) =>
  Array.from({ length: random.between(4, 12) }, (_, i) => ({
    after: i === 0 ? 0 : random.between(0, 8000),
    entries: Array.from({ length: i === 0 ? random.between(200, 700) : random.between(1, 100) }, () =>
      entry(random, keys, number)
    )
  })).sort((a, b) => a.after - b.after)

const roundOf = (seed, at, keys, number) => {
  const random = Random.make((seed + Math.imul(at + 1, 0x9e3779b1)) >>> 0)
  const isEarly = random.chance(0.15)
  return {
    number: at + 1,
    way: WAYS[at % WAYS.length],
    victim: VICTIMS[(at + Math.floor(at / WAYS.length)) % VICTIMS.length],
    /** Milliseconds to the kill, counted from the first row of this life, or (early) from its first child. */
    isEarly,
    delay: isEarly ? random.between(0, 800) : random.between(0, 1500),
    /** Which of the children that live then. */
    which: random.real(),
    /** Crashes of PostgreSQL one after the other, and the milliseconds from the first row to the first of them. */
    crashes: at % 4 === 1 || random.chance(0.2) ? random.between(1, 3) : 0,
    crashAfter: random.between(0, 1000),
    puts: putsOf(random, keys, number)
  }
}

/**
 * In: a seed and how many rounds. Out: the legs, each `{ shards, rounds, last }`, `last` the way to handle the rest; the same for the same seed, whatever
 * comes of it.
 */
const make = (seed, rounds) => {
  const random = Random.make(seed % SEEDS)
  let numbers = 0
  const number = () => (numbers += 1)
  return Array.from({ length: Math.ceil(rounds / LEG) }, (_, leg) => {
    const keys = keysOf(random)
    const first = leg * LEG
    return {
      shards: random.between(2, 4),
      last: WAYS[leg % WAYS.length],
      rounds: Array.from({ length: Math.min(LEG, rounds - first) }, (__, i) =>
        roundOf(seed, first + i, keys, number)
      )
    }
  })
}

module.exports = { make }
