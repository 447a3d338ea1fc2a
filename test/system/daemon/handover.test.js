'use strict'
/** How leases go from one worker to another with the main class of kclts (src/daemon/java): what is handed over, and what is not. */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const { setTimeout: sleep } = require('node:timers/promises')
const Emulators = require('./stage/Emulators')
const Fleet = require('./stage/Fleet')
const Worker = require('./stage/Worker')

/** The version that the main class is made for. */
const VERSION = '3.5.1'

describe(`leases that change hands with KCL ${VERSION}`, { concurrency: 2 }, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  const fleetOf = (t, shards, daemon) => Fleet.set(t, emulators, { version: VERSION, shards, daemon })

  const CHATTY = { log: { format: 'json', level: 'debug' } }

  it('the leader stops: its leases go to the other worker at once, each record once', async (t) => {
    const fleet = await fleetOf(t, 4)
    const putting = fleet.put()
    const first = await fleet.started('first', 4)
    const second = await fleet.started('second', 1)
    const expired = fleet.expirations()
    const from = Date.now()
    await Promise.all([Fleet.stop(first), fleet.takes(second, 4)])
    const stored = await fleet.consumed(putting, second)
    assert.deepEqual(expired, [])
    Fleet.assertOnce(fleet, stored)
    Fleet.assertAlone(fleet)
    Fleet.assertRead(fleet, from)
    await Fleet.stop(second)
  })

  it('a rolling deploy: each of two workers is replaced, each record once, no shard waits for a lease to expire', async (t) => {
    const fleet = await fleetOf(t, 4, { properties: { varianceBalancingFrequency: 1000 } })
    const putting = fleet.put()
    const old = [await fleet.started('old-0', 4), await fleet.started('old-1', 0)]
    const expired = fleet.expirations()
    const from = Date.now()
    const fresh = await Fleet.replace(fleet, old)
    const stored = await fleet.consumed(putting, fresh[0])
    Fleet.assertOnce(fleet, stored)
    assert.deepEqual(expired, [])
    Fleet.assertAlone(fleet)
    Fleet.assertRead(fleet, from)
    // Two stop at once: what is handed over, and what nobody is left for, must not be lost.
    await Promise.all(fresh.map(Fleet.stop))
  })

  it('the leader is killed: its leases expire, and no record is lost', async (t) => {
    const fleet = await fleetOf(t, 2)
    const putting = fleet.put()
    const first = await fleet.started('first', 2)
    const second = await fleet.started('second', 0)
    const left = first.below()
    // The second one has looked at the workers when it started. That is too long ago to say how often the first one reports.
    await sleep(25_000)
    first.signal('SIGKILL')
    await Worker.gone(left)
    const wait = await fleet.takes(second, 2)
    assert.ok(wait < 30_000, `${wait} ms`)
    Fleet.assertNoneLost(fleet, await fleet.consumed(putting, second))
    await Fleet.stop(second)
  })

  it('a handler that outlives the grace keeps its lease until it expires, while the others go', async (t) => {
    const fleet = await fleetOf(t, 2, { shutdownGrace: '4s' })
    const first = await fleet.started('first', 2, { ...CHATTY, deadline: '1h' })
    fleet.hold(60_000)
    const [stuck] = await fleet.putOne()
    await first.until('it began', () => fleet.begun().length === 1)
    fleet.letGo()
    const second = await fleet.started('second', 0)
    const idle = Object.keys(await fleet.owners()).find((shard) => shard !== stuck.shard)
    const taken = fleet.times(async () => (await fleet.owners())[stuck.shard] === 'second')
    first.signal('SIGTERM')
    const stopped = Date.now()
    const code = await first.exited
    await second.until('it finished the record', () => fleet.finished().length === 1)
    assert.ok((await taken) - stopped >= Fleet.FAILOVER_MS, 'the lease expired')
    assert.ok([0, 1].includes(code))
    assert.deepEqual(Fleet.released(first), [idle])
    await Fleet.stop(second)
  })

  it('the only worker keeps its leases for its next start, which takes them at once', async (t) => {
    const fleet = await fleetOf(t, 2)
    const putting = fleet.put()
    const first = await fleet.started('only', 2, CHATTY)
    await Fleet.stop(first)
    assert.deepEqual(Fleet.released(first), [])
    assert.equal(await fleet.count('only'), 2)
    const again = await fleet.started('only', 2)
    const stored = await fleet.consumed(putting, again)
    Fleet.assertOnce(fleet, stored)
    await Fleet.stop(again)
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
      const first = await fleet.started('first', 2, CHATTY)
      const other = await fleet.started('third', 0)
      const [shard, ...others] = Object.keys(await fleet.owners())
      const changes = fleet.beforeEviction(async (of) => {
        if (of === shard) await change(fleet, shard)
      })
      await Fleet.stop(first)
      assert.deepEqual(changes().sort(), [shard, ...others].sort())
      assert.deepEqual(Fleet.released(first), others)
      assert.deepEqual(await fleet.ownersOf(shard), after)
      await Fleet.stop(other)
    })

  it('a worker whose clock is half a minute behind gets its leases', async (t) => {
    // With Amazon's intervals, whose leader compares the clocks, this one would be 20 s too old.
    const fleet = await fleetOf(t, 4, { properties: { workerMetricsReporterFreqInMillis: 5000 } })
    const end = fleet.reports('late', -30)
    // The other one may be known only after the first one has all leases. Those of idle shards would stay where they are.
    const putting = fleet.put()
    const first = await fleet.started('first', 1)
    await first.until('the other one has a lease', async () => (await fleet.count('late')) > 0)
    await end()
    await first.until('once it is silent, it has none', async () => (await fleet.count('first')) === 4)
    Fleet.assertNoneLost(fleet, await fleet.consumed(putting, first))
    await Fleet.stop(first)
  })

  it("beside a worker with Amazon's main class: leases go both ways, each record once", async (t) => {
    const fleet = await fleetOf(t, 2)
    const putting = fleet.put()
    const amazons = await fleet.started('amazons', 2, { daemon: { main: 'amazon' } })
    const ours = await fleet.started('ours', 0)
    await Fleet.stop(amazons)
    await fleet.takes(ours, 2)
    const back = await fleet.started('back', 0, { daemon: { main: 'amazon' } })
    await Fleet.stop(ours)
    await fleet.takes(back, 2)
    const stored = await fleet.consumed(putting, back)
    Fleet.assertOnce(fleet, stored)
    Fleet.assertAlone(fleet)
    await Fleet.stop(back)
  })
})
