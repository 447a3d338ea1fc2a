'use strict'
/** One stream with its lease table and its workers: rounds of kills and stops, and then the end. */
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const Leases = require('../../../test/system/daemon/stage/Leases')
const Project = require('../../../test/system/daemon/stage/Project')
const Stream = require('../../../test/system/daemon/stage/Stream')
const Worker = require('../../../test/system/daemon/stage/Worker')
const Covered = require('../Covered')
const { within } = require('../Steps')
const Ledger = require('./Ledger')
const Processes = require('./Processes')
const Putter = require('./Putter')
const { Notes } = require('./Notes')

/**
 * A daemon that stops and leads gives its shards to itself again if it gets to assign leases in that time, and then
 * waits in vain for the whole grace.
 */
const isThree = (version) => version.startsWith('3.')

/** With the main class of kclts, which runs KCL 3.5, the leader's lock lasts 8 s. */
const hasLongLock = (version) => isThree(version) && !version.startsWith('3.5.')

const daemonOf = (version, maxRecords) => ({
  restarts: 50,
  shutdownGrace: '8s',
  version,
  maxRecords,
  // KCL 2 assigns no leases.
  properties: isThree(version) ? { leaseAssignmentIntervalMillis: 2000 } : {}
})

const PATIENCE = 120_000 // most takes some seconds; to give eight shards of a dead worker to another one takes the KCL a minute
const LAST = 100 // records put before a strike, of all shards
const SECOND = 10_000 // KCL 3 leaves all shards with the first one where that looks balanced

const last = (list) => list[list.length - 1]

const pickAt = (list, real) => list[Math.floor(real * list.length)]

class Leg {
  #emulators
  #settings
  #stage
  #notes
  #home
  #mark
  #checkpoints = []
  #watch
  #put = []
  #putter
  #workers = []
  /** Those too that have ended: their logs tell. */
  #all = []

  constructor(emulators, settings, stage, folder) {
    this.#emulators = emulators
    this.#settings = settings
    this.#stage = stage
    this.#mark = folder
    this.#home = path.join(folder, 'h')
    fs.mkdirSync(path.join(this.#home, 'run time'), { recursive: true, mode: 0o700 })
    this.#notes = new Notes(path.join(stage.project.folder, 'notes'))
    this.#watch = emulators.watch((update) => this.#updated(update))
    this.#putter = Putter.make(settings.seed, settings.rate, (entries) => this.#store(entries))
  }

  /** Puts, strikes, starts again what has ended, works off. Out: what contradicts the promise, and figures. */
  async round(plan) {
    const before = this.#notes.read().length
    await this.#ensure(plan.workers)
    const putting = this.#putter.start()
    try {
      return await this.#struck(plan, before, putting)
    } finally {
      await putting.stop()
    }
  }

  async #struck(plan, before, putting) {
    await this.#until(() => this.#notes.read().length > before)
    if (plan.workers > 1) await within(SECOND, () => /shard initialized/.test(last(this.#workers).log()))
    await sleep(plan.delay)
    const struck = await this.#strike(plan)
    if (plan.again !== null) {
      await sleep(plan.again)
      struck.push(...(await this.#strike(plan)))
    }
    const began = Date.now()
    const put = this.#put.slice(-LAST)
    await this.#until(() => {
      this.#notes.read()
      return put.every((one) => this.#notes.has(one))
    })
    await putting.stop()
    await this.#until(() => this.#isWorkedOff(), 100)
    const took = Date.now() - began
    await this.#ensure(plan.workers)
    await this.#until(() => this.#workers.every(hasBegun))
    const problems = [...struck, ...(await this.#check())]
    if (problems.length === 0 && this.#workers.length > 1) problems.push(...(await this.#leave()))
    return { problems, told: { put: this.#put.length, seen: this.#notes.read().length, took } }
  }

  /** Stops the workers. Out: as `round`; nothing is left of them. */
  async end() {
    const problems = []
    for (const worker of [...this.#workers]) problems.push(...(await this.#stopped(worker, 'SIGTERM')))
    problems.push(...(await this.#check()), ...this.#stateLeft())
    return { problems, told: { put: this.#put.length, seen: this.#notes.read().length } }
  }

  /** Ends what there is. `keep`: what was put, the notes, checkpoints and logs stay in the folder. */
  async close(keep) {
    this.#watch.end()
    this.kill()
    await Promise.all(this.#workers.map(({ exited }) => exited))
    if (!keep) return
    for (const [file, value] of Object.entries({ put: this.#put, checkpoints: this.#checkpoints }))
      fs.writeFileSync(path.join(this.#mark, `${file}.json`), JSON.stringify(value, null, 1))
  }

  kill() {
    Processes.killAll(this.#mark)
  }

  /** The end of each worker's log, for people. */
  logs(lines) {
    return this.#all.map(({ pid, log }) => ({ pid, lines: log().trim().split('\n').slice(-lines) }))
  }

  // -- the workers ------------------------------------------------------------------------------------------------------

  async #ensure(count) {
    while (this.#workers.length < count) {
      const { threads, checkpoint, maxRecords, pace, version } = this.#settings
      const daemon = Worker.daemonOf(this.#emulators, this.#stage, daemonOf(version, maxRecords))
      const configuration = {
        checkpoint: { ...checkpoint, shutdownDeadline: '5s' },
        host: { threads },
        daemon
      }
      const env = { ...Processes.marking(this.#mark), SOAK_PACE: String(pace) }
      const worker = Worker.startIn(this.#home, this.#stage, configuration, { env })
      this.#workers.push(worker)
      this.#all.push(worker)
      await sleep(2) // its log is named by the millisecond
    }
  }

  /** Those that nobody has ended. */
  #fallen() {
    return this.#workers.filter(({ code }) => code() !== undefined)
  }

  /** Waits; what does not come in time, or cannot since a worker has fallen, the check finds. */
  #until(test, pause) {
    return within(PATIENCE, async () => this.#fallen().length > 0 || (await test()), pause)
  }

  /** Out: what it should not have done. */
  async #strike(plan) {
    const worker = pickAt(this.#workers, plan.which)
    switch (plan.kind) {
      case 'relay':
      case 'daemon':
      case 'guardian':
        return this.#killed(worker, plan)
      case 'host':
        await this.#dead(worker)
        await this.#ensure(plan.workers)
        return []
      case 'pair':
        await this.#dead(worker)
        return []
      case 'stop':
      case 'interrupt': {
        const signal = plan.kind === 'stop' ? 'SIGTERM' : 'SIGINT'
        const problems = await this.#stopped(worker, signal)
        await this.#ensure(plan.workers)
        return problems
      }
      case 'stall':
        return this.#stalled(worker, plan)
    }
  }

  async #killed(worker, { kind, other }) {
    const victim = pickAt(Processes.victims(this.#mark, worker.pid, kind), other)
    // At a second strike there may be none: the worker waits, or starts.
    if (victim !== undefined) signal(victim.pid, 'SIGKILL')
    if (kind !== 'relay') await this.#depose(worker)
    return []
  }

  async #dead(worker) {
    signal(worker.pid, 'SIGKILL')
    await this.#gone(worker)
  }

  async #gone(worker) {
    const code = await worker.exited
    this.#workers.splice(this.#workers.indexOf(worker), 1)
    await this.#depose(worker)
    return code
  }

  /** Asked to stop, it exits with 0, and where it was alone all that it has finished is covered. */
  async #stopped(worker, name) {
    signal(name === 'SIGINT' ? -worker.pid : worker.pid, name)
    const late = sleep(PATIENCE, 'late', { ref: false })
    const code = await Promise.race([this.#gone(worker), late])
    if (code !== 0) return [`${name} ended the worker with ${code}, expected 0`]
    if (this.#workers.length > 0) return []
    return Covered.behind(this.#notes.read(), await this.#leases()).map(
      (one) => `after ${name} and exit 0: ${one}`
    )
  }

  /** The younger one of two goes by itself, and the other one has all. */
  async #leave() {
    const problems = await this.#stopped(last(this.#workers), 'SIGTERM')
    return [...problems, ...(await this.#check())]
  }

  async #stalled(worker, { stall }) {
    const [daemon] = Processes.victims(this.#mark, worker.pid, 'daemon')
    if (daemon === undefined) return ['there was no daemon to stop']
    signal(daemon.pid, 'SIGSTOP')
    await sleep(stall)
    signal(daemon.pid, 'SIGCONT')
    return []
  }

  /**
   * When the worker that assigns the leases of all is gone, KCL 3 with Amazon's main class waits two minutes until another one
   * may, or it when it comes back: with its entry gone that time is over.
   */
  async #depose(worker) {
    if (!hasLongLock(this.#settings.version)) return
    const request = {
      TableName: `${this.#stage.application}-CoordinatorState`,
      Key: { key: { S: 'Leader' } }
    }
    const { Item: leader } = await this.#emulators.dynamo('GetItem', { ...request, ConsistentRead: true })
    const name = /"worker":"([^"]+)"/.exec(worker.log())?.[1]
    if (leader !== undefined && leader.ownerName.S === name)
      await this.#emulators.dynamo('DeleteItem', request)
  }

  // -- records and checkpoints ------------------------------------------------------------------------------------------

  async #store(entries) {
    const stored = await Stream.put(this.#emulators, this.#stage.stream, entries)
    stored.forEach(({ shard, seq }, i) => {
      for (let sub = 0; sub < entries[i].records; sub++) this.#put.push({ shard, seq, sub })
    })
  }

  /** The lease table is asked to keep a checkpoint. */
  #updated({ TableName, Key, AttributeUpdates: changes }) {
    if (TableName !== this.#stage.application || changes?.checkpoint === undefined) return () => {}
    const { checkpoint, checkpointSubSequenceNumber: sub } = changes
    const asked = this.#notes.size()
    const one = { shard: Key.leaseKey.S, seq: checkpoint.Value.S, sub: Number(sub.Value.N), asked }
    const isNumber = /^\d+$/.test(one.seq)
    return () => {
      if (isNumber) this.#checkpoints.push({ ...one, answered: this.#notes.size() })
    }
  }

  #leases() {
    return Leases.read(this.#emulators, this.#stage.application)
  }

  async #isWorkedOff() {
    if (this.#notes.distinct() < this.#put.length) return false
    return Covered.behind(this.#put, await this.#leases()).length === 0
  }

  // -- what must hold ---------------------------------------------------------------------------------------------------

  async #check() {
    const notes = this.#notes.read()
    const found = [
      ...Ledger.broken(this.#put, notes, this.#checkpoints),
      ...Ledger.lost(this.#put, notes),
      ...Covered.behind(this.#put, await this.#leases()),
      ...this.#fallen().map(({ pid, code }) => `the worker ${pid} ended by itself with ${code()}`),
      ...this.#stage.project.deadLetters().map((letter) => `a dead letter: ${JSON.stringify(letter)}`)
    ]
    return [...found, ...(await this.#leftovers(found.length === 0 ? PATIENCE : 0))]
  }

  /** What dies with another takes a moment, and shards that another worker gets take longer. */
  async #leftovers(limit) {
    const place = Worker.privatePlace(this.#home)
    const workers = this.#workers.map(({ pid }) => pid)
    const look = () => Processes.leftovers(this.#mark, workers, place, this.#settings.shards)
    await within(limit, async () => look().length === 0, 250) // to look holds up the emulators
    return look()
  }

  /** Folders stay, and what a killed worker had under a number that nobody has held since: the next who holds it clears it. */
  #stateLeft() {
    const state = path.join(this.#home, '.local', 'state')
    return fs
      .readdirSync(state, { recursive: true })
      .filter((name) => !fs.lstatSync(path.join(state, name)).isDirectory() && !/\/[1-9][^/]*$/.test(name))
      .filter((name) => !isCount(path.join(state, name)))
      .map((name) => `left over: ${path.join(state, name)}`)
  }
}

/** What counts the workers that were killed outlives them; after a stop it says that none runs. */
const isCount = (file) =>
  file.endsWith('.run') && JSON.parse(fs.readFileSync(file, 'utf8')).isRunning === false

/** Until then a signal just ends it; and it has cleared away what a killed one had left. */
const hasBegun = ({ log }) => log().includes('"msg":"starting"')

/** A process, or (a negative number) a group, that is gone is no problem. */
const signal = (pid, name) => {
  try {
    process.kill(pid, name)
  } catch (problem) {
    if (problem.code !== 'ESRCH') throw problem
  }
}

/** In: emulators; an empty folder; the leg's name, which its stream and its tables get; its settings. */
const open = async (emulators, folder, name, settings) => {
  await Stream.create(emulators, name, settings.shards)
  await Leases.create(emulators, settings.version, name, await Stream.shards(emulators, name))
  fs.mkdirSync(folder, { recursive: true })
  const project = Project.create('ack', {}, folder)
  fs.copyFileSync(path.join(__dirname, 'handler.js'), path.join(project.folder, 'ack.js'))
  return new Leg(emulators, settings, { application: name, stream: name, project }, folder)
}

module.exports = { open }
