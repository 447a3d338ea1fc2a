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
 * The longest time that a shard may be unread, by the KCL's constants, after a worker that is gone without a word: the lock of the
 * leader expires (8 s), another worker looks for it (every 2 s), the new leader sees each lease for the first time, and the
 * lease expires (failoverTimeMillis, 10 s). Assignments follow every 0.2 s here. Ten seconds are left for a busy machine.
 */
const UNREAD_MS = 8_000 + 2_000 + FAILOVER_MS + 10_000

const READY = /the daemon is ready/

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
  const hasReported = async (id) =>
    (await emulators.dynamo('GetItem', { TableName: stage.application, Key: { leaseKey: { S: id } } }))
      .Item !== undefined
  const finished = () => stage.seen().filter((note) => !note.begun)
  return {
    ...stage,
    start,
    owners,
    count,
    hasReported,
    finished,
    /** A worker that the others know, and that has at least so many leases. */
    started: async (id, leases, more) => {
      const worker = start(id, more)
      await worker.until('it is ready', () => READY.test(worker.log()))
      await worker.until('it has reported', () => hasReported(id))
      await worker.until(`it has ${leases} leases`, async () => (await count(id)) >= leases)
      return worker
    },
    /** Ends the records, and waits until all of them are finished. Out: all of them. */
    consumed: async (putting, worker) => {
      const stored = await putting.end()
      const sequences = () => new Set(finished().map(({ seq }) => seq))
      await worker.until('all was finished', () => sequences().size >= stored.length)
      return stored
    },
    /** Milliseconds until the worker has all leases. */
    takes: async (worker, shards) => {
      const since = Date.now()
      await worker.until('it has all leases', async () => (await count(worker.id)) === shards)
      return Date.now() - since
    },
    /** The leases that the leader took from their owner, since they had expired: `{ shard, from }`, from now on. */
    expirations: () => expirations(emulators, stage),
    /** Who has a lease, and who still has to end its shard. */
    ownersOf: async (shard) => {
      const { leaseOwner, checkpointOwner } = await leaseOf(emulators, stage, shard)
      return { leaseOwner: leaseOwner?.S ?? null, checkpointOwner: checkpointOwner?.S ?? null }
    },
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
    /** Gives a worker a lease more, of a shard that it cannot begin before `parent` has ended. Out: the name of the shard. */
    child: (n, parent, leaseOwner) => child(emulators, stage, n, parent, leaseOwner),
    /** Gives a worker a lease that nobody has. */
    assign: (shard, leaseOwner) =>
      update(emulators, stage, shard, 'SET leaseOwner = :owner ADD leaseCounter :one', {
        ':owner': { S: leaseOwner },
        ':one': { N: '1' }
      }),
    /** How often a lease has been written. */
    counter: async (shard) => Number((await leaseOf(emulators, stage, shard)).leaseCounter.N),
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
    begun: () => stage.seen().filter((note) => note.begun)
  }
}

const leaseOf = async ({ dynamo }, { application }, shard) => {
  const { Item } = await dynamo('GetItem', { TableName: application, Key: { leaseKey: { S: shard } } })
  return Item
}

const child = async (emulators, stage, n, parent, leaseOwner) => {
  const row = await leaseOf(emulators, stage, parent)
  const shard = `shardId-${String(n).padStart(12, '0')}`
  const Item = {
    ...row,
    leaseKey: { S: shard },
    leaseOwner: { S: leaseOwner },
    leaseCounter: { N: '1' },
    checkpoint: { S: 'TRIM_HORIZON' },
    parentShardId: { SS: [parent] }
  }
  await emulators.dynamo('PutItem', { TableName: stage.application, Item })
  return shard
}

const update = ({ dynamo }, { application }, shard, UpdateExpression, ExpressionAttributeValues) =>
  dynamo('UpdateItem', {
    TableName: application,
    Key: { leaseKey: { S: shard } },
    UpdateExpression,
    ExpressionAttributeValues
  })

/**
 * The update of DynamoDBLeaseRefresher.assignLease, for a lease that has an owner and is not being moved. A released lease has no
 * owner; one that is moved has its new owner already.
 */
const expirations = (emulators, { application }) => {
  const found = []
  emulators.watch(({ TableName, Key, AttributeUpdates: updates, Expected }) => () => {
    if (TableName !== application || updates?.checkpointOwner?.Action !== 'DELETE') return
    const from = Expected?.leaseOwner?.Value?.S
    const to = updates.leaseOwner?.Value?.S
    if (from !== undefined && to !== undefined && from !== to) found.push({ shard: Key.leaseKey.S, from })
  })
  return found
}

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

/** Puts a record into each open shard, again and again. Out: `end()`, which gives all of them. */
const putting = (emulators, stage) => {
  const stored = []
  let isOver = false
  const running = (async () => {
    for (let n = 0; !isOver; n++) {
      const open = (await Stream.shards(emulators, stage.stream)).filter(
        ({ SequenceNumberRange }) => SequenceNumberRange.EndingSequenceNumber === undefined
      )
      const hashes = open.map(({ HashKeyRange }) => HashKeyRange.StartingHashKey)
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

const stop = async (worker) => {
  worker.signal('SIGTERM')
  assert.equal(await worker.exited, 0)
}

/**
 * A rolling deploy: for each worker a new one is started, and the old one is stopped.
 *
 * @returns the new workers, once they have all leases
 */
const replace = async (fleet, old) => {
  const fresh = []
  for (const [i, worker] of old.entries()) {
    fresh.push(await fleet.started(`new-${i}`, 0))
    await stop(worker)
  }
  await fresh[0].until('the new ones have all leases', async () =>
    Object.values(await fleet.owners()).every((owner) => /^new/.test(owner))
  )
  return fresh
}

/** The names of the leases that a worker has released; its `log.level` must be debug. */
const released = (worker) =>
  [...worker.log().matchAll(/Lease (\S+) is released to the other workers/g)].map(([, shard]) => shard).sort()

/** All records that were put at `from` or later began within the bound. */
const assertRead = (fleet, from) => {
  const wait = longestWait(fleet, from)
  assert.ok(wait < UNREAD_MS, `a record waited for ${wait} ms`)
}

module.exports = {
  FAILOVER_MS,
  assertAlone,
  assertNoneLost,
  assertOnce,
  assertRead,
  released,
  replace,
  set,
  stop
}
