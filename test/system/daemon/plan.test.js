'use strict'
/** `kclts plan` of what was recorded, beside the checkpoints that the lease table took. */
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')

const planOf = ({ folder }) =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [path.join(folder, 'node_modules/kclts/dist/bin.js'), 'plan', path.join(folder, 'recording'), '--json'],
      { encoding: 'utf8' }
    )
  )

describe(`kclts plan, under Amazon's daemon ${Jars.CURRENT}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  it('has as many writes for each shard as the lease table took, over two runs', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: Jars.CURRENT,
      shards: 2,
      handler: 'slow',
      configuration: { checkpoint: { interval: '300ms', count: 70 }, record: { folder: './recording' } }
    })
    const expected = Stage.grouped(await stage.put(Stream.numbered(1500)))
    const shards = Object.keys(expected).sort()
    const first = stage.run({ maxRecords: 100 })
    await first.until(
      'a third was seen, and both shards have checkpoints',
      () => stage.seen().length >= 500 && shards.every((shard) => stage.stored(shard).length >= 2)
    )
    assert.equal(await first.terminate(), 143)
    const second = stage.run({ maxRecords: 100 })
    await second.until('all was seen', () => stage.seen().length >= 1500)
    assert.equal(await second.terminate(), 143)

    const plan = planOf(stage.project)
    assert.deepEqual(
      { missing: plan.missing, inexact: plan.inexact, records: plan.records },
      { missing: [], inexact: [], records: 1500 }
    )
    assert.deepEqual(
      plan.shards.map(({ shard, lives, policies: [now] }) => [shard, lives, now.checkpoints.writes]).sort(),
      shards.map((shard) => [shard, 2, stage.stored(shard).length])
    )
  })
})
