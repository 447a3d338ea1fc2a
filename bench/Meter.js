'use strict'
/** What children do with batches: how fast, at what cost, and in how much memory. */
const Contest = require('./Contest')
const Wire = require('./Wire')

/** `1000x100`: batches of so many records with so many bytes of payload each. */
const parseShape = (text) => {
  const [, records, bytes] = /^(\d+)x(\d+)$/.exec(text) ?? []
  return records === undefined ? null : { records: Number(records), bytes: Number(bytes) }
}

const lineOf = (shape) => {
  const { records, bytes } = parseShape(shape)
  return Wire.numberedLine(records, bytes)
}

/**
 * What some round trips come to.
 *
 * @param burst `trips`, and `waited` for checkpoints, in milliseconds; `cpu`, and `delay` by others on the same core, in
 *   nanoseconds
 * @returns `rate` in a second; `cpu` of a record, `p50` and `p99` in microseconds; `batch` and the `latency` of a
 *   checkpoint in milliseconds; `checkpoints` of a batch; `delay` as a part of the time
 */
const sampleOf = ({ trips, records, cpu, delay, checkpoints, waited }) => {
  const took = trips.reduce((sum, trip) => sum + trip, 0)
  return {
    rate: (records * 1000) / took,
    cpu: cpu / 1000 / records,
    delay: delay / 1e6 / took,
    p50: Contest.median(trips) * 1000,
    p99: Contest.quantile(trips, 0.99) * 1000,
    batch: took / trips.length,
    checkpoints: checkpoints / trips.length,
    latency: checkpoints === 0 ? 0 : waited / checkpoints
  }
}

/** Gives the child batches whose numbers go on, again and again, with a rest before each if asked to. */
const feed = (child, line, rests) => {
  let next = 0
  return {
    /** One batch; gives its milliseconds. That its records are numbered first is not in them. */
    batch: () => {
      if (rests) child.rest()
      line.number(next)
      next += line.count
      return child.converse(line)
    },
    fed: () => next
  }
}

/** Batches for at least so many milliseconds, and at least so many of them. */
const burst = (child, feeder, { milliseconds, batches }) => {
  const before = { ...child.schedule(), checkpoints: child.checkpoints(), fed: feeder.fed() }
  const latency = child.waited()
  const trips = []
  for (let took = 0; took < milliseconds || trips.length < batches; took += trips.at(-1))
    trips.push(feeder.batch())
  const { ran, waited } = child.schedule()
  return sampleOf({
    trips,
    records: feeder.fed() - before.fed,
    cpu: ran - before.ran,
    delay: waited - before.waited,
    checkpoints: child.checkpoints() - before.checkpoints,
    waited: child.waited() - latency
  })
}

/**
 * In each round every contestant is started and warmed up; then they take turns with short bursts.
 *
 * @param contestants by name: `start` gives a child of Lockstep, `line` is its batch; `rests`: before each batch, for as
 *   long as a checkpoint takes
 * @param pace `rounds`; `turns` in each; `warm` and `burst`: milliseconds and batches at least
 * @returns by name a sample for each turn of each round; `memory` is the peak of the round, in megabytes
 */
const play = async (contestants, { rounds, turns, warm, burst: short }) => {
  const samples = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const players = []
    try {
      for (const [name, { start, line, rests = false }] of Object.entries(contestants)) {
        const child = start()
        players.push({ name, child, feeder: feed(child, line, rests) })
      }
      for (const { child, feeder } of players) {
        child.hurry(true)
        burst(child, feeder, warm)
        child.hurry(false)
      }
      const measured = await Contest.takeTurns(
        Object.fromEntries(
          players.map(({ name, child, feeder }) => [name, () => burst(child, feeder, short)])
        ),
        turns
      )
      for (const { name, child } of players) {
        const memory = child.peak()
        samples[name].push(...measured[name].map((sample) => ({ ...sample, memory })))
      }
    } finally {
      await Promise.all(players.map(({ child }) => child.end()))
    }
  }
  return samples
}

module.exports = { burst, feed, lineOf, parseShape, play, sampleOf }
