'use strict'
// What a record costs in the fold while many of its batch are on their way: at work, retrying, delivering, held.
const { execFileSync } = require('node:child_process')
const path = require('node:path')
const Crowd = require('../Crowd')

const COUNTS = [2000, 20_000, 200_000]
const [, FROM, TO] = COUNTS
const MUST = 1.3

const crowd = path.join(__dirname, '..', 'Crowd.js')

const measure = (situation, count) =>
  JSON.parse(execFileSync(process.execPath, [crowd, situation, String(count)], { encoding: 'utf8' }))

/** The best of the rounds: whatever else the machine does only adds. */
const best = (situation, count, rounds) => {
  const found = Array.from({ length: rounds }, () => measure(situation, count))
  const least = (key) => Math.min(...found.map((one) => one[key]))
  return { count, nanoseconds: least('nanoseconds'), longest: least('longest'), memory: least('memory') }
}

const run = async ({ rounds, progress }) => ({
  rounds,
  rows: Crowd.situations.map((situation) => {
    progress(situation)
    return { situation, of: COUNTS.map((count) => best(situation, count, rounds)) }
  })
})

const at = ({ of }, count) => of.find((one) => one.count === count)

/** What a record costs among 200,000, against one among 20,000. */
const growthOf = (row) => at(row, TO).nanoseconds / at(row, FROM).nanoseconds

const tables = ({ rows }) => [
  {
    title: 'One record in the fold, by how many of its batch are on their way (CPU time)',
    head: ['', ...COUNTS.map((count) => `${count}`), 'growth', 'longest step', 'peak MB'],
    rows: rows.map((row) => [
      row.situation,
      ...row.of.map(({ nanoseconds }) => `${nanoseconds.toFixed(0)} ns`),
      growthOf(row).toFixed(2),
      `${at(row, TO).longest.toFixed(0)} ms`,
      at(row, TO).memory.toFixed(0)
    ])
  }
]

const problems = ({ rows }) =>
  rows
    .filter((row) => growthOf(row) > MUST)
    .map(
      (row) =>
        `${row.situation}: a record among ${TO} costs ${growthOf(row).toFixed(2)} times what one among ${FROM} does, and it must be ${MUST}`
    )

module.exports = {
  growthOf,
  name: 'flight',
  title: 'what a record costs while many are on their way',
  rounds: { full: 5, quick: 1 },
  run,
  tables,
  problems
}
