'use strict'
/** A stop at an awkward moment, and a daemon that stands still, with the main class of kclts (src/daemon/java). */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const { setTimeout: sleep } = require('node:timers/promises')
const Emulators = require('./stage/Emulators')
const Fleet = require('./stage/Fleet')
const Stream = require('./stage/Stream')
const Worker = require('./stage/Worker')

/** The version that the main class is made for. */
const VERSION = '3.5.1'

/** No lease moves but by what the test does. */
const UNBALANCED = { properties: { varianceBalancingFrequency: 100_000 } }

const GRACE_MS = 60_000

/** What DynamoDB may add to a stop, and ten seconds for a busy machine. */
const DELAY_MS = 2_000 + 10_000

const CHATTY = { log: { format: 'json', level: 'debug' } }

/** The JVM itself: the command of its guardian names the main class, too. */
const javaOf = (worker) => worker.below().find(({ command }) => /^java .*KcltsMultiLangDaemon/.test(command))

describe(`hand-over at awkward moments with KCL ${VERSION}`, { concurrency: 2 }, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  const fleetOf = (t, shards, daemon) => Fleet.set(t, emulators, { version: VERSION, shards, daemon })

  /** The record of the other one came after the last one of this one. */
  const assertAfter = (fleet, parent, children) => {
    const seen = fleet.seen()
    const last = seen.findLastIndex(({ shard }) => shard === parent)
    const first = seen.findIndex(({ shard }) => children.includes(shard))
    assert.ok(last < first, `${parent} ended at ${last}, and a child of it began at ${first}`)
  }

  /** A record that ran twice ran the first time before the worker that stood had renewed its leases once. */
  const assertFenced = (fleet, stood) => {
    const first = new Map()
    for (const { pid, shard, seq, at } of fleet.begun()) {
      const earlier = first.get(`${shard}/${seq}`) ?? { pid, at }
      assert.ok(earlier.pid === pid || earlier.at < stood + Fleet.FAILOVER_MS, `${shard}/${seq} ran twice`)
      first.set(`${shard}/${seq}`, earlier)
    }
    for (const shard of new Set(fleet.begun().map((record) => record.shard))) {
      const numbers = fleet.stored(shard).map((position) => BigInt(position.replace(/\/.*/, '')))
      assert.ok(
        numbers.every((number, i) => i === 0 || number >= numbers[i - 1]),
        `a checkpoint of ${shard} went back`
      )
    }
  }

  it('stops during a reshard, before the shard has ended and once its children have leases: each record once', async (t) => {
    const fleet = await fleetOf(t, 2)
    const putting = fleet.put()
    const first = await fleet.started('first', 2)
    const [second, third] = await Promise.all(['second', 'third'].map((id) => fleet.started(id, 0)))
    const from = Date.now()
    const [parent] = Object.keys(await fleet.owners())
    const children = await Stream.split(emulators, fleet.stream, parent)
    await Fleet.stop(first)
    await second.until('the children have leases', async () => {
      const owners = await fleet.owners()
      return children.every((shard) => shard in owners)
    })
    await Fleet.stop(second)
    await third.until('it has the children', async () => {
      const owners = await fleet.owners()
      return children.every((shard) => owners[shard] === 'third')
    })
    const stored = await fleet.consumed(putting, third)
    Fleet.assertOnce(fleet, stored)
    Fleet.assertAlone(fleet)
    Fleet.assertRead(fleet, from)
    assertAfter(fleet, parent, children)
    await Fleet.stop(third)
  })

  it('stops while it starts, and while its first shard starts: each record once', async (t) => {
    const fleet = await fleetOf(t, 2)
    const putting = fleet.put()
    const first = await fleet.started('first', 2)
    const from = Date.now()
    const early = fleet.start('early')
    await early.until('Java runs', () => javaOf(early) !== undefined)
    await Fleet.stop(early)
    const late = fleet.start('late')
    await late.until('a lease is meant for it', async () => (await fleet.count('late')) > 0)
    await Promise.all([Fleet.stop(late), fleet.takes(first, 2)])
    const stored = await fleet.consumed(putting, first)
    Fleet.assertOnce(fleet, stored)
    Fleet.assertAlone(fleet)
    Fleet.assertRead(fleet, from)
    await Fleet.stop(first)
  })

  it('the JVM of the leader stands for ten seconds: no record is lost, and each shard has one worker', async (t) => {
    const fleet = await fleetOf(t, 2)
    const putting = fleet.put()
    const first = await fleet.started('first', 2)
    const second = await fleet.started('second', 0)
    const from = Date.now()
    const java = javaOf(first)
    Worker.signal(java.pid, 'SIGSTOP')
    // As long as a lease lasts: it may be kept, or lost.
    await sleep(Fleet.FAILOVER_MS)
    Worker.signal(java.pid, 'SIGCONT')
    const stood = Date.now()
    await first.until('each shard is read again', () =>
      [...new Set(putting.stored.map(({ shard }) => shard))].every((shard) =>
        fleet.begun().some(({ shard: of, data }) => of === shard && Number(data) > stood)
      )
    )
    const stored = await fleet.consumed(putting, second)
    Fleet.assertNoneLost(fleet, stored)
    Fleet.assertRead(fleet, from)
    assertFenced(fleet, stood)
    await Promise.all([Fleet.stop(first), Fleet.stop(second)])
  })

  it('leases that it was given and has not begun, also one that waits for its parent, are released, but for those that are not its own', async (t) => {
    // The leader looks at the leases at its start alone, and so does each worker.
    const properties = { ...UNBALANCED.properties, leaseAssignmentIntervalMillis: 600_000 }
    const fleet = await fleetOf(t, 1, { properties })
    const [parent] = Object.keys(await fleet.owners())
    await fleet.assign(parent, 'first')
    const waiting = await fleet.child(1, parent, 'first')
    const first = await fleet.started('first', 2, CHATTY)
    const from = Date.now()
    await first.until('its shard runs', () => /shard initialized/.test(first.log()))
    await first.until('it renews the other lease', async () => (await fleet.counter(waiting)) > 1)
    const silence = fleet.reports('other', 0)
    await first.until('the other one has reported', () => fleet.hasReported('other'))
    await first.until('it is older than a lease', () => Date.now() - from > Fleet.FAILOVER_MS)
    const given = [2, 3, 4].map((n) => fleet.child(n, parent, 'first'))
    const [unseen, renewed, handed] = await Promise.all(given)
    await fleet.give(handed, { leaseOwner: 'first', checkpointOwner: 'other' })
    fleet.beforeEviction(async (shard) => {
      if (shard === renewed) await fleet.renew(renewed)
    })
    await Fleet.stop(first)
    await silence()
    assert.deepEqual(Fleet.released(first), [parent, waiting, unseen])
    assert.deepEqual(await Promise.all([parent, waiting, unseen, renewed, handed].map(fleet.ownersOf)), [
      ...[parent, waiting, unseen].map(() => ({ leaseOwner: null, checkpointOwner: null })),
      { leaseOwner: 'first', checkpointOwner: null },
      { leaseOwner: 'first', checkpointOwner: 'other' }
    ])
  })

  /** How a worker stops while these operations hang (null: all of them); another worker lives, by its reports. */
  const stopsWhile = async (t, hung) => {
    const fleet = await fleetOf(t, 1, { shutdownGrace: `${GRACE_MS}ms`, ...UNBALANCED })
    const worker = await fleet.started('first', 1, CHATTY)
    await worker.until('its shard runs', () => /shard initialized/.test(worker.log()))
    const silence = fleet.reports('other', 0)
    await worker.until('the other one has reported', () => fleet.hasReported('other'))
    return async () => {
      const fault = emulators.fail((operation, body) =>
        body.includes(fleet.application) && (hung === null || hung.includes(operation))
          ? Emulators.HUNG
          : undefined
      )
      const since = Date.now()
      await Fleet.stop(worker)
      const ms = Date.now() - since
      fault.end()
      await silence()
      return {
        ms,
        released: Fleet.released(worker),
        isWhole: /Process shutdown is complete/.test(worker.log())
      }
    }
  }

  it('while DynamoDB does not answer, a stop of the leader is far shorter than its grace, and no lease is released', async (t) => {
    const stops = await Promise.all(
      [[], ['Scan', 'DescribeTable'], ['GetItem', 'UpdateItem'], null].map((hung) => stopsWhile(t, hung))
    )
    // At once: the same load slows all of them down.
    const [plain, ...others] = await Promise.all(stops.map((stop) => stop()))
    assert.deepEqual(
      [plain, ...others].map(({ released, isWhole }) => ({ released, isWhole })),
      [['shardId-000000000000'], [], [], []].map((released) => ({ released, isWhole: true }))
    )
    for (const { ms } of others) assert.ok(ms < plain.ms + DELAY_MS, `${ms} ms, and ${plain.ms} ms`)
  })
})
