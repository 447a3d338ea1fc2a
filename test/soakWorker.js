'use strict'
/**
 * `npm run soak:worker`: `kclts run` with Amazon's daemon, and kill -9 at random.
 *
 * Records come all the time while a relay, the daemon, its guardian or the worker itself is killed, stopped or frozen, or
 * another worker comes and is killed. In each round: no record is lost, each shard's records come in order, no checkpoint
 * is above a record that was not seen, a start goes on after the checkpoint, and no process is left. Needs Java and Maven.
 */
const { parseArgs } = require('node:util')
const Needs = require('./daemon/stage/Needs')
const { perform, plural, count, seconds, wholeNumber } = require('./soak/Steps')
const WorkerPlan = require('./soak/WorkerPlan')

const usage = `Usage: npm run soak:worker -- [--rounds N] [--seed S]

  --rounds N  how many kills; 18 unless told
  --seed S    where the random numbers begin; by the clock unless told`

const VERSIONS = ['3.1.3']

const LOG_SHOWN = 8000

const describe = ({ way, delay }, { put, again }, ms) =>
  `${way} after ${seconds(delay)}; ${plural(put, 'record')}, ${count(again)} again, ${seconds(ms)}`

/** Out: how many steps passed, and the figures of the leg when it is done; null when something failed. */
const runLeg = async (emulators, { shards, threads, rounds }, total) => {
  const WorkerLeg = require('./soak/WorkerLeg') // it needs what was only just installed
  const leg = await WorkerLeg.open({ emulators, shards, threads })
  let passed = 0
  try {
    for (const plan of rounds) {
      const title = `round ${String(plan.number).padStart(String(total).length)} of ${total}`
      const told = await perform(
        title,
        () => leg.round(plan),
        (...figures) => describe(plan, ...figures)
      )
      if (told === null) return { passed, done: null }
      passed += 1
    }
    const done = await perform(
      `the rest, ${plural(shards, 'shard')} on ${plural(threads, 'thread')}`,
      () => leg.drain(),
      ({ put, again }, ms) => `${plural(put, 'record')}, ${count(again)} again, ${seconds(ms)}`
    )
    return { passed: passed + (done === null ? 0 : 1), done }
  } finally {
    if (passed <= rounds.length) console.log(leg.log().slice(-LOG_SHOWN))
    await leg.close()
  }
}

const soak = async (seed, rounds) => {
  const Emulators = require('./daemon/stage/Emulators')
  const emulators = await Emulators.start()
  const legs = WorkerPlan.make(seed, rounds)
  const began = Date.now()
  const total = { passed: 0, failed: 0, put: 0, again: 0 }
  console.log(`seed ${seed}`)
  try {
    for (const leg of legs) {
      const { passed, done } = await runLeg(emulators, leg, rounds)
      total.passed += passed
      if (done === null) {
        total.failed = 1
        break
      }
      total.put += done.put
      total.again += done.again
    }
  } finally {
    emulators.stop()
  }
  console.log(
    total.failed === 0
      ? `${plural(rounds, 'round')} on ${plural(legs.length, 'stream')}, seed ${seed}, ${seconds(Date.now() - began)}: ` +
          `${plural(total.put, 'record')}, each seen and in the order of its shard, ${count(total.again)} again after a kill; ` +
          `no checkpoint above an unseen record, no process and no pipe left`
      : `\nagain: npm run soak:worker -- --rounds ${rounds} --seed ${seed}`
  )
  console.log(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
  return total.failed
}

const skip = (lacks) => {
  const isRequired = process.env.REQUIRE_DAEMON === '1'
  const words = `the soak of the worker with Amazon's daemon: ${lacks.join(', ')}`
  console.log(isRequired ? `REQUIRED and not run: ${words}` : `SKIPPED ${words}`)
  console.log(isRequired ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped')
  return isRequired ? 1 : 0
}

const main = async () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '18' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      help: { type: 'boolean', short: 'h' }
    }
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const rounds = wholeNumber(usage, 'rounds', values.rounds, 1)
  const seed = wholeNumber(usage, 'seed', values.seed, 0)
  const lacks = Needs.missing(VERSIONS)
  if (lacks.length > 0) return skip(lacks)
  Needs.prepare(VERSIONS)
  Needs.build()
  return soak(seed, rounds)
}

main().then(
  // What hangs in a round that failed does not keep the process.
  (code) => (code === 0 ? undefined : process.exit(code)),
  (problem) => {
    process.exitCode = 1
    console.error(problem.message)
    console.log('0 passed, 1 failed, 0 skipped')
  }
)
