'use strict'
/** Leases of several workers that come, go and are replaced, with the main class of kclts (src/daemon/java). */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Fleet = require('./stage/Fleet')

/** The version that the main class is made for. */
const VERSION = '3.5.1'

const SHARDS = 4

/** The new workers get leases when old ones stop; balancing would move them once more. */
const UNBALANCED = { properties: { varianceBalancingFrequency: 1000 } }

describe(`a fleet that changes with KCL ${VERSION}`, { concurrency: 1 }, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  const fleetOf = (t, daemon) => Fleet.set(t, emulators, { version: VERSION, shards: SHARDS, daemon })

  /** What must hold after workers have stopped gracefully, while records came since `from`. */
  const assertHandedOver = (fleet, { stored, from }) => {
    Fleet.assertOnce(fleet, stored)
    Fleet.assertAlone(fleet)
    Fleet.assertRead(fleet, from)
  }

  const isSpread = async (fleet, workers) => {
    const owners = new Set(Object.values(await fleet.owners()))
    return owners.size >= workers && !owners.has(null)
  }

  it('scale-out and scale-in: three workers come and take shards, three go and give them back, each record once', async (t) => {
    const fleet = await fleetOf(t)
    const putting = fleet.put()
    const first = await fleet.started('first', SHARDS)
    // Shards are balanced every few seconds here: one that is on its way to a worker that stops has to expire.
    const from = Date.now()
    const [second, third, fourth] = await Promise.all(
      ['second', 'third', 'fourth'].map((id) => fleet.started(id, 0))
    )
    await first.until('more than one worker has shards', () => isSpread(fleet, 2))
    await Fleet.stop(fourth)
    await Fleet.stop(third)
    await Promise.all([Fleet.stop(first), fleet.takes(second, SHARDS)])
    assertHandedOver(fleet, { stored: await fleet.consumed(putting, second), from })
    await Fleet.stop(second)
  })

  it('a rolling deploy of four workers, one after the other: each record once', async (t) => {
    const fleet = await fleetOf(t, UNBALANCED)
    const putting = fleet.put()
    const old = await Promise.all([0, 1, 2, 3].map((i) => fleet.started(`old-${i}`, 0)))
    await old[0].until('each shard has a worker', () => isSpread(fleet, 1))
    const expired = fleet.expirations()
    const from = Date.now()
    const fresh = await Fleet.replace(fleet, old)
    assertHandedOver(fleet, { stored: await fleet.consumed(putting, fresh[0]), from })
    assert.deepEqual(expired, [])
    await Promise.all(fresh.map(Fleet.stop))
  })

  it('two of three workers stop at once: the third one gets their shards, each record once', async (t) => {
    const fleet = await fleetOf(t)
    const putting = fleet.put()
    const leader = await fleet.started('leader', SHARDS)
    const [second, third] = await Promise.all([fleet.started('second', 1), fleet.started('third', 0)])
    // What was on its way from one of the two to the other one has to expire.
    const from = Date.now()
    await Promise.all([Fleet.stop(leader), Fleet.stop(second), fleet.takes(third, SHARDS)])
    assertHandedOver(fleet, { stored: await fleet.consumed(putting, third), from })
    await Fleet.stop(third)
  })
})
