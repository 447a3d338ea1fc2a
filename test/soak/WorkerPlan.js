'use strict'
/** What a soak of the worker will do, worked out from its seed before it begins: who is killed, when, among how many records. */
const Random = require('./Random')

/**
 * `relay`: one of a shard's processes, `daemon`, `guardian`: SIGKILL, and the worker starts the daemon again by itself.
 * `host`: SIGKILL to the worker, and the next one at once. `both`: daemon and worker. `stop`: SIGTERM, `interrupt`: Ctrl-C,
 * and the next one. `frozen`: the daemon stands still for longer than its leases last. `second`: another worker comes, takes
 * shards, and is killed.
 */
const WAYS = ['relay', 'host', 'daemon', 'stop', 'guardian', 'both', 'interrupt', 'frozen', 'second']

const LEG = 9 // rounds on one stream, at most

const SEEDS = 2 ** 32

const roundOf = (seed, at) => {
  const random = Random.make((seed + Math.imul(at + 1, 0x9e3779b1)) >>> 0)
  return {
    number: at + 1,
    way: WAYS[(at + seed) % WAYS.length],
    /** Records that are there before, and that come while it happens, in so many pieces. */
    before: random.between(50, 600),
    pieces: Array.from({ length: random.between(1, 6) }, () => random.between(1, 120)),
    /** Milliseconds from the first record of this round that the handler sees. */
    delay: random.between(0, 800),
    /** Which of those that could be meant. */
    which: random.real()
  }
}

/** In: a seed and how many rounds. Out: the legs, each `{ shards, threads, rounds }`; the same for the same seed. */
const make = (seed, rounds) => {
  const random = Random.make(seed % SEEDS)
  return Array.from({ length: Math.ceil(rounds / LEG) }, (_, leg) => ({
    shards: random.between(1, 8),
    threads: random.between(1, 2),
    rounds: Array.from({ length: Math.min(LEG, rounds - leg * LEG) }, (__, i) => roundOf(seed, leg * LEG + i))
  }))
}

module.exports = { WAYS, make }
