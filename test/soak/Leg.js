'use strict'
/** One stream with its lease table, its project and its table: rounds that end in a kill, and then the rest. */
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const Daemon = require('../daemon/stage/Daemon')
const Leases = require('../daemon/stage/Leases')
const Stream = require('../daemon/stage/Stream')
const Ledger = require('./Ledger')
const Project = require('./Project')
const Table = require('./Table')

const VERSION = '3.1.3'

const FIRST_ROW = 60_000 // to start takes the daemon about 5 s
const DAEMON_END = 40_000 // after a child was killed it shuts down its other shards
const CHILDREN_END = 20_000 // a child whose stdin has ended
const DRAIN = 120_000

/**
 * That a child is dead is noticed only when it is next told something; and then the exit waits for the grace, in
 * vain.
 */
const KILLED = { callProcessRecordsEvenForEmptyRecordList: true, shutdownGraceMillis: 200 }

/** Until `test()` is truthy; out: that value, or null after so many milliseconds. */
const within = async (limit, test) => {
  for (const end = Date.now() + limit; ; await sleep(25)) {
    const found = await test()
    if (found) return found
    if (Date.now() > end) return null
  }
}

const dataOf = (record) => JSON.stringify(record)

const put = ({ key, records }) =>
  records.length === 1 ? { key, data: dataOf(records[0]) } : Stream.aggregate(key, records.map(dataOf))

/**
 * In: emulators; a PostgreSQL with `url` and `restart()`; a folder that keeps what is needed to understand a
 * failure; the leg's name; how many shards.
 *
 * Out: `round(plan)` and `drain(way)`, each giving `{ problems, told }`: what contradicts the promise, and figures
 * for a person; `close()`.
 */
const open = async ({ emulators, postgres, folder, name, shards }) => {
  await Stream.create(emulators, name, shards)
  await Leases.create(emulators, VERSION, name, await Stream.shards(emulators, name))
  const table = await Table.create(postgres.url, name)
  const project = Project.create(folder, { database: postgres.url, table: name })
  const wanted = []
  let leases = await Leases.read(emulators, name)
  let daemon = null

  const store = async (entries) => {
    const stored = await Stream.put(emulators, name, entries.map(put))
    wanted.push(...Ledger.expected(stored.map((one, i) => ({ ...one, records: entries[i].records }))))
  }

  const begin = (way, properties) => {
    project.handle(way)
    daemon = Daemon.start({
      version: VERSION,
      emulators,
      project,
      application: name,
      stream: name,
      properties
    })
    const life = { daemon, isOver: false }
    void daemon.exited.then(() => (life.isOver = true))
    return life
  }

  /** What holds at any time at which no child runs. The table is read before the leases: it must be ahead of them. */
  const check = async () => {
    const rows = await table.rows()
    const before = leases
    leases = await Leases.read(emulators, name)
    return {
      rows,
      problems: [
        ...Ledger.uncovered(wanted, rows, leases),
        ...Ledger.foreign(wanted, rows),
        ...Ledger.disordered(rows),
        ...Ledger.backwards(before, leases),
        ...project.deadLetters().map((letter) => `a dead letter: ${letter}`)
      ]
    }
  }

  const strike = async ({ victim, which }) => {
    const children = project.children()
    if (victim === 'child') process.kill(children[Math.floor(which * children.length)], 'SIGKILL')
    else if (victim === 'daemon') await daemon.killAlone()
    else await daemon.kill()
  }

  /** The victim is dead; all others of this life must end by themselves. */
  const end = async (life) => {
    const problems = []
    if (!(await within(DAEMON_END, () => life.isOver)))
      problems.push(`the daemon still ran ${DAEMON_END / 1000} s after one of its children was killed`)
    else if (!(await within(CHILDREN_END, () => project.children().length === 0)))
      problems.push(
        `children still ran ${CHILDREN_END / 1000} s after their daemon: ${project.children().join(', ')}`
      )
    await daemon.kill() // one that was only just starting
    return problems
  }

  const round = async (plan) => {
    const [first, ...others] = plan.puts
    await store(first.entries)
    const before = await table.count()
    const life = begin(plan.way, KILLED)
    const struck = new AbortController()
    const began = Date.now()
    const putting = (async () => {
      for (const { after, entries } of others) {
        await sleep(began + after - Date.now(), undefined, { signal: struck.signal }).catch(() => {})
        await store(entries)
      }
    })()
    const isBusy = async () =>
      project.children().length > 0 && (plan.isEarly || (await table.count()) > before)
    const isReady = await within(FIRST_ROW, async () => life.isOver || (await isBusy()))
    const crashing = (async () => {
      await sleep(plan.crashAfter)
      for (let i = 0; i < plan.crashes; i++) await postgres.restart()
    })()
    const alongside = Promise.all([putting, crashing])
    alongside.catch(() => {}) // it is awaited below: until then its failure is nobody's
    await sleep(plan.delay)
    const isAlone = life.isOver
    const delay = Date.now() - began
    if (!isAlone && isReady) await strike(plan)
    const problems = isAlone
      ? [`the daemon ended by itself with ${await daemon.exited}`]
      : isReady
        ? await end(life)
        : [`no row came in ${FIRST_ROW / 1000} s`]
    struck.abort()
    await alongside
    const now = await check()
    const told = { delay, rows: now.rows.length, put: wanted.length }
    return { problems: [...problems, ...now.problems], told }
  }

  const isWorkedOff = async () =>
    (await table.count()) >= wanted.length &&
    Ledger.behind(wanted, await Leases.read(emulators, name)).length === 0

  const drain = async (way) => {
    const life = begin(way, { callProcessRecordsEvenForEmptyRecordList: true })
    const isDone = await within(DRAIN, async () => life.isOver || (await isWorkedOff()))
    const problems = life.isOver ? [`the daemon ended by itself with ${await daemon.exited}`] : []
    if (!isDone) problems.push(`not worked off in ${DRAIN / 1000} s`)
    const code = await daemon.terminate()
    if (problems.length === 0 && code !== 143)
      problems.push(`SIGTERM ended the daemon with ${code}, expected 143`)
    problems.push(...(await end(life)))
    const now = await check()
    problems.push(...Ledger.missing(wanted, now.rows), ...Ledger.behind(wanted, leases), ...now.problems)
    return { problems, told: { rows: now.rows.length, put: wanted.length, again: await table.again() } }
  }

  return {
    round,
    drain,
    /** Ends what runs. `keep`: what was put, the rows and the leases stay in the folder, as JSON. */
    close: async (keep) => {
      if (daemon !== null) await daemon.kill()
      if (keep) {
        const rows = (await table.rows()).map((row) => ({ ...row, serial: String(row.serial) }))
        for (const [file, value] of Object.entries({ wanted, rows, leases }))
          fs.writeFileSync(path.join(folder, `${file}.json`), JSON.stringify(value, null, 1))
      }
      await table.close()
    }
  }
}

module.exports = { open }
