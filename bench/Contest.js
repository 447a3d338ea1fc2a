'use strict'
/** Contestants that take turns, and what their times come to. */
const os = require('node:os')

const quantile = (numbers, part) => {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * part)]
}

const median = (numbers) => quantile(numbers, 0.5)

/**
 * Lets each contestant run once a round; every round begins with another one, so that none always runs on a machine
 * just woken up. The first round only fills the file cache.
 *
 * @param contestants by name, functions that give what they measured
 * @returns by name, what was measured in each round
 */
const hold = async (contestants, rounds) => {
  const contest = Object.entries(contestants)
  const measured = Object.fromEntries(contest.map(([name]) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    const order = contest.map((_, index) => contest[(index + Math.max(0, round)) % contest.length])
    for (const [name, run] of order) {
      const result = await run()
      if (round >= 0) measured[name].push(result)
    }
  }
  return measured
}

/** The median of the ratios within a round, which a noisy machine disturbs less than the ratio of the medians. */
const ratio = (numbers, others) => median(numbers.map((number, round) => number / others[round]))

const heading = (rounds) => `Node ${process.versions.node}, ${os.cpus().length} cores, ${rounds} rounds`

module.exports = { heading, hold, median, quantile, ratio }
