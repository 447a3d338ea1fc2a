'use strict'
// What recording in full costs, at the most that a shard of Kinesis gives: the CPU of a record, the thread that writes among
// it, and how long a round trip takes on the thread of the handler. An interpreter without pipes, in a process of its own.
const { execFile } = require('node:child_process')
const path = require('node:path')
const { promisify } = require('node:util')
const Contest = require('../Contest')
const Taped = require('../Taped')

const BATCHES = { full: 200, quick: 40 }
/** The payloads whose round trips are compared; of the others, fewer batches show the CPU. */
const MAIN = 'events'
const FEWER = 4
const FILE = path.join(__dirname, '..', 'Taped.js')

const OTHERS = Object.keys(Taped.PAYLOADS).filter((payload) => payload !== MAIN)

const MUST = { microseconds: 10, p99: 1.1 }

/** A round of a process that is started as the wrapper starts a child. */
const measure = async (isRecorded, batches, payload = MAIN) => {
  const env = { ...process.env, MALLOC_ARENA_MAX: '2' }
  const args = [...Taped.FLAGS, FILE, String(isRecorded), String(batches), payload]
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
    {
      without: () => measure(false, batches),
      recorded: () => measure(true, batches),
      ...Object.fromEntries(OTHERS.map((payload) => [payload, () => measure(true, batches / FEWER, payload)]))
    },
    rounds
  )
  return {
    rounds,
    batches,
    without: summary(measured.without),
    recorded: summary(measured.recorded),
    others: Object.fromEntries(OTHERS.map((payload) => [payload, summary(measured[payload])]))
  }
}

const all = ({ recorded, others }) => ({ [MAIN]: recorded, ...others })

const problems = (found) => [
  ...Object.entries(all(found))
    .map(([payload, { micros }]) => [payload, micros - found.without.micros])
    .filter(([, added]) => added > MUST.microseconds)
    .map(([payload, added]) => `recording ${payload}: ${added.toFixed(1)} us of CPU for a record`),
  ...(found.recorded.p99 / found.without.p99 > MUST.p99
    ? [
        `recording: the p99 of a round trip is ${(found.recorded.p99 / found.without.p99).toFixed(2)} times as long`
      ]
    : [])
]

const row = (name, { micros, median, p99 }, hasTail) => [
  name,
  `${micros.toFixed(1)} us`,
  `${median.toFixed(2)} ms`,
  hasTail ? `${p99.toFixed(2)} ms` : ''
]

const tables = (found) => [
  {
    title: `A shard at ${Taped.LIMIT / 1e6} MB a second, in batches of ${Math.min(...Taped.SIZES)} to ${Math.max(...Taped.SIZES)} records of ${Taped.BYTES} bytes`,
    head: ['', 'CPU of a record', 'p50 of a round trip', 'p99'],
    rows: [
      row('not recorded', found.without, true),
      row(`${MAIN}, recorded in full`, found.recorded, true),
      ...Object.entries(found.others ?? {}).map(([payload, figures]) =>
        row(`${payload}, recorded in full`, figures, false)
      )
    ]
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
