'use strict'
/** How a worker is stopped by its handler, and a child inside a program of the user's own. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')

const VERSION = Jars.CURRENT

describe(`under Amazon's daemon ${VERSION}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start()))
  after(() => emulators.stop())

  it('a halt stops the worker with everything before its record checkpointed, and a new start begins at it', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 1,
      handler: 'halting',
      configuration: { checkpoint: { interval: 0, count: 0 } }
    })
    const stored = await stage.put(Stream.numbered(100))
    const daemon = stage.run({ shutdownGraceMillis: 1 })
    assert.equal(await daemon.exited, 1)
    assert.match(
      daemon
        .log()
        .split('\n')
        .find((line) => line.includes('the ledger is closed')) ?? '',
      new RegExp(stored[70].seq)
    )
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped(stored.slice(0, 70)))
    assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored.slice(0, 70))))

    fs.writeFileSync(path.join(stage.project.folder, 'repaired'), '')
    const repaired = stage.run()
    await repaired.until('100 records were seen', () => stage.seen().length >= 100)
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped(stored))
  })

  it('a program that calls start and prints to the console consumes its stream and is stopped', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 2,
      handler: 'program',
      configuration: { checkpoint: { interval: 0, count: 0 } }
    })
    const stored = await stage.put(Stream.numbered(100))
    const daemon = stage.run({ executableName: 'node program.js' })
    await daemon.until('100 records were seen', () => stage.seen().length >= 100)
    assert.equal(await daemon.terminateAll(), 143)
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped(stored))
    assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))
    assert.equal(daemon.log().includes('Skipping unexpected line'), false)
  })
})
