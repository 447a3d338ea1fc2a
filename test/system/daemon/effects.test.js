'use strict'
/** Handlers that are effects, several at a time. */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')

const VERSION = Jars.CURRENT
const CONCURRENCY = 16

const positionOf = ({ seq, sub }) => `${seq}/${sub}`

/** Positions by shard and key. */
const byKey = (records) => {
  const keys = {}
  for (const record of records)
    (keys[`${record.shard} ${record.key}`] ??= []).push(positionOf({ sub: 0, ...record }))
  return keys
}

const noted = (stage, at) => stage.seen().filter((note) => note.at === at)

/** The most handlers that a child had at work, and whether one of a key ever began before the one before it ended. */
const overlaps = (notes) => {
  const atWork = new Map()
  let most = 0
  let isOfOneKey = false
  for (const { pid, shard, key, at } of notes) {
    const keys = atWork.get(pid) ?? new Set()
    atWork.set(pid, keys)
    if (at === 'begun') {
      isOfOneKey ||= keys.has(`${shard} ${key}`)
      keys.add(`${shard} ${key}`)
    } else keys.delete(`${shard} ${key}`)
    most = Math.max(most, keys.size)
  }
  return { most, isOfOneKey }
}

/** Records that take 0 to 40 ms each, over so many keys. */
const lasting = (count, keys, millis = (i) => (i * 17) % 41) =>
  Array.from({ length: count }, (_, i) => ({ key: `key-${(i * 7) % keys}`, data: String(millis(i)) }))

describe(`under Amazon's daemon ${VERSION}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start()))
  after(() => emulators.stop())

  it(`${CONCURRENCY} handlers at a time keep the order of each key, finish their batches and are checkpointed`, async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 2,
      handler: 'concurrent',
      configuration: { concurrency: CONCURRENCY, checkpoint: { interval: '100ms', count: 0 } }
    })
    const first = await stage.put(lasting(600, 60))
    const daemon = stage.run({ callProcessRecordsEvenForEmptyRecordList: true })
    await daemon.until('the first batches were finished', () => noted(stage, 'ended').length >= first.length)
    const all = [...first, ...(await stage.put(lasting(200, 60)))]
    await daemon.until('all were finished', () => noted(stage, 'ended').length >= all.length)
    const lasts = Stage.lasts(Stage.grouped(all))
    await daemon.until('the last checkpoints were stored', () =>
      Object.entries(lasts).every(([shard, position]) => stage.stored(shard).at(-1) === position)
    )
    assert.deepEqual(byKey(noted(stage, 'begun')), byKey(all))
    assert.deepEqual(byKey(noted(stage, 'ended')), byKey(all))
    assert.deepEqual(overlaps(stage.seen()), { most: CONCURRENCY, isOfOneKey: false })
  })

  it('SIGTERM while handlers are at work lets their batch finish, and a second run gets exactly what follows it', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 2,
      handler: 'concurrent',
      configuration: { concurrency: 4, checkpoint: { interval: 0, count: 0 } }
    })
    const records = await stage.put(lasting(400, 400, () => 150))
    const expected = Stage.grouped(records)
    const shards = Object.keys(expected).sort()
    const stopped = stage.run({ maxRecords: 40 })
    await stopped.until('some were finished on both shards, and others begun', () => {
      const [begun, ended] = ['begun', 'ended'].map((at) => Stage.grouped(noted(stage, at)))
      return shards.every((shard) => ended[shard]?.length >= 20 && begun[shard].length > ended[shard].length)
    })
    assert.equal(await stopped.terminateAll(), 143)
    const begun = Stage.grouped(noted(stage, 'begun'))
    const ended = Stage.grouped(noted(stage, 'ended'))
    for (const shard of shards) {
      assert.deepEqual(new Set(ended[shard]), new Set(begun[shard]))
      assert.ok(ended[shard].length < expected[shard].length, 'stopped in the middle')
    }
    assert.deepEqual(
      await stage.positions(),
      Object.fromEntries(shards.map((shard) => [shard, expected[shard][begun[shard].length - 1]]))
    )

    const before = noted(stage, 'begun').length
    const resumed = stage.run()
    await resumed.until('the rest was finished', () => noted(stage, 'ended').length >= records.length)
    const again = Stage.grouped(noted(stage, 'begun').slice(before))
    for (const shard of shards) assert.deepEqual(again[shard], expected[shard].slice(begun[shard].length))
  })
})
