'use strict'
// How long `kclts plan` takes over ten million records without data, on one core, and how much memory.
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const Contest = require('../Contest')
const Project = require('../Project')

const RECORDS = { full: 10_000_000, quick: 1_000_000 }
const SHARDS = 4
const SWEEP = 'interval=5s|20s,count=1000|5000'

/** For the policy in force alone. */
const MUST = { seconds: 60, megabytes: 200 }

const WAYS = {
  'the policy in force': [],
  'and four others': ['--sweep', SWEEP]
}

/** Runs the command in a process of its own, which says at its end what it took. */
const COMMAND = `
const { main } = require(process.argv[1])
process.on('exit', () => process.stderr.write(JSON.stringify({
  seconds: process.uptime(), megabytes: process.resourceUsage().maxRSS / 1024
})))
void main('bench', process.argv.slice(2))`

const measure = (folder, more) => {
  const args = ['-e', COMMAND, path.join(Project.root, 'dist/cli/main.js'), 'plan', folder, '--json', ...more]
  const taken = path.join(folder, '..', 'taken.json')
  const fd = fs.openSync(taken, 'w')
  try {
    const out = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', fd] })
    const { records, isExact } = JSON.parse(out)
    return { records, isExact, ...JSON.parse(fs.readFileSync(taken, 'utf8')) }
  } finally {
    fs.closeSync(fd)
  }
}

const run = async ({ rounds, quick, progress }) => {
  const records = quick ? RECORDS.quick : RECORDS.full
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-bench-plan-'))
  try {
    progress(`a recording of ${records} records is made`)
    const recording = path.join(folder, 'recording')
    execFileSync(process.execPath, [
      path.join(__dirname, '..', 'Recording.js'),
      recording,
      String(records),
      String(SHARDS)
    ])
    const rows = []
    for (const [name, more] of Object.entries(WAYS)) {
      const found = []
      for (let round = 0; round < rounds; round++) {
        progress(`${name}, round ${round + 1}`)
        found.push(measure(recording, more))
      }
      const of = (key) => Contest.median(found.map((one) => one[key]))
      rows.push({ name, seconds: of('seconds'), megabytes: of('megabytes'), isExact: found[0].isExact })
    }
    return { rounds, records, rows }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** Of ten million records, however many were measured. */
const scaled = ({ records }, { seconds }) => (seconds * RECORDS.full) / records

const problems = (measured) => {
  const [now] = measured.rows
  return [
    [scaled(measured, now), MUST.seconds, 's'],
    [now.megabytes, MUST.megabytes, 'MB']
  ]
    .filter(([value, must]) => value > must)
    .map(([value, must, unit]) => `kclts plan: ${value.toFixed(0)} ${unit}, and it must be ${must} ${unit}`)
}

const tables = (measured) => [
  {
    title: `kclts plan over ${measured.records / 1e6} million records of ${SHARDS} shards, without data, on one core`,
    head: ['', 'seconds', 'for ten million', 'peak MB', 'exact'],
    rows: measured.rows.map((row) => [
      row.name,
      row.seconds.toFixed(1),
      scaled(measured, row).toFixed(1),
      row.megabytes.toFixed(0),
      row.isExact ? 'yes' : 'no'
    ])
  }
]

module.exports = {
  name: 'plan',
  title: 'kclts plan over ten million records',
  rounds: { full: 3, quick: 1 },
  isOnOneCore: true,
  run,
  tables,
  problems
}
