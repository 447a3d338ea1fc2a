'use strict'
// What recording in full costs, at the most that a shard of Kinesis gives: the CPU of a record, the thread that writes among
// it, and how long a round trip takes on the thread of the handler. An interpreter without pipes, in a process of its own.
const { execFile } = require('node:child_process')
const path = require('node:path')
const { promisify } = require('node:util')
const Contest = require('../Contest')
const Taped = require('../Taped')

const BATCHES = { full: 200, quick: 40 }
const FILE = path.join(__dirname, '..', 'Taped.js')

const MUST = { microseconds: 10, p99: 1.1 }

/** A round of a process that is started as the wrapper starts a child. */
const measure = async (isRecorded, batches) => {
  const env = { ...process.env, MALLOC_ARENA_MAX: '2' }
  const args = [...Taped.FLAGS, FILE, String(isRecorded), String(batches)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env })
  return JSON.parse(stdout)
}

/** The round trips of all rounds together: those of one round that are longer than its p99 are two. */
const summary = (rounds) => {
  const times = rounds.flatMap((round) => round.times).sort((a, b) => a - b)
  return {
    micros: Contest.median(rounds.map(({ micros }) => micros)),
    median: Contest.median(times),
    p99: times[Math.floor(times.length * 0.99)]
  }
}

const run = async ({ rounds, quick, progress }) => {
  const batches = quick ? BATCHES.quick : BATCHES.full
  progress(`${rounds} rounds`)
  const measured = await Contest.takeTurns(
    { without: () => measure(false, batches), recorded: () => measure(true, batches) },
    rounds
  )
  return {
    rounds,
    batches,
    without: summary(measured.without),
    recorded: summary(measured.recorded)
  }
}

const problems = ({ without, recorded }) => [
  ...(recorded.micros - without.micros > MUST.microseconds
    ? [`recording: ${(recorded.micros - without.micros).toFixed(1)} us of CPU for a record`]
    : []),
  ...(recorded.p99 / without.p99 > MUST.p99
    ? [`recording: the p99 of a round trip is ${(recorded.p99 / without.p99).toFixed(2)} times as long`]
    : [])
]

const tables = ({ without, recorded }) => [
  {
    title: `A shard at ${Taped.LIMIT / 1e6} MB a second, in batches of ${Math.min(...Taped.SIZES)} to ${Math.max(...Taped.SIZES)} records of ${Taped.BYTES} bytes`,
    head: ['', 'CPU of a record', 'p50 of a round trip', 'p99'],
    rows: [
      ['not recorded', without],
      ['recorded in full', recorded]
    ].map(([name, { micros, median, p99 }]) => [
      name,
      `${micros.toFixed(1)} us`,
      `${median.toFixed(2)} ms`,
      `${p99.toFixed(2)} ms`
    ])
  }
]

module.exports = {
  name: 'record',
  title: 'what recording costs a record, and a round trip',
  rounds: { full: 5, quick: 1 },
  run,
  tables,
  problems
}
