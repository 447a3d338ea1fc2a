'use strict'
/** What a soak of the worker will do, worked out from its seed before it begins. */
const Random = require('../Random')

/**
 * What happens in a round. The first four die by kill -9; `stop` is SIGTERM to the worker, `interrupt` SIGINT to its
 * process group, both with a new start; `pair` is one of two workers killed, whose shards the other one takes; `stall`
 * a daemon that stands still for longer than the failover time.
 */
const KINDS = ['relay', 'host', 'daemon', 'guardian', 'stop', 'interrupt', 'pair', 'stall']

const LEG = 4 // rounds on one stream, at most: after each death in a row the worker waits longer

const SEEDS = 2 ** 32
const FAILOVER = 3000

/** Each kind once before any comes again. */
const kindsOf = (random, rounds) => {
  const kinds = []
  while (kinds.length < rounds) {
    const left = [...KINDS]
    while (left.length > 0) kinds.push(left.splice(random.between(0, left.length - 1), 1)[0])
  }
  return kinds
}

/** With a second worker a round takes longer: the KCL moves shards from one to the other at its leisure. */
const isOfTwo = (random, kind) => kind === 'pair' || (kind === 'stall' && random.chance(0.4))

const roundOf = (random, kind, number) => ({
  number,
  kind,
  workers: isOfTwo(random, kind) ? 2 : 1,
  /** Which worker, and which of its relays. */
  which: random.real(),
  other: random.real(),
  /** Milliseconds from the first record that is seen in this round. */
  delay: random.between(0, 2500),
  /** Milliseconds to a second strike, which hits the worker while it starts; null: there is none. */
  again:
    ['relay', 'host', 'daemon', 'guardian'].includes(kind) && random.chance(0.4)
      ? random.between(0, 5000)
      : null,
  /** How long a daemon stands still. */
  stall: random.between(FAILOVER + 1000, FAILOVER + 3000)
})

/** How much the worker gets done in a second, at least: what is put must be less. */
const capacityOf = ({ shards, maxRecords, pace }) =>
  Math.min(500, shards * maxRecords * 4, pace === 0 ? Infinity : 1000 / (pace + 0.2))

/** What the worker is given, and what it is set to. */
const settingsOf = (random) => {
  const settings = {
    shards: random.between(1, 8),
    threads: random.between(1, 2),
    maxRecords: random.pick([10, 100, 1000]),
    /** Milliseconds that the handler takes. */
    pace: random.pick([0, 1, 3]),
    checkpoint: { interval: random.pick(['200ms', '1s', '3s']), count: random.pick([0, 10, 200]) }
  }
  return { ...settings, rate: Math.ceil(0.4 * capacityOf(settings)) }
}

/** In: a seed and how many rounds. Out: the legs, each with its settings and `rounds`; the same for the same seed. */
const make = (seed, rounds) => {
  const random = Random.make(seed % SEEDS)
  const kinds = kindsOf(random, rounds)
  return Array.from({ length: Math.ceil(rounds / LEG) }, (_, leg) => ({
    ...settingsOf(random),
    seed: random.between(0, SEEDS - 1),
    rounds: Array.from({ length: Math.min(LEG, rounds - leg * LEG) }, (__, i) =>
      roundOf(random, kinds[leg * LEG + i], leg * LEG + i + 1)
    )
  }))
}

module.exports = { KINDS, make }
