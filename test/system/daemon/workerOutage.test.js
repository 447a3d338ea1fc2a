'use strict'
/** `kclts run` while the stream is resharded, and while AWS is not there for a time. */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const { setTimeout: sleep } = require('node:timers/promises')
const Account = require('../../../tools/soak/worker/Account')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')
const Worker = require('./stage/Worker')

const VERSION = Jars.CURRENT
const [ZERO, ONE] = ['shardId-000000000000', 'shardId-000000000001']

/** An outage is longer than the leases last, which is 3 s here. */
const OUTAGE_MS = 6000

const TRIED_AGAIN = /checkpoint failed and will be tried again/

describe(`kclts run with Amazon's daemon ${VERSION} goes on after`, () => {
  /** Its own: a fault must not meet another test. */
  let emulators
  before(async () => (emulators = await Emulators.start()))
  after(() => emulators.stop())

  /** A worker under load: records come all the time, until `ended()`. */
  const under = async (t, { shards = 2, checkpoint = { interval: '500ms', count: 100 } } = {}) => {
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards,
      handler: 'ack',
      configuration: {}
    })
    const put = []
    const putSome = async (count) => put.push(...(await stage.put(Stream.numbered(count, put.length))))
    await putSome(200)
    const worker = Worker.start(stage, { checkpoint, daemon: Worker.daemonOf(emulators, stage) })
    t.after(async () => Worker.gone(await worker.kill()))
    await worker.until('200 records were seen', () => stage.seen().length >= 200)
    let isOver = false
    const load = (async () => {
      while (!isOver) {
        await putSome(20)
        await sleep(50)
      }
    })()
    const problems = async () => {
      const positions = await stage.positions()
      return Account.problems({ put, seen: stage.seen(), positions })
    }
    const isAllSeen = () => {
      const seen = new Set(stage.seen().map(({ seq }) => seq))
      return put.every(({ seq }) => seen.has(seq))
    }
    const isAllCovered = async () => {
      const positions = await stage.positions()
      const lasts = Object.entries(Stage.lasts(Stage.grouped(put)))
      return lasts.every(([shard, last]) => [last, 'SHARD_END/0'].includes(positions[shard]))
    }
    /** The load ends, all of it is seen and covered by the worker, which then stops when it is asked to. */
    const settles = async () => {
      isOver = true
      await load
      await worker.until('everything was seen', isAllSeen)
      await worker.until('all of it is covered', isAllCovered)
      worker.signal('SIGTERM')
      assert.equal(await worker.exited, 0)
      assert.deepEqual(await problems(), [])
    }
    return { stage, worker, put, problems, settles }
  }

  it('a split and a merge under load: every record comes, children after their parents', async (t) => {
    const { stage, worker, settles } = await under(t)
    const [lower, upper] = await Stream.split(emulators, stage.stream, ZERO)
    await worker.until('the halves have leases', async () => upper in (await stage.leases()))
    const merged = await Stream.merge(emulators, stage.stream, upper, ONE)
    const places = (shard) => stage.seen().flatMap((seen, i) => (seen.shard === shard ? [i] : []))
    await worker.until('the merged one is consumed', () => places(merged).length > 0)
    await settles()
    for (const [parent, child] of [
      [ZERO, lower],
      [upper, merged],
      [ONE, merged]
    ])
      assert.ok((places(parent).at(-1) ?? -1) < places(child)[0], `${child} began before ${parent} had ended`)
    for (const parent of [ZERO, ONE, upper]) assert.equal(stage.stored(parent).at(-1), 'SHARD_END/0')
  })

  /** Something is wrong for a time, and shows in the log by `sign`, unless null; no record is lost meanwhile, and no checkpoint is ahead. */
  const outage = async ({ worker, problems }, sign, find) => {
    const fault = emulators.fail(find)
    await worker.until('it showed', () => fault.hits > 0 && sign?.test(worker.log()) !== false)
    await sleep(OUTAGE_MS)
    assert.deepEqual(await problems(), [])
    fault.end()
  }

  for (const [what, answer, sign] of [
    ['refuses every call', Emulators.GONE, TRIED_AGAIN],
    ['answers 500 to every call', Emulators.BROKEN, TRIED_AGAIN],
    // What waits for an answer has nothing to tell yet.
    ['answers no call', Emulators.HUNG, null]
  ])
    it(`a time in which DynamoDB ${what}`, async (t) => {
      const run = await under(t)
      await outage(run, sign, () => answer)
      await run.settles()
    })

  it('a time in which DynamoDB throttles nine of ten writes', async (t) => {
    const run = await under(t)
    let writes = 0
    await outage(run, TRIED_AGAIN, (operation) =>
      operation === 'UpdateItem' && (writes += 1) % 10 !== 0 ? 'ProvisionedThroughputExceededException' : null
    )
    await run.settles()
  })

  it('an outage of Kinesis', async (t) => {
    const { stage, worker, put, settles } = await under(t)
    const mark = put.length
    const restore = emulators.cutKinesis()
    await sleep(OUTAGE_MS)
    // The 20 after the mark may have been stored before the cut.
    await worker.until('more was put', () => put.length > mark + 40)
    const late = new Set(put.slice(mark + 20).map(({ seq }) => seq))
    const isLate = ({ seq }) => late.has(seq)
    assert.deepEqual(stage.seen().filter(isLate), [])
    restore()
    await worker.until('it was seen', () => stage.seen().some(isLate))
    await settles()
  })
})
