'use strict'
/** Whole streams: consumed, cut short by SIGKILL, stopped by SIGTERM. On both generations of the KCL. */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')

for (const version of Jars.VERSIONS)
  describe(`under Amazon's daemon ${version}`, () => {
    let emulators
    before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
    after(() => emulators.stop())

    it('10,000 records over 2 shards are each seen once, in order, with a checkpoint at every 300th', async (t) => {
      const stage = await Stage.set(t, emulators, {
        version,
        shards: 2,
        handler: 'ack',
        configuration: { checkpoint: { interval: 0, count: 300 } }
      })
      const expected = Stage.grouped(await stage.put(Stream.numbered(10_000)))
      const daemon = stage.run({ maxRecords: 500 })
      await daemon.until('10,000 records were seen', () => stage.seen().length >= 10_000)
      const last = (shard) => expected[shard].filter((_, i) => (i + 1) % 300 === 0).at(-1)
      await daemon.until('the last due checkpoints were stored', () =>
        Object.keys(expected).every((shard) => stage.stored(shard).at(-1) === last(shard))
      )
      assert.deepEqual(Stage.grouped(stage.seen()), expected)
      for (const [shard, positions] of Object.entries(expected)) {
        const ordinals = stage.stored(shard).map((position) => positions.indexOf(position) + 1)
        assert.ok(ordinals.length >= 5, `${ordinals.length} checkpoints`)
        assert.deepEqual(
          ordinals.filter((ordinal) => ordinal % 300 !== 0),
          []
        )
        assert.equal((await stage.positions())[shard], last(shard))
      }
    })

    it('after SIGKILL a second run sees exactly what follows the last checkpoints', async (t) => {
      const stage = await Stage.set(t, emulators, {
        version,
        shards: 2,
        handler: 'slow',
        configuration: { checkpoint: { interval: '200ms', count: 0 } }
      })
      const expected = Stage.grouped(await stage.put(Stream.numbered(3000)))
      const shards = Object.keys(expected)
      const killed = stage.run({ maxRecords: 100 })
      await killed.until(
        'a third was seen and both shards have checkpoints',
        () => stage.seen().length >= 1000 && shards.every((shard) => stage.stored(shard).length >= 2)
      )
      await killed.kill()
      const before = stage.seen()
      const positions = await stage.positions()
      const missing = shards.map((shard) =>
        expected[shard].slice(expected[shard].indexOf(positions[shard]) + 1)
      )
      const rest = missing.flat().length

      const resumed = stage.run()
      await resumed.until('the rest was seen', () => stage.seen().length >= before.length + rest)
      assert.equal(await resumed.terminate(), 143)
      const again = Stage.grouped(stage.seen().slice(before.length))
      assert.deepEqual(
        shards.map((shard) => again[shard]),
        missing
      )
      // And none was checkpointed that had not been seen: together the two runs leave no gap.
      const seen = Stage.grouped(before)
      for (const [i, shard] of shards.entries())
        assert.ok(seen[shard].length >= expected[shard].length - missing[i].length)
      assert.ok(before.length < 3000, 'killed in the middle')
    })

    it('SIGTERM to the daemon and its children checkpoints what is finished, and a second run repeats nothing', async (t) => {
      const stage = await Stage.set(t, emulators, {
        version,
        shards: 2,
        handler: 'slow',
        configuration: { checkpoint: { interval: 0, count: 0 } }
      })
      const expected = Stage.grouped(await stage.put(Stream.numbered(3000)))
      const stopped = stage.run({ maxRecords: 100 })
      await stopped.until('a sixth was seen, of both shards', () => {
        const seen = stage.seen()
        return seen.length >= 500 && Object.keys(Stage.grouped(seen)).length === 2
      })
      assert.equal(await stopped.terminateAll(), 143)
      const half = stage.seen()
      assert.ok(half.length < 3000, 'stopped in the middle')
      assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(half)))
      const resumed = stage.run()
      await resumed.until('3,000 records were seen', () => stage.seen().length >= 3000)
      assert.deepEqual(Stage.grouped(stage.seen()), expected)
    })
  })
