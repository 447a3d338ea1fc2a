'use strict'
/** Shards that end, and shards that are taken away. */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const Daemon = require('./stage/Daemon')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Leases = require('./stage/Leases')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')

const [ZERO, ONE] = ['shardId-000000000000', 'shardId-000000000001']

let emulators
before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
after(() => emulators.stop())

const ended = (stage) => (shard) => stage.stored(shard).at(-1) === 'SHARD_END/0'

for (const version of Jars.VERSIONS)
  it(`under ${version} a split and a merge end their shards at SHARD_END, and the child shards are consumed`, async (t) => {
    const stage = await Stage.set(t, emulators, {
      version,
      shards: 2,
      handler: 'ack',
      configuration: { checkpoint: { interval: 0, count: 50 } }
    })
    const parents = await stage.put(Stream.numbered(200))
    const daemon = stage.run()
    await daemon.until('200 records were seen', () => stage.seen().length >= 200)
    const [lower, upper] = await Stream.split(emulators, stage.stream, ZERO)
    const halves = await stage.put(Stream.numbered(200, 200))
    // Until the KCL has leases for both parents of a merged shard, it drops the lease of one at a throw of dice.
    await daemon.until('the halves have leases', async () => upper in (await stage.leases()))
    const merged = await Stream.merge(emulators, stage.stream, upper, ONE)
    const children = await stage.put(Stream.numbered(200, 400))
    await daemon.until('600 records were seen', () => stage.seen().length >= 600)
    await daemon.until('the last parent has ended', () => ended(stage)(upper))
    const all = [...parents, ...halves, ...children]
    assert.deepEqual(new Set(all.map(({ shard }) => shard)), new Set([ZERO, ONE, lower, upper, merged]))
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped(all))
    assert.deepEqual([ZERO, ONE, upper].map(ended(stage)), [true, true, true])
    assert.deepEqual([lower, merged].map(ended(stage)), [false, false])
  })

describe(`under Amazon's daemon ${Jars.CURRENT}`, () => {
  const version = Jars.CURRENT

  it('a stolen lease fences its session: it checkpoints nothing more, and the other shard goes on', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version,
      shards: 2,
      handler: 'slow',
      configuration: { checkpoint: { interval: '50ms', count: 0 } }
    })
    const expected = Stage.grouped(await stage.put(Stream.numbered(8000)))
    const daemon = stage.run()
    const seenOf = (shard) => stage.seen().filter((seen) => seen.shard === shard)
    await daemon.until('the first shard has a checkpoint', () => stage.stored(ZERO).length >= 2)
    const thief = await Leases.steal(emulators, stage.application, ZERO)
    const kept = (await stage.leases())[ZERO]
    await daemon.until('the session is fenced', () => daemon.log().includes('another worker has the lease'))
    const fenced = seenOf(ZERO)
    assert.ok(fenced.length < expected[ZERO].length, 'fenced in the middle')
    await daemon.until(
      'the other shard was seen to its end',
      () => seenOf(ONE).length >= expected[ONE].length
    )
    assert.deepEqual((await stage.leases())[ZERO], { ...kept, owner: 'thief' })
    assert.deepEqual(seenOf(ZERO), fenced)

    await thief.stop()
    const next = expected[ZERO].indexOf(Stage.positionOf(kept)) + 1
    const rest = expected[ZERO].slice(next)
    await daemon.until('the rest was seen', () => seenOf(ZERO).length >= fenced.length + rest.length)
    assert.deepEqual(Stage.grouped(seenOf(ZERO).slice(fenced.length))[ZERO], rest)
    assert.deepEqual(Stage.grouped(seenOf(ONE)), { [ONE]: expected[ONE] })
  })

  it('a throttled checkpoint does not hold up its shard and is stored when the throttling ends', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version,
      shards: 1,
      handler: 'slow',
      configuration: { checkpoint: { interval: 0, count: 100 } }
    })
    const expected = Stage.grouped(await stage.put(Stream.numbered(3000)))[ZERO]
    // One that waits to be tried again goes with the next batch, which may be empty.
    const daemon = stage.run({
      maxRecords: 100,
      callProcessRecordsEvenForEmptyRecordList: true,
      ...Daemon.IMPATIENT
    })
    await daemon.until('a checkpoint was stored', () => stage.stored(ZERO).length >= 1)
    const throttling = emulators.fail(throttled(stage, /"checkpoint":/))
    await daemon.until('two checkpoints were throttled', () => throttling.hits >= 2)
    const [held, before] = [(await stage.leases())[ZERO], stage.seen().length]
    await daemon.until('records went on', () => stage.seen().length >= before + 300)
    assert.deepEqual((await stage.leases())[ZERO], held)
    throttling.end()
    await daemon.until('a newer one was stored', () => stage.stored(ZERO).at(-1) !== Stage.positionOf(held))
    await daemon.until('the last one was stored', () => stage.stored(ZERO).at(-1) === expected.at(-1))
    assert.ok(
      daemon
        .log()
        .split('\n')
        .some(
          (line) =>
            line.includes('checkpoint failed and will be tried again') && line.includes('ThrottlingException')
        )
    )
    assert.deepEqual(
      stage.seen().map(({ seq, sub }) => `${seq}/${sub}`),
      expected
    )
  })

  it('a throttled SHARD_END is stored in the end, and the child shards start', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version,
      shards: 1,
      handler: 'ack',
      configuration: { checkpoint: { interval: 0, count: 10 } }
    })
    const parents = await stage.put(Stream.numbered(50))
    await Stream.split(emulators, stage.stream, ZERO)
    const children = await stage.put(Stream.numbered(50, 50))
    const throttling = emulators.fail(throttled(stage, /SHARD_END/))
    const daemon = stage.run(Daemon.IMPATIENT)
    await daemon.until('SHARD_END was throttled three times', () => throttling.hits >= 3)
    assert.equal(stage.seen().length, 50)
    throttling.end()
    await daemon.until('the child shards were seen', () => stage.seen().length >= 100)
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped([...parents, ...children]))
    assert.equal(stage.stored(ZERO).at(-1), 'SHARD_END/0')
  })
})

/** Throttles the updates of a scenario's lease table whose text matches. */
const throttled = (stage, pattern) => (operation, body) =>
  operation === 'UpdateItem' && body.includes(`"${stage.application}"`) && pattern.test(body)
    ? 'ProvisionedThroughputExceededException'
    : undefined
