'use strict'
/** How leases go from one worker to another with the main class of kclts (src/daemon/java): what is handed over, and what is not. */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Fleet = require('./stage/Fleet')
const Worker = require('./stage/Worker')

/** The version that the main class is made for. */
const VERSION = '3.5.1'

const READY = /the daemon is ready/

describe(`leases that change hands with KCL ${VERSION}`, { concurrency: 2 }, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  const fleetOf = (t, shards, daemon) => Fleet.set(t, emulators, { version: VERSION, shards, daemon })

  /** A worker that the others know, and that has so many leases. */
  const started = async (fleet, id, leases, more) => {
    const worker = fleet.start(id, more)
    await worker.until('it is ready', () => READY.test(worker.log()))
    await worker.until('it has reported', () => fleet.hasReported(id))
    await worker.until(`it has ${leases} leases`, async () => (await fleet.count(id)) >= leases)
    return worker
  }

  /** Ends the records, and waits until all of them are finished. */
  const consumed = async (fleet, putting, worker) => {
    const stored = await putting.end()
    const sequences = () => new Set(fleet.finished().map(({ seq }) => seq))
    await worker.until('all was finished', () => sequences().size >= stored.length)
    return stored
  }

  const stop = async (worker) => {
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
  }

  /** Milliseconds until the worker has all leases. */
  const takes = async (fleet, worker, shards) => {
    const since = Date.now()
    await worker.until('it has all leases', async () => (await fleet.count(worker.id)) === shards)
    return Date.now() - since
  }

  /** The names of the leases that a worker has released. */
  const released = (worker) =>
    [...worker.log().matchAll(/Lease (\S+) is released to the other workers/g)]
      .map(([, shard]) => shard)
      .sort()

  const CHATTY = { log: { format: 'json', level: 'debug' } }

  it('the leader stops: its leases go to the other worker at once, each record once', async (t) => {
    const fleet = await fleetOf(t, 4)
    const putting = fleet.put()
    const first = await started(fleet, 'first', 4)
    const second = await started(fleet, 'second', 1)
    first.signal('SIGTERM')
    const wait = await takes(fleet, second, 4)
    assert.equal(await first.exited, 0)
    assert.ok(wait < Fleet.FAILOVER_MS, `${wait} ms`)
    const stored = await consumed(fleet, putting, second)
    Fleet.assertOnce(fleet, stored)
    Fleet.assertAlone(fleet)
    await stop(second)
  })

  it('a rolling deploy: each of two workers is replaced, each record once, no shard waits for a lease to expire', async (t) => {
    const fleet = await fleetOf(t, 4, { properties: { varianceBalancingFrequency: 1000 } })
    const putting = fleet.put()
    const old = [await started(fleet, 'old-0', 4), await started(fleet, 'old-1', 0)]
    const from = Date.now()
    const fresh = []
    for (const [i, worker] of old.entries()) {
      fresh.push(await started(fleet, `new-${i}`, 0))
      await stop(worker)
    }
    await fresh[0].until('the new ones have all leases', async () =>
      Object.values(await fleet.owners()).every((owner) => /^new/.test(owner))
    )
    const stored = await consumed(fleet, putting, fresh[0])
    Fleet.assertOnce(fleet, stored)
    Fleet.assertAlone(fleet)
    const wait = Fleet.longestWait(fleet, from)
    assert.ok(wait < Fleet.FAILOVER_MS, `a record waited for ${wait} ms`)
    // Two stop at once: what is handed over, and what nobody is left for, must not be lost.
    await Promise.all(fresh.map(stop))
  })

  it('the leader is killed: its leases expire, and no record is lost', async (t) => {
    const fleet = await fleetOf(t, 2)
    const putting = fleet.put()
    const first = await started(fleet, 'first', 2)
    const second = await started(fleet, 'second', 0)
    const left = first.below()
    first.signal('SIGKILL')
    await Worker.gone(left)
    const wait = await takes(fleet, second, 2)
    assert.ok(wait < 30_000, `${wait} ms`)
    Fleet.assertNoneLost(fleet, await consumed(fleet, putting, second))
    await stop(second)
  })

  it('a handler that outlives the grace keeps its lease until it expires, while the others go', async (t) => {
    const fleet = await fleetOf(t, 2, { shutdownGrace: '4s' })
    const first = await started(fleet, 'first', 2, { ...CHATTY, deadline: '1h' })
    fleet.hold(60_000)
    const [stuck] = await fleet.putOne()
    await first.until('it began', () => fleet.begun().length === 1)
    fleet.letGo()
    const second = await started(fleet, 'second', 0)
    const idle = Object.keys(await fleet.owners()).find((shard) => shard !== stuck.shard)
    const taken = fleet.times(async () => (await fleet.owners())[stuck.shard] === 'second')
    first.signal('SIGTERM')
    const stopped = Date.now()
    const code = await first.exited
    await second.until('it finished the record', () => fleet.finished().length === 1)
    assert.ok((await taken) - stopped >= Fleet.FAILOVER_MS, 'the lease expired')
    assert.ok([0, 1].includes(code))
    assert.deepEqual(released(first), [idle])
    await stop(second)
  })

  it('the only worker keeps its leases for its next start, which takes them at once', async (t) => {
    const fleet = await fleetOf(t, 2)
    const putting = fleet.put()
    const first = await started(fleet, 'only', 2, CHATTY)
    await stop(first)
    assert.deepEqual(released(first), [])
    assert.equal(await fleet.count('only'), 2)
    const again = await started(fleet, 'only', 2)
    const stored = await consumed(fleet, putting, again)
    Fleet.assertOnce(fleet, stored)
    await stop(again)
  })

  for (const [what, change, after] of [
    [
      // As the start of another worker of this name does (DynamoDBLeaseRenewer.initialize).
      'was renewed by a worker of the same name elsewhere',
      (fleet, shard) => fleet.renew(shard),
      { leaseOwner: 'first', checkpointOwner: null }
    ],
    [
      'is being handed to another worker, and goes there,',
      (fleet, shard) => fleet.give(shard, { leaseOwner: 'other', checkpointOwner: 'first' }),
      { leaseOwner: 'other', checkpointOwner: null }
    ],
    [
      'is being handed to the one that stops',
      (fleet, shard) => fleet.give(shard, { leaseOwner: 'first', checkpointOwner: 'other' }),
      { leaseOwner: 'first', checkpointOwner: 'other' }
    ]
  ])
    it(`a lease that ${what} in the last moment is not released`, async (t) => {
      const fleet = await fleetOf(t, 2)
      const first = await started(fleet, 'first', 2, CHATTY)
      const other = await started(fleet, 'third', 0)
      const [shard, ...others] = Object.keys(await fleet.owners())
      const changes = fleet.beforeEviction(async (of) => {
        if (of === shard) await change(fleet, shard)
      })
      await stop(first)
      assert.deepEqual(changes().sort(), [shard, ...others].sort())
      assert.deepEqual(released(first), others)
      assert.deepEqual(await fleet.ownersOf(shard), after)
      await stop(other)
    })

  it('a worker whose clock is half a minute behind gets its leases', async (t) => {
    // With Amazon's intervals, whose leader compares the clocks, this one would be 20 s too old.
    const fleet = await fleetOf(t, 4, { properties: { workerMetricsReporterFreqInMillis: 5000 } })
    const end = fleet.reports('late', -30)
    const first = await started(fleet, 'first', 1)
    await first.until('the other one has a lease', async () => (await fleet.count('late')) > 0)
    await end()
    await first.until('once it is silent, it has none', async () => (await fleet.count('first')) === 4)
    await stop(first)
  })

  it('a DynamoDB that does not answer delays the stop by two seconds', async (t) => {
    const fleet = await fleetOf(t, 2)
    const first = await started(fleet, 'first', 2, CHATTY)
    await started(fleet, 'second', 0)
    // Checkpoints are stored: they are the KCL's affair, and bounded by the grace.
    const fault = emulators.fail((operation, body) =>
      ['Scan', 'DescribeTable'].includes(operation) && body.includes(fleet.application)
        ? Emulators.HUNG
        : undefined
    )
    t.after(() => fault.end())
    const since = Date.now()
    await stop(first)
    const took = Date.now() - since
    assert.ok(took < 15_000, `${took} ms`)
    assert.deepEqual(released(first), [])
  })

  it("beside a worker with Amazon's main class: leases go both ways, each record once", async (t) => {
    const fleet = await fleetOf(t, 2)
    const putting = fleet.put()
    const amazons = await started(fleet, 'amazons', 2, { daemon: { main: 'amazon' } })
    const ours = await started(fleet, 'ours', 0)
    await stop(amazons)
    await takes(fleet, ours, 2)
    const back = await started(fleet, 'back', 0, { daemon: { main: 'amazon' } })
    await stop(ours)
    await takes(fleet, back, 2)
    const stored = await consumed(fleet, putting, back)
    Fleet.assertOnce(fleet, stored)
    Fleet.assertAlone(fleet)
    await stop(back)
  })
})
