'use strict'
/** One stream with its lease table, its project and its table: rounds that end in a kill, and then the rest. */
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const Leases = require('../../test/system/daemon/stage/Leases')
const Stream = require('../../test/system/daemon/stage/Stream')
const Covered = require('./Covered')
const Ledger = require('./Ledger')
const Life = require('./Life')
const Project = require('./Project')
const { within } = require('./Steps')
const Table = require('./Table')

const FIRST_ROW = 60_000 // to start takes the daemon about 5 s
const DRAIN = 120_000

const dataOf = (record) => JSON.stringify(record)

const asPut = ({ key, records }) =>
  records.length === 1 ? { key, data: dataOf(records[0]) } : Stream.aggregate(key, records.map(dataOf))

class Leg {
  #world
  #name
  #table
  #project
  #leases
  #wanted = []
  #life = null

  constructor(world, name, table, project, leases) {
    this.#world = world
    this.#name = name
    this.#table = table
    this.#project = project
    this.#leases = leases
  }

  /** Puts, runs, kills. Out: what contradicts the promise, and figures for a person. */
  async round(plan) {
    const [first, ...others] = plan.puts
    await this.#put(first.entries)
    const before = await this.#table.count()
    const began = Date.now()
    const life = this.#begin(plan.way, Life.TO_BE_KILLED)
    const struck = new AbortController()
    const putting = this.#putAll(others, began, struck.signal)
    const isReady = await within(FIRST_ROW, async () => life.isOver() || (await this.#isBusy(plan, before)))
    const alongside = Promise.all([putting, this.#crash(plan)])
    alongside.catch(() => {}) // it is awaited below: until then its failure is nobody's
    await sleep(plan.delay)
    const problems = isReady ? life.problems() : [`no row came in ${FIRST_ROW / 1000} s`]
    const delay = Date.now() - began
    if (problems.length === 0) {
      await life.strike(plan)
      problems.push(...(await life.end()))
    }
    struck.abort()
    await alongside
    const { rows, problems: found } = await this.#check()
    return { problems: [...problems, ...found], told: { delay, rows: rows.length, put: this.#wanted.length } }
  }

  /** Works off the rest, undisturbed, and stops. Out: as `round`. */
  async drain(way) {
    const life = this.#begin(way, Life.TO_BE_STOPPED)
    const isDone = await within(DRAIN, async () => life.isOver() || (await this.#isWorkedOff()))
    const problems = isDone ? life.problems() : [`not worked off in ${DRAIN / 1000} s`]
    const code = await life.stop()
    if (problems.length === 0 && code !== 143)
      problems.push(`SIGTERM ended the daemon with ${code}, expected 143`)
    problems.push(...(await life.end()))
    const { rows, problems: found } = await this.#check()
    const all = [
      ...problems,
      ...Ledger.missing(this.#wanted, rows),
      ...Covered.behind(this.#wanted, this.#leases),
      ...found
    ]
    const again = await this.#table.again()
    return { problems: all, told: { rows: rows.length, put: this.#wanted.length, again } }
  }

  /** Ends what runs. `keep`: what was put, the rows and the leases stay in the folder, as JSON. */
  async close(keep) {
    if (this.#life !== null) await this.#life.kill()
    if (keep) {
      const rows = (await this.#table.rows()).map((row) => ({ ...row, serial: String(row.serial) }))
      for (const [file, value] of Object.entries({ wanted: this.#wanted, rows, leases: this.#leases }))
        fs.writeFileSync(path.join(this.#project.folder, `${file}.json`), JSON.stringify(value, null, 1))
    }
    await this.#table.close()
  }

  #begin(way, properties) {
    this.#project.handle(way)
    this.#life = Life.begin({
      version: this.#world.version,
      emulators: this.#world.emulators,
      project: this.#project,
      application: this.#name,
      stream: this.#name,
      properties
    })
    return this.#life
  }

  async #put(entries) {
    const stored = await Stream.put(this.#world.emulators, this.#name, entries.map(asPut))
    this.#wanted.push(...Ledger.expected(stored.map((one, i) => ({ ...one, records: entries[i].records }))))
  }

  /** Each at its time; those whose time has not come when the worker is struck, at once. */
  async #putAll(puts, began, signal) {
    for (const { after, entries } of puts) {
      await sleep(began + after - Date.now(), undefined, { signal }).catch(() => {})
      await this.#put(entries)
    }
  }

  async #crash({ crashAfter, crashes }) {
    await sleep(crashAfter)
    for (let i = 0; i < crashes; i++) await this.#world.postgres.restart()
  }

  async #isBusy({ isEarly }, before) {
    return this.#project.children().length > 0 && (isEarly || (await this.#table.count()) > before)
  }

  async #isWorkedOff() {
    if ((await this.#table.count()) < this.#wanted.length) return false
    return Covered.behind(this.#wanted, await Leases.read(this.#world.emulators, this.#name)).length === 0
  }

  /** What holds at any time at which no child runs. The table is read before the leases: it must be ahead of them. */
  async #check() {
    const rows = await this.#table.rows()
    const before = this.#leases
    this.#leases = await Leases.read(this.#world.emulators, this.#name)
    return {
      rows,
      problems: [
        ...Ledger.uncovered(this.#wanted, rows, this.#leases),
        ...Ledger.foreign(this.#wanted, rows),
        ...Ledger.disordered(rows),
        ...Ledger.backwards(before, this.#leases),
        ...this.#project.deadLetters().map((letter) => `a dead letter: ${letter}`)
      ]
    }
  }
}

/**
 * In: emulators; a PostgreSQL with `url` and `restart()`; the version of the KCL; a folder that keeps what is needed to understand a
 * failure; the leg's name, which its stream and its tables get; how many shards.
 */
const open = async ({ emulators, postgres, folder, name, version, shards }) => {
  await Stream.create(emulators, name, shards)
  await Leases.create(emulators, version, name, await Stream.shards(emulators, name))
  const table = await Table.create(postgres.url, name)
  const project = Project.create(folder, { database: postgres.url, table: name })
  return new Leg({ emulators, postgres, version }, name, table, project, await Leases.read(emulators, name))
}

module.exports = { open }
