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
/** As many as have a batch in memory at the same time. */
const MANY_SHARDS = 100
const SWEEP = 'interval=5s|20s,count=1000|5000'

/** For the policy in force alone, however many shards there are. */
const MUST = { seconds: 60, megabytes: 200 }

const WAYS = [
  { name: 'the policy in force', shards: SHARDS, more: [], must: true },
  { name: 'and four others', shards: SHARDS, more: ['--sweep', SWEEP], must: false },
  { name: 'the policy in force', shards: MANY_SHARDS, more: [], must: true }
]

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
    const recordingOf = (shards) => {
      const recording = path.join(folder, String(shards))
      if (fs.existsSync(recording)) return recording
      progress(`a recording of ${records} records of ${shards} shards is made`)
      const maker = path.join(__dirname, '..', 'Recording.js')
      execFileSync(process.execPath, [maker, recording, String(records), String(shards)])
      return recording
    }
    const rows = []
    for (const { name, shards, more, must } of WAYS) {
      const recording = recordingOf(shards)
      const found = []
      for (let round = 0; round < rounds; round++) {
        progress(`${name}, ${shards} shards, round ${round + 1}`)
        found.push(measure(recording, more))
      }
      const of = (key) => Contest.median(found.map((one) => one[key]))
      const figures = { seconds: of('seconds'), megabytes: of('megabytes'), isExact: found[0].isExact }
      rows.push({ name, shards, must, ...figures })
    }
    return { rounds, records, rows }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** Of ten million records, however many were measured. */
const scaled = ({ records }, { seconds }) => (seconds * RECORDS.full) / records

const problems = (measured) =>
  measured.rows
    .filter(({ must }) => must)
    .flatMap((row) => [
      [row.shards, scaled(measured, row), MUST.seconds, 's'],
      [row.shards, row.megabytes, MUST.megabytes, 'MB']
    ])
    .filter(([, value, most]) => value > most)
    .map(
      ([shards, value, most, unit]) =>
        `kclts plan, ${shards} shards: ${value.toFixed(0)} ${unit}, and it must be ${most} ${unit}`
    )

const tables = (measured) => [
  {
    title: `kclts plan over ${measured.records / 1e6} million records without data, on one core`,
    head: ['', 'shards', 'seconds', 'for ten million', 'peak MB', 'exact'],
    rows: measured.rows.map((row) => [
      row.name,
      String(row.shards),
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
