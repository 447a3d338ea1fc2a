'use strict'
/**
 * `npm run soak:worker`: `kclts run` with Amazon's daemon, while records are put all the time and something dies.
 *
 * After each round everything that was put is worked off, and compared: no record is lost or out of its order, none
 * comes again that a checkpoint had covered, no checkpoint was ahead of a record, and no process, pipe or folder is
 * left over. Needs Java 17 and Maven.
 */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const Jars = require('../test/system/daemon/stage/Jars')
const Needs = require('../test/system/daemon/stage/Needs')
const {
  count,
  end,
  minutes,
  oneOf,
  options,
  perform,
  plural,
  seconds,
  skip,
  wholeNumber
} = require('./soak/Steps')
const Plan = require('./soak/worker/Plan')

const usage = `Usage: npm run soak:worker -- [--rounds N] [--seed S] [--kcl V] [--keep]

  --rounds N  the number of kills and stops (default: 20)
  --seed S    the seed of the random numbers (default: from the clock)
  --kcl V     the version of the KCL: 3.5.1, 3.1.3 or 2.5.4 (default: 3.1.3)
  --keep      keep the logs even if the run passes`

const WORDS = {
  relay: 'a relay killed',
  host: 'the worker killed',
  daemon: 'the daemon killed',
  guardian: 'the guardian killed',
  stop: 'SIGTERM',
  interrupt: 'SIGINT to the group',
  pair: 'one killed for good',
  stall: 'the daemon stopped and continued'
}

const describe = ({ kind, workers, delay, again, stall }, { put, seen, took }, ms) =>
  `${plural(workers, 'worker')}, ${WORDS[kind]} after ${seconds(delay)}` +
  (kind === 'stall' ? `, for ${seconds(stall)}` : '') +
  (again === null ? '' : ` and again after ${seconds(again)}`) +
  `; ${plural(put, 'record')}, ${count(seen - put)} of them again, worked off in ${seconds(took)}; ${seconds(ms)}`

const settingsOf = ({ shards, threads, maxRecords, pace, rate, checkpoint }) =>
  `${plural(shards, 'shard')}, ${plural(threads, 'thread')}, batches of ${maxRecords}, ${pace} ms a record, ` +
  `about ${rate} records a second, checkpoints by ${JSON.stringify(checkpoint)}`

const LINES_SHOWN = 40

const tell = (leg) => {
  for (const { pid, lines } of leg.logs(LINES_SHOWN))
    console.log(`\n    the end of the log of ${pid}:\n    ${lines.join('\n    ')}`)
}

/** Out: how many steps passed, and the figures of the leg at its end; null when something failed. */
const runLeg = async (emulators, folder, plan, number, total) => {
  const Leg = require('./soak/worker/Leg') // it needs what was only just installed
  console.log(`stream ${number}: ${settingsOf(plan)}`)
  const leg = await Leg.open(emulators, path.join(folder, String(number)), `soak-${number}`, plan)
  const abort = () => {
    leg.kill() // they have groups of their own, and do not hear of Ctrl-C
    process.exit(130)
  }
  process.once('SIGINT', abort)
  let passed = 0
  let done = null
  try {
    for (const round of plan.rounds) {
      const title = `round ${String(round.number).padStart(String(total).length)} of ${total}`
      const line = (...figures) => describe(round, ...figures)
      if ((await perform(title, () => leg.round(round), line)) === null) return { passed, done }
      passed += 1
    }
    const line = ({ put }, ms) => `${plural(put, 'record')}, nothing left over, ${seconds(ms)}`
    done = await perform('stopped', () => leg.end(), line)
    return { passed: passed + (done === null ? 0 : 1), done }
  } finally {
    process.off('SIGINT', abort)
    if (done === null) tell(leg)
    await leg.close(done === null)
  }
}

const soak = async ({ seed, rounds, version, keep }) => {
  const Emulators = require('../test/system/daemon/stage/Emulators')
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-soak-'))
  console.log(`seed ${seed}; logs in ${folder}`)
  const began = Date.now()
  const emulators = await Emulators.start(Emulators.Kinesalite)
  const total = { passed: 0, failed: 0, put: 0, again: 0 }
  const legs = Plan.make(seed, rounds)
  try {
    for (const [i, leg] of legs.entries()) {
      const { passed, done } = await runLeg(emulators, folder, { ...leg, version }, i + 1, rounds)
      total.passed += passed
      if (done === null) {
        total.failed = 1
        break
      }
      total.put += done.put
      total.again += done.seen - done.put
    }
  } finally {
    emulators.stop()
  }
  if (total.failed === 0) {
    console.log(
      `${plural(rounds, 'round')} on ${plural(legs.length, 'stream')}, seed ${seed}, ${minutes(Date.now() - began)}: ` +
        `${plural(total.put, 'record')}, none lost, each in the order of its shard; ` +
        `${count(total.again)} came again, none that was covered; ` +
        `no checkpoint too early, no process, pipe or folder left over`
    )
    if (!keep) fs.rmSync(folder, { recursive: true, force: true })
  } else {
    console.log(`\nwhat was put, the notes of the handlers, the checkpoints and the logs are in ${folder}`)
    console.log(`again: npm run soak:worker -- --rounds ${rounds} --seed ${seed} --kcl ${version}`)
  }
  console.log(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
  return total.failed
}

const main = async () => {
  const { values } = parseArgs({ options })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const rounds = wholeNumber(usage, 'rounds', values.rounds, 1)
  const seed = wholeNumber(usage, 'seed', values.seed, 0)
  const version = oneOf(usage, 'kcl', values.kcl, Jars.KNOWN)
  const lacks = Needs.missing([version])
  if (lacks.length > 0) return skip('the soak of kclts run', lacks, process.env.REQUIRE_DAEMON === '1')
  Needs.prepare([version])
  Needs.build()
  return soak({ seed, rounds, version, keep: values.keep })
}

void end(main)
