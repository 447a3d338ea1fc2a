'use strict'
/** Several workers on one stream that records keep coming to, and what must hold when leases go from one to another. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')
const Stage = require('./Stage')
const Stream = require('./Stream')
const Worker = require('./Worker')

/** How often each shard gets a record: milliseconds. */
const EVERY_MS = 250

/** The KCL's default: a lease that is left to expire is gone for longer than a hand-over takes. */
const FAILOVER_MS = 10_000

/**
 * In: node:test's context, emulators, and the number of shards. The daemon's settings are those of the quick tests, with a lease
 * of 10 s. Out: `start(id, more)`, a worker of this name that ends with its test; `owners()`, the owner of each lease;
 * `has(id, n)`, whether a worker has so many leases; `put()`, which begins to put records and returns how to end it; `finished()`
 * and the checks below.
 */
const set = async (t, emulators, { version, shards, daemon = {} }) => {
  const stage = await Stage.set(t, emulators, { version, shards, handler: 'handed', configuration: {} })
  const home = fs.mkdtempSync(`${require('node:os').tmpdir()}/kclts-fleet-`)
  const workers = []
  t.after(async () => {
    for (const worker of workers) await Worker.gone(await worker.kill())
    fs.rmSync(home, { recursive: true, force: true })
  })
  const start = (id, { daemon: more = {}, ...configuration } = {}) => {
    const settings = {
      checkpoint: { interval: '1s' },
      daemon: Worker.daemonOf(emulators, stage, {
        version,
        failoverTime: `${FAILOVER_MS}ms`,
        ...daemon,
        ...more,
        properties: { ...daemon.properties, ...more.properties }
      }),
      ...configuration
    }
    // By a variable: the workers share the file, and one may read it when the next one has written it.
    const worker = Worker.startIn(home, stage, settings, { env: { KCLTS_DAEMON_WORKER_ID: id } })
    workers.push(worker)
    return Object.assign(worker, { id })
  }
  const owners = async () =>
    Object.fromEntries(Object.entries(await stage.leases()).map(([shard, { owner }]) => [shard, owner]))
  const count = async (id) => Object.values(await owners()).filter((owner) => owner === id).length
  return {
    ...stage,
    start,
    owners,
    count,
    hold: (ms) => fs.writeFileSync(`${stage.project.folder}/hold`, String(ms)),
    letGo: () => fs.rmSync(`${stage.project.folder}/hold`, { force: true }),
    put: () => putting(emulators, stage),
    begun: () => stage.seen().filter((note) => note.begun),
    finished: () => stage.seen().filter((note) => !note.begun)
  }
}

/** Puts a record into each shard, again and again. Out: `end()`, which gives all of them. */
const putting = (emulators, stage) => {
  const stored = []
  let isOver = false
  const running = (async () => {
    const open = (await Stream.shards(emulators, stage.stream)).filter(
      ({ SequenceNumberRange }) => SequenceNumberRange.EndingSequenceNumber === undefined
    )
    const hashes = open.map(({ HashKeyRange }) => HashKeyRange.StartingHashKey)
    for (let n = 0; !isOver; n++) {
      const records = hashes.map((hash) => ({ key: `key-${n}`, data: String(Date.now()), hash }))
      stored.push(...(await stage.put(records)))
      await sleep(EVERY_MS)
    }
  })()
  return {
    stored,
    end: async () => {
      isOver = true
      await running
      return stored
    }
  }
}

/** Each record was finished once, in the order of its shard. */
const assertOnce = (fleet, stored) => assert.deepEqual(Stage.grouped(fleet.finished()), Stage.grouped(stored))

/** Each record was finished, and after each record came the next one of its shard or one that had come before. */
const assertNoneLost = (fleet, stored) => {
  const wanted = Stage.grouped(stored)
  const seen = Stage.grouped(fleet.finished())
  for (const [shard, positions] of Object.entries(wanted)) {
    assert.deepEqual([...new Set(seen[shard])], positions, shard)
  }
}

/** Of no shard did one process begin a record while another one had a record of it in progress. */
const assertAlone = (fleet) => {
  const open = new Map()
  for (const { shard, pid, begun, seq } of fleet.seen()) {
    const other = open.get(shard)
    if (!begun) {
      if (other?.pid === pid) open.delete(shard)
    } else {
      assert.ok(
        other === undefined || other.pid === pid,
        `${pid} began ${shard}/${seq} while ${other?.pid} was at ${other?.seq}`
      )
      open.set(shard, { pid, seq })
    }
  }
}

/** The longest time, in milliseconds, that a record of a shard waited from when it was put until it was begun. */
const longestWait = (fleet) => Math.max(...fleet.begun().map(({ at, data }) => at - Number(data)))

module.exports = { FAILOVER_MS, assertAlone, assertNoneLost, assertOnce, longestWait, set }
