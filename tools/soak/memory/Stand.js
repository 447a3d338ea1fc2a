'use strict'
/** A stream, its lease table and one `kclts run` with the defaults, which records are put to until the end. */
const { once } = require('node:events')
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const Leases = require('../../../test/system/daemon/stage/Leases')
const Project = require('../../../test/system/daemon/stage/Project')
const Stream = require('../../../test/system/daemon/stage/Stream')
const Worker = require('../../../test/system/daemon/stage/Worker')
const { within } = require('../Steps')
const { Notes } = require('../worker/Notes')
const Processes = require('../worker/Processes')
const Figures = require('./Figures')
const Load = require('./Load')
const { Tally } = require('./Tally')

const NAME = 'soak-memory'

/** kinesalite cuts answers in CBOR at 16 KiB. By a variable, since with `daemon.java` kclts would add none of its own options. */
const javaOptions = (memory) => `-Daws.cborEnabled=false -XX:MaxRAM=${memory}`

const CHECKPOINT = { count: 100, interval: '10s' }

/** Of the stop: until all records are handled, and until the worker has ended. */
const PATIENCE = 120_000

/** What the status server of the worker says. Fails where it does not answer, or not yet. */
const statusAt = async (socketPath) => {
  const request = http.get({ socketPath, path: '/status.json', timeout: 5000 })
  request.once('timeout', () => request.destroy(new Error('no answer')))
  const [response] = await once(request, 'response')
  return JSON.parse((await response.setEncoding('utf8').toArray()).join(''))
}

/** How many puts in a row may find the emulator's connection broken. */
const BROKEN_PUTS = 3

class Stand {
  #emulators
  #mark
  #place
  #worker
  #notes
  #tally = new Tally()
  #putting
  #stopping = new AbortController()
  #canPut = true
  #jvm = null
  #restarts = 0

  constructor(emulators, folder, project, { version, memory, seed, rate }) {
    this.#emulators = emulators
    this.#mark = folder
    this.#notes = new Notes(path.join(project.folder, 'notes'))
    this.#place = { socket: path.join(folder, 'status'), heaps: path.join(folder, 'heaps') }
    fs.mkdirSync(this.#place.heaps)
    const home = path.join(folder, 'home')
    const stage = { stream: NAME, application: NAME, project }
    const configuration = {
      checkpoint: CHECKPOINT,
      status: { listen: this.#place.socket },
      daemon: Worker.placesOf(emulators, stage, version)
    }
    const env = {
      ...Processes.marking(this.#mark),
      JAVA_TOOL_OPTIONS: javaOptions(memory),
      NODE_OPTIONS: `--require ${path.join(__dirname, 'heap.js')}`,
      SOAK_HEAP: this.#place.heaps,
      SOAK_PACE: '0'
    }
    this.#worker = Worker.startIn(home, stage, configuration, { env })
    this.#putting = this.#keepPutting(Load.make({ seed, rate }))
    this.#putting.catch(() => (this.#canPut = false)) // told by drain()
  }

  /** Whether the worker runs. */
  isUp() {
    return this.#worker.code() === undefined
  }

  /** Whether records are put to it, too. */
  isAtWork() {
    return this.isUp() && this.#canPut
  }

  /** `{ put, handled, again, foreign, lost, behind, restarts }`: records, and starts of the daemon after the first. */
  account() {
    this.#tally.sees(this.#notes.take())
    const { put, handled, again, foreign, lost } = this.#tally
    return { put, handled, again, foreign, lost, behind: put - handled - lost, restarts: this.#restarts }
  }

  /** In: whether the JVM is to collect first. Out: the metrics of a sample, null what could not be read. */
  async sample(isToCollect) {
    this.#emulators.updates.length = 0 // they note each update, and nobody asks here
    this.#find()
    const collected = isToCollect && this.#jvm !== null && (await Figures.collect(this.#jvm))
    const [heap, jvm, node, tool, status] = await Promise.all([
      this.#jvm === null ? null : Figures.ofJvm(this.#jvm),
      this.#jvm === null ? null : Figures.ofProcess(this.#jvm),
      Figures.ofProcess(this.#worker.pid),
      Figures.ofProcess(process.pid),
      Figures.orNull(() => statusAt(this.#place.socket))
    ])
    this.#restarts = Math.max(this.#restarts, status?.restarts ?? 0)
    const account = this.account()
    return {
      live: collected ? (heap?.old ?? null) : null,
      old: heap?.old ?? null,
      metaspace: heap?.metaspace ?? null,
      young: heap?.young ?? null,
      full: heap?.full ?? null,
      jvmRss: jvm?.rss ?? null,
      jvmPss: jvm?.pss ?? null,
      threads: jvm?.threads ?? null,
      nodeRss: node?.rss ?? null,
      nodeHeap: Figures.ofHeaps(this.#place.heaps),
      toolRss: tool?.rss ?? null,
      jvmCpu: jvm?.cpu ?? null,
      nodeCpu: node?.cpu ?? null,
      toolCpu: tool?.cpu ?? null,
      ...account,
      behindMs:
        status === null ? null : Math.max(0, ...status.shards.map((shard) => shard.millisBehindLatest ?? 0))
    }
  }

  /** Puts nothing more, and waits until all is handled. Out: what went wrong, a sentence each. */
  async drain() {
    this.#stopping.abort()
    const problems = []
    await this.#putting.catch((problem) => problems.push(`records could not be put: ${problem.message}`))
    await within(PATIENCE, () => !this.isUp() || this.account().behind === 0, 200)
    if (!this.isUp()) problems.push(`the worker ended by itself with ${this.#worker.code()}`)
    return problems
  }

  /** Stops the worker. Out: as `drain`. */
  async stop() {
    if (!this.isUp()) return []
    this.#worker.signal('SIGTERM')
    if (!(await within(PATIENCE, () => !this.isUp(), 200)))
      return [`the worker has not ended ${PATIENCE / 1000} s after SIGTERM`]
    const code = this.#worker.code()
    return code === 0 ? [] : [`SIGTERM ended the worker with ${code}, expected 0`]
  }

  /** Ends all that is left. */
  kill() {
    this.#stopping.abort()
    Processes.killAll(this.#mark)
  }

  /** The end of the worker's log, for people. */
  log(lines) {
    return this.#worker.log().trim().split('\n').slice(-lines)
  }

  /** The JVM: another one than before is a restart, even if the worker does not say so. */
  #find() {
    const pid = Processes.victims(this.#mark, this.#worker.pid, 'daemon')[0]?.pid ?? null
    if (this.#jvm !== null && pid !== null && pid !== this.#jvm) this.#restarts = Math.max(1, this.#restarts)
    this.#jvm = pid ?? this.#jvm
  }

  async #keepPutting(load) {
    const { signal } = this.#stopping
    for (let broken = 0; ;) {
      const { wait, records } = load.next()
      await sleep(wait, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      try {
        const stored = await Stream.put(this.#emulators, NAME, records)
        this.#tally.puts(stored.map(({ shard, seq }) => ({ shard, seq, sub: 0 })))
        broken = 0
      } catch (problem) {
        broken += 1
        // fetch fails with a TypeError when the connection breaks, as after a moment in which this machine stood still.
        if (!(problem instanceof TypeError) || broken > BROKEN_PUTS) throw problem
      }
    }
  }
}

/** In: emulators; an empty folder; `shards`, the `version` of the KCL, `memory` of the JVM, `seed` and `rate` of the load. */
const open = async (emulators, folder, settings) => {
  await Stream.create(emulators, NAME, settings.shards)
  await Leases.create(emulators, settings.version, NAME, await Stream.shards(emulators, NAME))
  const project = Project.create('ack', {}, folder)
  fs.copyFileSync(path.join(__dirname, '../worker/handler.js'), path.join(project.folder, 'ack.js'))
  return new Stand(emulators, folder, project, settings)
}

module.exports = { open }
