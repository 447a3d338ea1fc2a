'use strict'
/** `kclts run`: Amazon's daemon with every shard in one process. */
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { after, before, describe, it } = require('node:test')
const { isDeepStrictEqual } = require('node:util')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')
const Worker = require('./stage/Worker')

const VERSION = Jars.CURRENT

/** What the daemon has started for its shards: a relay each, or two processes that copy. */
const relaysOf = (worker) => worker.below().filter(({ command }) => /\/relay|^cat$/.test(command))

/** How many threads of the JVM read from a child: for its stderr each child has one while the daemon knows it. */
const readers = (worker) => {
  const jvm = worker.below().find(({ command }) => /^\S*java .*MultiLangDaemon/.test(command))
  const dump = execFileSync('jcmd', [String(jvm.pid), 'Thread.print'], { encoding: 'utf8' })
  return dump.split('LineReaderTask.call(').length - 1
}

describe(`kclts run with Amazon's daemon ${VERSION}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  const stageFor = (t, shards, handler = 'ack') =>
    Stage.set(t, emulators, { version: VERSION, shards, handler, configuration: {} })
  const configurationOf = (stage, more = {}) => ({
    checkpoint: { interval: '1s', count: 200 },
    daemon: Worker.daemonOf(emulators, stage),
    ...more
  })

  /** A worker that is ended with its test, whatever happens. */
  const run = (t, stage, { home, env, ...more } = {}) => {
    const configuration = configurationOf(stage, more)
    const worker =
      home === undefined
        ? Worker.start(stage, configuration, { env })
        : Worker.startIn(home, stage, configuration, { env })
    t.after(async () => Worker.gone(await worker.kill()))
    return worker
  }

  it('consumes 10,000 records over 8 shards in one process, stops with 0, and goes on without a duplicate', async (t) => {
    const stage = await stageFor(t, 8)
    const stored = await stage.put(Stream.numbered(10_000))
    const worker = run(t, stage)
    await worker.until('10,000 records were seen', () => stage.seen().length >= 10_000)
    assert.equal(new Set(stage.seen().map(({ pid }) => pid)).size, 1)
    const started = worker.below()
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
    await Worker.gone(started)
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped(stored))
    assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))

    const more = await stage.put(Stream.numbered(100, 10_000))
    const again = run(t, stage, { home: worker.home })
    await again.until('100 more were seen', () => stage.seen().length >= 10_100)
    again.signal('SIGINT')
    assert.equal(await again.exited, 0)
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped([...stored, ...more]))
  })

  for (const [whom, find] of [
    ['a relay', (list) => list.find(({ command }) => /\/relay|^cat$/.test(command))],
    [
      'the daemon',
      (list) => list.find(({ command }) => command.includes('MultiLangDaemon') && !/guardian/.test(command))
    ]
  ])
    it(`kill -9 of ${whom}: the daemon is started again, and nothing is lost`, async (t) => {
      const stage = await stageFor(t, 2)
      const stored = await stage.put(Stream.numbered(500))
      const worker = run(t, stage)
      await worker.until('500 records were seen', () => stage.seen().length >= 500)
      const victim = find(worker.below())
      assert.ok(victim !== undefined, JSON.stringify(worker.below()))
      process.kill(victim.pid, 'SIGKILL')
      const more = await stage.put(Stream.numbered(500, 500))
      const all = Stage.grouped([...stored, ...more])
      const isAllSeen = () => {
        const seen = new Set(stage.seen().map(({ seq }) => seq))
        return [...stored, ...more].every(({ seq }) => seen.has(seq))
      }
      await worker.until('the daemon has ended', () => /the daemon ended by itself/.test(worker.log()))
      await worker.until(
        'the shards are there again',
        () => worker.log().split('shard initialized').length > 4
      )
      await worker.until('the rest was seen', isAllSeen)
      const isCovered = async () => isDeepStrictEqual(await stage.positions(), Stage.lasts(all))
      await worker.until('all of it is covered', isCovered)
      worker.signal('SIGTERM')
      assert.equal(await worker.exited, 0)
    })

  for (const [relay, processes] of [
    ['direct', 1],
    ['fifo', 2]
  ])
    it(`a shard that is split leaves neither its relay nor a thread of the daemon behind (${relay})`, async (t) => {
      const stage = await stageFor(t, 1)
      await stage.put(Stream.numbered(50))
      // Without the variable, which may have been set for all tests.
      const worker = run(t, stage, { host: { relay }, env: { KCLTS_HOST_RELAY: undefined } })
      await worker.until('50 records were seen', () => stage.seen().length >= 50)
      const before = relaysOf(worker)
      const children = await Stream.split(emulators, stage.stream, 'shardId-000000000000')
      await worker.until('the children are read', () =>
        children.every((shard) => new RegExp(`"${shard}".*shard initialized`).test(worker.log()))
      )
      await Worker.gone(before)
      assert.equal(relaysOf(worker).length, 2 * processes)
      await worker.until('one thread reads the stderr of each child', () => readers(worker) === 2)
      worker.signal('SIGTERM')
      assert.equal(await worker.exited, 0)
    })

  it('a handler that never returns is found, and its record becomes a dead letter without being run', async (t) => {
    const stage = await stageFor(t, 1, 'forever')
    await stage.put(Stream.numbered(20))
    const worker = run(t, stage, { deadline: '1s' })
    await worker.until('all others were seen', () => new Set(stage.seen().map(({ seq }) => seq)).size === 19)
    await worker.until('there is a dead letter', () => stage.project.deadLetters().length > 0)
    assert.match(worker.log(), /the handler has not returned for/)
    const [letter] = stage.project.deadLetters()
    assert.equal(Buffer.from(letter.data, 'base64').toString(), '7')
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
  })

  it('an idle stream is checkpointed by the interval', async (t) => {
    const stage = await stageFor(t, 1)
    const stored = await stage.put(Stream.numbered(10))
    const worker = run(t, stage, { checkpoint: { interval: '1s', count: 0 } })
    const isCovered = async () =>
      isDeepStrictEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))
    await worker.until('all of it is covered', isCovered)
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
  })

  it('two workers have names of their own; when one is killed, the other takes its shards', async (t) => {
    const stage = await stageFor(t, 4)
    const stored = await stage.put(Stream.numbered(200))
    const first = run(t, stage)
    await first.until('200 records were seen', () => stage.seen().length >= 200)
    const second = run(t, stage, { home: first.home })
    // The leader balances throughput, which an idle shard loses within seconds: then all stay where they are.
    await second.until('it has a shard', async () => {
      stored.push(...(await stage.put(Stream.numbered(20, stored.length))))
      return second.log().includes('shard initialized')
    })
    const names = [first, second].map((worker) => /"worker":"([^"]+)"/.exec(worker.log())?.[1])
    assert.equal(new Set(names).size, 2)
    // The first one leads: KCL 3 waits two minutes before another one assigns leases in its place.
    await Worker.gone(await second.kill())
    const more = await stage.put(Stream.numbered(200, stored.length))
    const isAllSeen = () => {
      const seen = new Set(stage.seen().map(({ seq }) => seq))
      return [...stored, ...more].every(({ seq }) => seen.has(seq))
    }
    await first.until('the rest was seen', isAllSeen)
    first.signal('SIGTERM')
    assert.equal(await first.exited, 0)
  })

  it('KCL 2.5.4 starts, is stopped, and goes on', async (t) => {
    const version = '2.5.4'
    const stage = await Stage.set(t, emulators, { version, shards: 2, handler: 'ack', configuration: {} })
    const stored = await stage.put(Stream.numbered(100))
    const daemon = Worker.daemonOf(emulators, stage, { version })
    const worker = run(t, stage, { daemon })
    await worker.until('100 records were seen', () => stage.seen().length >= 100)
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
    const more = await stage.put(Stream.numbered(20, 100))
    const again = run(t, stage, { home: worker.home, daemon })
    await again.until('20 more were seen', () => stage.seen().length >= 120)
    again.signal('SIGTERM')
    assert.equal(await again.exited, 0)
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped([...stored, ...more]))
  })

  it('a process for each shard consumes the stream, too', async (t) => {
    const stage = await stageFor(t, 2)
    const stored = await stage.put(Stream.numbered(100))
    const worker = run(t, stage, { host: { mode: 'process' } })
    await worker.until('100 records were seen', () => stage.seen().length >= 100)
    assert.equal(new Set(stage.seen().map(({ pid }) => pid)).size, 2)
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
    assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))
  })
})
