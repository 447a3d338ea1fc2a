'use strict'
/** Several workers on one stream that records keep coming to, and what must hold when leases go from one to another. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')
const Emulators = require('./Emulators')
const Stage = require('./Stage')
const Stream = require('./Stream')
const Worker = require('./Worker')

/** After each tenth look of the leader: a worker that comes gets its share within seconds, and not within a minute. */
const BALANCING = { varianceBalancingFrequency: 10 }

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
        properties: { ...BALANCING, ...daemon.properties, ...more.properties }
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
    /** Who has a lease, and who still has to end its shard. */
    ownersOf: async (shard) => {
      const Key = { leaseKey: { S: shard } }
      const { Item } = await emulators.dynamo('GetItem', { TableName: stage.application, Key })
      return { leaseOwner: Item.leaseOwner?.S ?? null, checkpointOwner: Item.checkpointOwner?.S ?? null }
    },
    /** Whether a worker has a row with its figures. */
    hasReported: async (id) =>
      (await emulators.dynamo('GetItem', { TableName: stage.application, Key: { leaseKey: { S: id } } }))
        .Item !== undefined,
    /** Reports once a second for a worker that is not there, by a clock that is so many seconds off. Out: how to end it. */
    reports: (id, seconds) => reporting(emulators, stage, id, seconds),
    hold: (ms) => fs.writeFileSync(`${stage.project.folder}/hold`, String(ms)),
    letGo: () => fs.rmSync(`${stage.project.folder}/hold`, { force: true }),
    put: () => putting(emulators, stage),
    /** Puts a record; out: where it is. */
    putOne: () => stage.put([{ key: 'one', data: String(Date.now()) }]),
    renew: (shard) => update(emulators, stage, shard, 'ADD leaseCounter :one', { ':one': { N: '1' } }),
    /** Sets owners of a lease, as the leader would. */
    give: (shard, { leaseOwner, checkpointOwner }) =>
      update(
        emulators,
        stage,
        shard,
        'SET leaseOwner = :owner, checkpointOwner = :checkpoint ADD leaseCounter :one',
        { ':owner': { S: leaseOwner }, ':checkpoint': { S: checkpointOwner }, ':one': { N: '1' } }
      ),
    /**
     * Calls back with each shard whose lease is about to be released, and lets the release pass once that is done. Out: the
     * shards so far.
     */
    beforeEviction: (change) => beforeEviction(emulators, stage, change),
    /** When the test held first. */
    times: async (test) => {
      while (!(await test())) await sleep(50)
      return Date.now()
    },
    begun: () => stage.seen().filter((note) => note.begun),
    finished: () => stage.seen().filter((note) => !note.begun)
  }
}

const update = ({ dynamo }, { application }, shard, UpdateExpression, ExpressionAttributeValues) =>
  dynamo('UpdateItem', {
    TableName: application,
    Key: { leaseKey: { S: shard } },
    UpdateExpression,
    ExpressionAttributeValues
  })

const beforeEviction = (emulators, { application }, change) => {
  const changed = new Map()
  emulators.fail((operation, body) => {
    if (operation !== 'UpdateItem') return undefined
    const { TableName, Key, AttributeUpdates } = JSON.parse(body)
    if (TableName !== application || AttributeUpdates?.leaseOwner?.Action !== 'DELETE') return undefined
    const shard = Key.leaseKey.S
    if (!changed.has(shard)) {
      changed.set(shard, false)
      change(shard).then(() => changed.set(shard, true))
    }
    // The SDK tries again.
    return changed.get(shard) ? undefined : Emulators.GONE
  })
  return () => [...changed.keys()]
}

const reporting = ({ dynamo }, { application }, id, seconds) => {
  let isOver = false
  const running = (async () => {
    for (; !isOver; await sleep(1000)) {
      const time = { N: String(Math.floor(Date.now() / 1000) + seconds) }
      const Item = { leaseKey: { S: id }, entityType: { S: 'WORKER_METRIC_STATS' }, lut: time }
      await dynamo('PutItem', { TableName: application, Item })
    }
  })()
  return () => {
    isOver = true
    return running
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

/** The longest time, in milliseconds, that a record waited for its handler, of those that were put at `from` or later. */
const longestWait = (fleet, from) =>
  Math.max(
    ...fleet
      .begun()
      .filter(({ data }) => Number(data) >= from)
      .map(({ at, data }) => at - Number(data))
  )

module.exports = { FAILOVER_MS, assertAlone, assertNoneLost, assertOnce, longestWait, set }
