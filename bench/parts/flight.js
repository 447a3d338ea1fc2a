'use strict'
// What a record costs in the fold while many of its batch are on their way: at work, retrying, delivering, held.
const { execFileSync } = require('node:child_process')
const path = require('node:path')
const Contest = require('../Contest')
const Crowd = require('../Crowd')

const COUNTS = [20_000, 200_000]
const [FROM, TO] = COUNTS

const crowd = path.join(__dirname, '..', 'Crowd.js')

/** The young generation that `kclts-child` has. */
const YOUNG = '--max-semi-space-size=4'

const measure = (situation, count) =>
  JSON.parse(execFileSync(process.execPath, [YOUNG, crowd, situation, String(count)], { encoding: 'utf8' }))

/** One round of a situation: few, then many, so that what else the machine does is much the same for both. */
const pair = (situation) => COUNTS.map((count) => measure(situation, count))

const median = (numbers) => Contest.spread(numbers).median

const rowOf = (situation, pairs) => ({
  situation,
  of: COUNTS.map((count, i) => {
    const of = (key) => median(pairs.map((one) => one[i][key]))
    return { count, nanoseconds: of('nanoseconds'), longest: of('longest'), memory: of('memory') }
  }),
  growth: median(pairs.map(([few, many]) => many.nanoseconds / few.nanoseconds))
})

const run = async ({ rounds, progress }) => {
  const situations = [Crowd.CONTROL, ...Crowd.situations]
  const pairs = new Map(situations.map((situation) => [situation, []]))
  for (let round = 0; round < rounds; round++)
    for (const situation of situations) {
      progress(`${situation}, round ${round + 1}`)
      pairs.get(situation).push(pair(situation))
    }
  return { rounds, rows: situations.map((situation) => rowOf(situation, pairs.get(situation))) }
}

const isControl = ({ situation }) => situation === Crowd.CONTROL

/** The growth of what is left when the cost of the records alone is taken off both figures. */
const netGrowth = ({ rows }, row) => {
  const base = rows.find(isControl)
  const [few, many] = row.of.map(({ nanoseconds }, i) => nanoseconds - base.of[i].nanoseconds)
  return many / few
}

const crowds = ({ rows }) => rows.filter((row) => !isControl(row))

/** The growth of the fold in the worst of all situations. */
const worst = (measured) => Math.max(...crowds(measured).map((row) => netGrowth(measured, row)))

/** What one record among many may cost, against one among few. */
const MUST = 1.3

const problems = (measured) =>
  crowds(measured)
    .map((row) => [row.situation, netGrowth(measured, row)])
    .filter(([, growth]) => growth > MUST)
    .map(
      ([situation, growth]) =>
        `${situation}: a record among ${TO} costs ${growth.toFixed(2)} times what one among ${FROM} does, and it must be ${MUST}`
    )

const tables = (measured) => [
  {
    title: 'CPU time of a record in the fold, by how many records of its batch are in progress',
    head: ['', ...COUNTS.map((count) => `${count}`), 'growth', 'of the fold', 'longest step', 'peak MB'],
    rows: measured.rows.map((row) => [
      row.situation,
      ...row.of.map(({ nanoseconds }) => `${nanoseconds.toFixed(0)} ns`),
      row.growth.toFixed(2),
      isControl(row) ? '' : netGrowth(measured, row).toFixed(2),
      `${row.of[1].longest.toFixed(0)} ms`,
      row.of[1].memory.toFixed(0)
    ])
  }
]

module.exports = {
  MUST,
  worst,
  name: 'flight',
  title: 'what a record costs while many are on their way',
  rounds: { full: 7, quick: 1 },
  run,
  tables,
  problems
}
