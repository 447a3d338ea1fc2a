'use strict'
// A handler that waits 5 ms for each record, side by side with the best that a script without a library can do.
const fs = require('node:fs')
const path = require('node:path')
const Contest = require('../Contest')
const Lockstep = require('../Lockstep')
const Peers = require('../Peers')
const Project = require('../Project')
const Wire = require('../Wire')

const RECORDS = 1000
const KEYS = 100
const GOAL = 0.95

const node = (file, ...args) => [process.execPath, [Peers.contestant(file), ...args]]
const kclts = [process.execPath, [path.join(Project.root, 'dist/bin.js'), 'child']]

/** Each of them: its command, its settings, and how many records it may have at work. */
const contestants = {
  'aws-kcl, in sequence': { command: node('slow-aws-kcl.js', 'in sequence'), workers: 1 },
  'aws-kcl, Promise.all': { command: node('slow-aws-kcl.js', 'Promise.all'), workers: RECORDS },
  ...Object.fromEntries(
    [1, 16, 64].flatMap((workers) => [
      [`ideal, ${workers}`, { command: node('slow-ideal.js', String(workers)), workers }],
      [`kclts, concurrency: ${workers}`, { command: kclts, concurrency: workers, workers }]
    ])
  )
}

/**
 * One batch of those that take seconds; of the others twenty, and five before them that are not measured: a worker runs
 * for days, and V8 compiles what is in use within its first second.
 */
const batchesOf = (workers) => (workers === 1 ? { before: 0, measured: 1 } : { before: 5, measured: 20 })

/** Records in a second, by the median batch, and the part of them that were begun out of their key's order. */
const measure = async (project, { command, concurrency = 1, workers }) => {
  const report = path.join(project, 'report')
  const child = Lockstep.start(command, {
    cwd: project,
    env: {
      ...process.env,
      BENCH_REPORT: report,
      KCLTS_HANDLER: './slow.js',
      KCLTS_CONCURRENCY: String(concurrency)
    }
  })
  const { before, measured } = batchesOf(workers)
  const line = Wire.numberedLine(RECORDS, 0, KEYS)
  const took = []
  for (let batch = 0; batch < before + measured; batch++) {
    line.number(batch * RECORDS)
    took.push(child.converse(line))
  }
  await child.end()
  return {
    rate: (RECORDS * 1000) / Contest.median(took.slice(before)),
    outOfOrder: Number(fs.readFileSync(report, 'utf8')) / (RECORDS * (before + measured))
  }
}

const idealOf = (name) => {
  const workers = /concurrency: (\d+)$/.exec(name)?.[1]
  return workers === undefined ? name : `ideal, ${workers}`
}

const run = async ({ project, rounds, progress }) => {
  if (Peers.install(['aws-kcl']).length === 0) return null
  progress(`${rounds} rounds`)
  const measured = await Contest.hold(
    Object.fromEntries(Object.entries(contestants).map(([name, one]) => [name, () => measure(project, one)])),
    rounds
  )
  return { rounds, of: Contest.compare(measured, idealOf) }
}

const isOurs = (name) => idealOf(name) !== name

const tables = ({ of }) => [
  {
    title: 'A handler that waits 5 ms for each record, batches of 1000 records of 100 keys',
    head: ['5 ms a record', 'records/s', 'of the ideal, same round', 'out of order'],
    rows: Object.entries(of).map(([name, { rate, outOfOrder }]) => [
      name,
      rate.median.toFixed(0),
      isOurs(name) ? rate.against.median.toFixed(3) : '',
      `${(100 * outOfOrder.median).toFixed(0)} %`
    ])
  }
]

const problems = ({ of }) =>
  Object.entries(of)
    .filter(
      ([name, { rate, outOfOrder }]) => isOurs(name) && (rate.against.median < GOAL || outOfOrder.median > 0)
    )
    .map(([name]) => `the goal, ${GOAL} of the ideal in order, is missed by ${name}`)

module.exports = {
  name: 'slow',
  title: 'a handler that waits',
  rounds: { full: 10, quick: 1 },
  run,
  tables,
  problems
}
