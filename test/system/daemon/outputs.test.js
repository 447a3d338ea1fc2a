'use strict'
/** Outputs as data, on their way to a sink while Amazon's daemon checkpoints. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')

const VERSION = Jars.CURRENT
const ZERO = 'shardId-000000000000'

const linesOf = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])

/** Ids and values of outputs: the values, by the shard that the id begins with. */
const byShard = (outputs) => {
  const shards = {}
  for (const [id, value] of outputs) (shards[id.split(':')[0]] ??= []).push(value)
  return shards
}

/** The checkpoint that a request to DynamoDB would store, and whose; undefined for any other request. */
const checkpointIn = (operation, body, application) => {
  if (operation !== 'UpdateItem') return undefined
  const { TableName, Key, AttributeUpdates } = JSON.parse(body)
  const { checkpoint, checkpointSubSequenceNumber: sub } = AttributeUpdates ?? {}
  return TableName === application && checkpoint !== undefined
    ? { shard: Key.leaseKey.S, position: `${checkpoint.Value.S}/${sub.Value.N}` }
    : undefined
}

/** An HTTP server that takes lines while `isUp()`, and answers 503 when it is not. Out: what it took, in order. */
const receiver = async (t, isUp) => {
  const taken = []
  const server = http.createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (some) => (text += some))
    request.on('end', () => {
      const takes = isUp(taken)
      if (takes)
        taken.push(
          ...text
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line))
        )
      response.writeHead(takes ? 200 : 503).end()
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { taken, url: `http://127.0.0.1:${server.address().port}/` }
}

describe(`under Amazon's daemon ${VERSION}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start()))
  after(() => emulators.stop())

  it('outputs are in the file that two children share before a checkpoint covers them', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 2,
      handler: 'emits',
      configuration: {
        checkpoint: { interval: 0, count: 50 },
        sinks: { out: { type: 'file', path: './out.ndjson', ids: true, batch: { count: 7 } } }
      }
    })
    /** Positions by shard. A request that another writer broke into is written again: the first time counts. */
    const written = () => {
      const lines = linesOf(path.join(stage.project.folder, 'out.ndjson')).map((line) => JSON.parse(line))
      return byShard(new Map(lines.map(({ id, value }) => [id, value])))
    }
    const looks = []
    const watch = emulators.fail((operation, body) => {
      const found = checkpointIn(operation, body, stage.application)
      if (found !== undefined) looks.push({ ...found, written: written() })
      return undefined
    })
    t.after(watch.end)
    const expected = Stage.grouped(await stage.put(Stream.numbered(1000)))
    // A checkpoint that became due while another one was under way goes with the next batch, which may be empty.
    const daemon = stage.run({ maxRecords: 100, callProcessRecordsEvenForEmptyRecordList: true })
    const shards = Object.keys(expected)
    const lastDue = (shard) => expected[shard].filter((_, i) => (i + 1) % 50 === 0).at(-1)
    await daemon.until('the last due checkpoints were stored', () =>
      shards.every((shard) => stage.stored(shard).at(-1) === lastDue(shard))
    )
    await daemon.until('every output was written', () => Object.values(written()).flat().length >= 1000)
    assert.deepEqual(written(), expected)
    for (const shard of shards)
      assert.ok(stage.stored(shard).length >= 5, `${stage.stored(shard).length} checkpoints`)
    for (const { shard, position, written: there } of looks) {
      const covered = expected[shard].slice(0, expected[shard].indexOf(position) + 1)
      assert.deepEqual((there[shard] ?? []).slice(0, covered.length), covered)
    }
  })

  it('a sink that stays down stops the worker at the last output it took, and the next run gives it the rest', async (t) => {
    let isBack = false
    const { taken, url } = await receiver(t, (so) => isBack || so.length < 60)
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 1,
      handler: 'emits',
      configuration: {
        checkpoint: { interval: 0, count: 25 },
        sinks: {
          out: { type: 'http', url, batch: { count: 10 }, backoff: '50ms', deadline: '1s', then: 'halt' }
        }
      }
    })
    const expected = Stage.grouped(await stage.put(Stream.numbered(200)))[ZERO]
    const halted = stage.run({ shutdownGraceMillis: 200 })
    assert.equal(await halted.exited, 1)
    // A request holds ten outputs at most, fewer when no more were there at that moment.
    const last = taken.length - 1
    assert.ok(last >= 59 && last < 69, `${taken.length} were taken`)
    assert.deepEqual(taken, expected.slice(0, last + 1))
    assert.deepEqual(await stage.positions(), { [ZERO]: expected[last] })
    assert.match(halted.log(), /sink out: not delivered within .* the server answered 503/)
    assert.deepEqual(stage.project.deadLetters(), [])

    isBack = true
    const resumed = stage.run()
    await resumed.until('the rest was taken', () => taken.length >= expected.length)
    assert.equal(await resumed.terminate(), 143)
    assert.deepEqual(taken, expected)
    assert.deepEqual(await stage.positions(), { [ZERO]: expected.at(-1) })
  })
})
