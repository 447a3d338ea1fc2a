'use strict'
/** How leases go from one worker to another, with the main class of kclts (src/daemon/java). */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Fleet = require('./stage/Fleet')

/** The version that the main class is made for. */
const VERSION = '3.5.1'

describe(`leases that change hands with KCL ${VERSION}`, { concurrency: 2 }, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  const fleetOf = (t, shards, daemon) => Fleet.set(t, emulators, { version: VERSION, shards, daemon })

  it('a worker that stops gives its leases to the other one at once, each record once', async (t) => {
    const fleet = await fleetOf(t, 4)
    const putting = fleet.put()
    const first = fleet.start('first')
    await first.until('it has all leases', async () => (await fleet.count('first')) === 4)
    await first.until('it reads', () => fleet.finished().length > 20)
    const second = fleet.start('second')
    await second.until('it is at work', () => /the daemon is ready and takes shards/.test(second.log()))
    await second.until('it has a lease', async () => (await fleet.count('second')) > 0)
    first.signal('SIGTERM')
    const stopped = Date.now()
    assert.equal(await first.exited, 0)
    await second.until('it has all leases', async () => (await fleet.count('second')) === 4)
    const wait = Date.now() - stopped
    const stored = await putting.end()
    await second.until('all was finished', () => fleet.finished().length >= stored.length)
    Fleet.assertOnce(fleet, stored)
    Fleet.assertAlone(fleet)
    assert.ok(wait < Fleet.FAILOVER_MS, `${wait} ms`)
    second.signal('SIGTERM')
    assert.equal(await second.exited, 0)
  })
})
