'use strict'
// How long nobody reads a shard when a worker starts, stops or dies, under Amazon's real daemon on emulators.
const fs = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')
const Emulators = require('../../test/system/daemon/stage/Emulators')
const Needs = require('../../test/system/daemon/stage/Needs')
const Stage = require('../../test/system/daemon/stage/Stage')
const Stream = require('../../test/system/daemon/stage/Stream')
const Worker = require('../../test/system/daemon/stage/Worker')
const Contest = require('../Contest')
const Table = require('../Table')

const BASE = "Amazon's main class, KCL 3.1.3"
const OURS = 'the main class of kclts, KCL 3.5.1'
const DAEMONS = {
  [BASE]: { version: '3.1.3', main: 'amazon' },
  [OURS]: { version: '3.5.1', main: 'kclts' }
}
const VERSIONS = Object.values(DAEMONS).map(({ version }) => version)

const SHARDS = 4
const RECORDS = 50

/** Until the leader knows a new worker, and has balanced the leases once. */
const SETTLE_MS = 75_000

/** For what never comes. */
const LIMIT_MS = 400_000

/** The most seconds that ours may take. */
const MUST = { rolling: 14, leader: 30 }

const until = async (what, test) => {
  for (const end = Date.now() + LIMIT_MS; !(await test()); await sleep(50))
    if (Date.now() > end) throw new Error(`${what}: not within ${LIMIT_MS / 1000} s`)
}

/** Workers of one application with the KCL's defaults. Out: `start(id)`, and `seconds()` until all records that it puts are seen. */
const applicationOf = (emulators, stage, home, { version, main }) => {
  const daemon = {
    ...Worker.placesOf(emulators, stage, version),
    main,
    java: '-XX:MaxRAMPercentage=25 -Daws.cborEnabled=false'
  }
  let put = 0
  return {
    start: (id) => {
      const env = { KCLTS_DAEMON_WORKER_ID: id }
      return Worker.startIn(home, stage, { checkpoint: { interval: '1s' }, daemon }, { env })
    },
    seconds: async (what, since = Date.now()) => {
      await stage.put(Stream.numbered(RECORDS, put))
      put += RECORDS
      await until(what, () => new Set(stage.seen().map(({ seq }) => seq)).size >= put)
      return (Date.now() - since) / 1000
    }
  }
}

/** A first start, a restart, a rolling stop of the leader, and the leader's death, in this order. Out: seconds. */
const live = async ({ start, seconds }, workers) => {
  const begin = (id) => {
    const worker = start(id)
    workers.push(worker)
    return worker
  }
  const a = begin('a')
  const first = await seconds('the first start')
  a.signal('SIGTERM')
  await a.exited
  const since = Date.now()
  const again = begin('a')
  const restart = await seconds('the restart', since)
  const b = begin('b')
  await sleep(SETTLE_MS)
  again.signal('SIGTERM')
  const rolling = await seconds('the rolling stop')
  await again.exited
  begin('c')
  await sleep(SETTLE_MS)
  b.signal('SIGKILL')
  const leader = await seconds('the death of the leader')
  return { first, restart, rolling, leader }
}

const measure = async (daemon) => {
  const emulators = await Emulators.start(Emulators.Kinesalite)
  const cleanups = []
  const workers = []
  try {
    const t = { after: (then) => cleanups.push(then) }
    const { version } = daemon
    const stage = await Stage.set(t, emulators, {
      version,
      shards: SHARDS,
      handler: 'ack',
      configuration: {}
    })
    const home = fs.mkdtempSync(`${stage.project.folder}/home-`)
    return await live(applicationOf(emulators, stage, home, daemon), workers)
  } finally {
    for (const worker of workers) await Worker.gone(await worker.kill())
    for (const then of cleanups) await then()
    emulators.stop()
  }
}

const run = async ({ rounds, progress }) => {
  const lacks = Needs.missing(VERSIONS)
  if (lacks.length > 0) {
    progress(`not measured: ${lacks.join(', ')}`)
    return null
  }
  Needs.prepare(VERSIONS)
  const contestants = Object.fromEntries(
    Object.entries(DAEMONS).map(([name, daemon]) => [
      name,
      async () => {
        progress(name)
        return measure(daemon)
      }
    ])
  )
  return { rounds, of: Contest.compare(await Contest.takeTurns(contestants, rounds), () => BASE) }
}

const ROWS = [
  ['first', 'first start, with tables and leases, to all records'],
  ['restart', 'restart of the only worker, to all records'],
  ['rolling', 'rolling stop of the leader, to all records'],
  ['leader', '`kill -9` of the leader, to all records']
]

const tables = ({ of }) => [
  {
    title: `How long nobody reads a shard: ${SHARDS} shards, the defaults of the KCL, seconds`,
    head: ['', ...Object.keys(of)],
    rows: ROWS.map(([key, title]) => [
      title,
      ...Object.values(of).map((figures) => `${Table.spread(figures[key])} s`)
    ])
  }
]

const problems = ({ of }) => {
  const { [OURS]: ours, [BASE]: base } = of
  const musts = { ...MUST, restart: base.restart.median }
  return Object.entries(musts).flatMap(([key, most]) =>
    ours[key].median <= most
      ? []
      : [`worker: ${key} takes ${Table.figure(ours[key].median)} s, and may take ${Table.figure(most)} s`]
  )
}

module.exports = {
  name: 'worker',
  title: 'how long shards stand still when a worker stops or dies; only by name, some 10 minutes a round',
  rounds: { full: 5, quick: 1 },
  /** A round waits for most of its time. */
  isOnRequest: true,
  run,
  tables,
  problems
}
