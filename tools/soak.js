'use strict'
/**
 * `npm run soak`: Amazon's daemon with real children that write into a real PostgreSQL, and kill -9 at random.
 *
 * A round puts records while a worker runs, kills a child, the daemon or both, lets PostgreSQL crash now and then,
 * and compares: no checkpoint is above what the table holds, and each key's rows are in order. After at most ten rounds
 * on one stream the rest is worked off: then the table holds every record exactly once. Needs Java 17 and Maven.
 */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const Jars = require('../test/system/daemon/stage/Jars')
const Needs = require('../test/system/daemon/stage/Needs')
const Plan = require('./soak/Plan')
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

const usage = `Usage: npm run soak -- [--rounds N] [--seed S] [--kcl V] [--keep]

  --rounds N  the number of kills (default: 20)
  --seed S    the seed of the random numbers (default: from the clock)
  --kcl V     the version of the KCL: 3.5.1, 3.1.3 or 2.5.4 (default: 3.1.3)
  --keep      keep the logs even if the run passes`

const describe = ({ way, victim, isEarly, crashes }, { delay, rows, put }, ms) =>
  `${way}, ${victim} killed after ${seconds(delay)}${isEarly ? ' (early)' : ''}` +
  `${crashes === 0 ? '' : `, PostgreSQL crashed ${plural(crashes, 'time')}`}; ` +
  `${count(rows)} of ${plural(put, 'row')}, ${seconds(ms)}`

/** Out: how many steps passed, and the figures of the leg when it was worked off; null when something failed. */
const runLeg = async (world, { shards, rounds, last }, number, total) => {
  const Leg = require('./soak/Leg') // it needs what was only just installed
  const folder = path.join(world.folder, `leg-${number}`)
  const leg = await Leg.open({ ...world, folder, name: `soak_${number}`, shards })
  let passed = 0
  let done = null
  try {
    for (const plan of rounds) {
      const title = `round ${String(plan.number).padStart(String(total).length)} of ${total}`
      const told = await perform(
        title,
        () => leg.round(plan),
        (...figures) => describe(plan, ...figures)
      )
      if (told === null) return { passed, done }
      passed += 1
    }
    done = await perform(
      `the rest, ${last} on ${shards} shards`,
      () => leg.drain(last),
      ({ rows, put, again }, ms) =>
        `${count(rows)} of ${plural(put, 'row')}, ${count(again)} written again, ${seconds(ms)}`
    )
    return { passed: passed + (done === null ? 0 : 1), done }
  } finally {
    await leg.close(done === null)
  }
}

const soak = async ({ seed, rounds, version, keep }) => {
  const Emulators = require('../test/system/daemon/stage/Emulators')
  const Postgres = require('../test/system/services/postgres')
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-soak-'))
  console.log(`seed ${seed}; logs in ${folder}`)
  const began = Date.now()
  const [emulators, postgres] = await Promise.all([Emulators.start(Emulators.Kinesalite), Postgres.start()])
  const total = { passed: 0, failed: 0, rows: 0, again: 0 }
  const legs = Plan.make(seed, rounds)
  try {
    for (const [i, leg] of legs.entries()) {
      const { passed, done } = await runLeg({ emulators, postgres, folder, version }, leg, i + 1, rounds)
      total.passed += passed
      if (done === null) {
        total.failed = 1
        break
      }
      total.rows += done.rows
      total.again += done.again
    }
  } finally {
    await postgres.stop()
    emulators.stop()
  }
  if (total.failed === 0) {
    console.log(
      `${plural(rounds, 'round')} on ${plural(legs.length, 'stream')}, seed ${seed}, ${minutes(Date.now() - began)}: ` +
        `${plural(total.rows, 'row')}, each there exactly once and in the order of its key; ` +
        `${count(total.again)} were written again and changed nothing; ` +
        `no checkpoint above the table, no dead letter`
    )
    if (!keep) fs.rmSync(folder, { recursive: true, force: true })
  } else {
    console.log(`\nwhat was put, the rows, the leases and the logs are in ${folder}`)
    console.log(`again: npm run soak -- --rounds ${rounds} --seed ${seed} --kcl ${version}`)
  }
  console.log(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
  return total.failed
}

const WHAT = "the soak of Amazon's daemon and PostgreSQL"

const isRequired = () => process.env.REQUIRE_DAEMON === '1' || process.env.REQUIRE_SERVICES === '1'

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
  if (lacks.length > 0) return skip(WHAT, lacks, isRequired())
  Needs.prepare([version])
  Needs.install('test/system/services')
  const noPostgres = require('../test/system/services/postgres').missing()
  if (noPostgres !== null) return skip(WHAT, [noPostgres], isRequired())
  Needs.build()
  return soak({ seed, rounds, version, keep: values.keep })
}

void end(main)
