'use strict'
/** Contestants that take turns, and what their figures come to. */
const os = require('node:os')

const quantile = (numbers, part) => {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * part)]
}

const median = (numbers) => quantile(numbers, 0.5)

/** The middle one, and where eight tenths of them are. */
const spread = (numbers) => ({
  median: median(numbers),
  low: quantile(numbers, 0.1),
  high: quantile(numbers, 0.9)
})

const geometricMean = (numbers) =>
  Math.exp(numbers.reduce((sum, number) => sum + Math.log(number), 0) / numbers.length)

/** Each figure against the other's of the same round, which a noisy machine disturbs less than the ratio of the medians. */
const ratios = (numbers, others) => numbers.map((number, round) => number / others[round])

const ratio = (numbers, others) => median(ratios(numbers, others))

/**
 * For each contestant and each of its figures: the spread, and `against`, that of its ratio to what another had in the
 * same turn, unless that was nothing.
 *
 * @param baseOf the name of that other one
 */
const compare = (measured, baseOf) =>
  Object.fromEntries(
    Object.entries(measured).map(([name, samples]) => [
      name,
      Object.fromEntries(
        Object.keys(samples[0]).map((key) => {
          const numbers = samples.map((sample) => sample[key])
          const others = measured[baseOf(name)].map((sample) => sample[key])
          const against = others.includes(0) ? {} : { against: spread(ratios(numbers, others)) }
          return [key, { ...spread(numbers), ...against }]
        })
      )
    ])
  )

/**
 * Lets each contestant run once a round; every round begins with another one, so that none always runs on a machine
 * just woken up.
 *
 * @param contestants by name, functions that give what they measured
 * @returns by name, what was measured in each round
 */
const takeTurns = async (contestants, rounds) => {
  const contest = Object.entries(contestants)
  const measured = Object.fromEntries(contest.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const order = contest.map((_, index) => contest[(index + round) % contest.length])
    for (const [name, run] of order) measured[name].push(await run())
  }
  return measured
}

/** The same after a round that does not count: it fills the file cache. */
const hold = async (contestants, rounds) => {
  await takeTurns(contestants, 1)
  return takeTurns(contestants, rounds)
}

const heading = (rounds) =>
  `Node ${process.versions.node}, ${os.cpus().length} cores, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`

module.exports = { compare, geometricMean, heading, hold, median, quantile, ratio, ratios, spread, takeTurns }
