'use strict'
/** A processor of aws-kcl, unchanged but for its import. */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')

const VERSION = Jars.CURRENT
const ZERO = 'shardId-000000000000'

describe(`a processor of aws-kcl under Amazon's daemon ${VERSION}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start()))
  after(() => emulators.stop())

  const stageFor = (t, shards) =>
    Stage.set(t, emulators, { version: VERSION, shards, handler: 'compat', configuration: {} })

  it('consumes its stream, though it prints, checkpoints and is stopped', async (t) => {
    const stage = await stageFor(t, 2)
    const stored = await stage.put(Stream.numbered(1000))
    const daemon = stage.run({ executableName: 'node compat.js' })
    await daemon.until('1000 records were seen', () => stage.seen().length >= 1000)
    assert.equal(await daemon.terminate(), 143)
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped(stored))
    assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))
    assert.equal(daemon.log().includes('Skipping unexpected line'), false)
  })

  it('ends a shard that was split, and goes on with its children', async (t) => {
    const stage = await stageFor(t, 1)
    await stage.put(Stream.numbered(20))
    const daemon = stage.run({ executableName: 'node compat.js' })
    await daemon.until('20 records were seen', () => stage.seen().length >= 20)
    const [lower, upper] = await Stream.split(emulators, stage.stream, ZERO)
    await stage.put(Stream.numbered(20))
    await daemon.until('40 records were seen', () => stage.seen().length >= 40)
    await daemon.until('the lease of the shard is at its end', async () => {
      const { [ZERO]: lease } = await stage.leases()
      return lease?.checkpoint === 'SHARD_END'
    })
    const shards = new Set(stage.seen().map(({ shard }) => shard))
    assert.ok([lower, upper].some((child) => shards.has(child)))
  })
})
