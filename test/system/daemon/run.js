'use strict'
/**
 * The tests against Amazon's real daemon: `node test/system/daemon/run.js [--quick] [--probe] [--kcl VERSION] [FILE]...`.
 *
 * They need Java 17 and Maven. Without them they are skipped, loudly, or failed where REQUIRE_DAEMON=1.
 * `--quick` is the part that `npm test` runs and takes the package as it is built; `--probe` only says what is missing.
 * `--kcl` takes another version of the KCL than 3.1.3. FILE is the name of a file of tests, such as `worker`: these alone are run.
 * Exit codes: 0 passed or skipped, 1 failed, 3 (probe) something is missing.
 */
const { spawn } = require('node:child_process')
const path = require('node:path')
const { parseArgs } = require('node:util')

const QUICK = ['quick']
/** Three files run at a time: a daemon spends most of a test waiting. */
const ALL = [
  'worker',
  'workerStop',
  'workerPlace',
  'workerOutage',
  'workerReads',
  'leases',
  'main',
  'handover',
  'handoverFleet',
  'handoverMoments',
  'singleTable',
  'aws',
  'properties',
  'stream',
  'shards',
  'captures',
  'compat',
  'effects',
  'outputs',
  'quick',
  'records',
  'plan',
  'programs',
  'local'
]

/** What takes several minutes: only by name, as `.ci/full` does. */
const BY_NAME = ['heap']

/** Those whose subject is one version run with that version, or by name. */
const OF_ONE_VERSION = {
  handover: '3.5.1',
  handoverFleet: '3.5.1',
  handoverMoments: '3.5.1',
  singleTable: '3.5.1'
}

const filesFor = (version) => ALL.filter((name) => (OF_ONE_VERSION[name] ?? version) === version)

const countIn = (output, word) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)

/** Runs node:test with its own report on our stdout, and closes with its counts in one line. */
const test = (names) =>
  new Promise((resolve) => {
    const files = names.map((name) => path.join(__dirname, `${name}.test.js`))
    const options = ['--test', '--test-reporter=spec', '--test-concurrency=3', '--test-timeout=1500000']
    const runner = spawn(process.execPath, [...options, ...files], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true
    })
    // node --test does not hand a signal on: it goes to the group, where each test file ends its daemons.
    for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.kill(-runner.pid, name))
    let output = ''
    runner.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
      process.stdout.write(text)
    })
    runner.once('close', (code) => {
      const failed = countIn(output, 'fail') + countIn(output, 'cancelled')
      console.log(
        `${countIn(output, 'pass')} passed, ${failed} failed, ${countIn(output, 'skipped')} skipped`
      )
      resolve(code === 0 ? 0 : 1)
    })
  })

const skip = (lacks, required) => {
  const words = `the tests against Amazon's daemon: ${lacks.join(', ')}`
  console.log(required ? `REQUIRED and not run: ${words}` : `SKIPPED ${words}`)
  console.log(required ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped')
  return required ? 1 : 0
}

const main = async () => {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean' }, probe: { type: 'boolean' }, kcl: { type: 'string' } },
    allowPositionals: true
  })
  const unknown = positionals.filter((name) => ![...ALL, ...BY_NAME].includes(name))
  if (unknown.length > 0)
    throw new Error(`no file of tests: ${unknown.join(', ')}. There are ${[...ALL, ...BY_NAME].join(', ')}.`)
  // For the files' own processes, and before Jars reads it.
  if (values.kcl !== undefined) process.env.TEST_KCL = values.kcl
  const Jars = require('./stage/Jars')
  const Needs = require('./stage/Needs')
  if (!Jars.KNOWN.includes(Jars.CURRENT))
    throw new Error(`--kcl: found ${Jars.CURRENT}, expected one of ${Jars.KNOWN.join(', ')}`)
  const quick = values.quick === true
  // `main` starts each version that there is.
  const versions = quick ? [Jars.CURRENT] : Jars.KNOWN
  const lacks = Needs.missing(versions)
  if (values.probe) {
    console.log(lacks.length === 0 ? 'nothing is missing' : lacks.join('\n'))
    return lacks.length === 0 ? 0 : 3
  }
  if (lacks.length > 0) return skip(lacks, process.env.REQUIRE_DAEMON === '1')
  Needs.prepare(versions)
  if (!quick) Needs.build()
  if (quick) return test(QUICK)
  return test(positionals.length > 0 ? positionals : filesFor(Jars.CURRENT))
}

main().then(
  (code) => (process.exitCode = code),
  (problem) => {
    process.exitCode = 1
    console.error(problem.message)
  }
)
