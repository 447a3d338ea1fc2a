'use strict'
/** How `kclts run` ends: asked to, in the middle of a batch; from a terminal; in a hurry; with its host killed. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { isDeepStrictEqual } = require('node:util')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')
const Worker = require('./stage/Worker')

const VERSION = Jars.CURRENT

/** Two at a time: a daemon spends most of a test waiting. */
describe(`the end of kclts run with Amazon's daemon ${VERSION}`, { concurrency: 2 }, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  const stageFor = (t, shards, handler) =>
    Stage.set(t, emulators, { version: VERSION, shards, handler, configuration: {} })

  /** A worker that is ended with its test, whatever happens; `home` is that of one before. */
  const run = (t, stage, { home, daemon = {}, ...more } = {}) => {
    const configuration = {
      checkpoint: { interval: '1s', count: 200 },
      daemon: Worker.daemonOf(emulators, stage, daemon),
      ...more
    }
    const worker =
      home === undefined ? Worker.start(stage, configuration) : Worker.startIn(home, stage, configuration)
    t.after(async () => {
      await Worker.gone(await worker.kill())
      fs.rmSync(worker.home, { recursive: true, force: true })
    })
    return worker
  }

  const begun = (stage) => stage.seen().filter((note) => note.begun)
  const finished = (stage) => stage.seen().filter((note) => !note.begun)

  /** A shard that has not begun has no position to compare; the daemon takes its shards one after the other. */
  const hasBegun = (stage, records, shards) => {
    const seen = stage.seen()
    return seen.length >= records && Object.keys(Stage.grouped(seen)).length === shards
  }

  /** What the shell of a user does with Ctrl-C: to the worker, and to whatever it has in its process group. */
  const interrupt = ({ pid }) => process.kill(-pid, 'SIGINT')

  /** Waits for the exit and that nothing that it started is left. */
  const endOf = async (worker, started) => {
    const code = await worker.exited
    await Worker.gone(started)
    return code
  }

  /** A second run goes on with what the first one has left. Every record was finished once, in order. */
  const goesOn = async (t, stage, { home }, stored) => {
    const again = run(t, stage, { home })
    await again.until('the rest was seen', () => finished(stage).length >= stored.length)
    again.signal('SIGTERM')
    assert.equal(await again.exited, 0)
    assert.deepEqual(Stage.grouped(finished(stage)), Stage.grouped(stored))
  }

  /** The lines of the log that say that something is wrong. */
  const complaints = (worker) => worker.log().match(/^.*"level":"(?:warn|error)".*$/gm) ?? []

  for (const handler of ['long', 'longEffect'])
    it(`a batch of 30 s and a grace of 2 s: the record under way is finished and covered, the rest comes again (${handler})`, async (t) => {
      const stage = await stageFor(t, 1, handler)
      const stored = await stage.put(Stream.numbered(100))
      const worker = run(t, stage, {
        daemon: { shutdownGrace: '2s' },
        checkpoint: { interval: '1h', shutdownDeadline: '1s' }
      })
      await worker.until('a record is under way', () => finished(stage).length >= 2)
      const started = worker.below()
      worker.signal('SIGTERM')
      // Beyond the grace and 5 s it would have been killed: 1.
      assert.equal(await endOf(worker, started), 0)
      // In 2 s the KCL seldom ends its leases, however soon the batch is answered.
      const others = complaints(worker).filter((line) => !/java.util.concurrent.TimeoutException/.test(line))
      assert.deepEqual(others, [])
      assert.deepEqual(
        begun(stage).map(({ seq }) => seq),
        finished(stage).map(({ seq }) => seq)
      )
      assert.ok(finished(stage).length < 50, `${finished(stage).length} of 100 records were finished`)
      assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(finished(stage))))

      fs.writeFileSync(path.join(stage.project.folder, 'quick'), '')
      await goesOn(t, stage, worker, stored)
    })

  it('Ctrl-C in mid-stream: nothing dies before it is asked to, all finished work is covered', async (t) => {
    const stage = await stageFor(t, 2, 'slow')
    const stored = await stage.put(Stream.numbered(4000))
    const worker = run(t, stage)
    await worker.until('some were seen of both shards', () => hasBegun(stage, 300, 2))
    const started = worker.below()
    interrupt(worker)
    assert.equal(await endOf(worker, started), 0)
    assert.deepEqual(complaints(worker), [])
    assert.ok(stage.seen().length < 4000, 'it was stopped in mid-stream')
    assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stage.seen())))
    await goesOn(t, stage, worker, stored)
  })

  it('Ctrl-C once more does not wait for a record under way: exit code 1, nothing of it is covered', async (t) => {
    const stage = await stageFor(t, 1, 'never')
    await stage.put(Stream.numbered(10))
    const worker = run(t, stage, { deadline: '1h' })
    await worker.until('a record is under way', () => stage.seen().length === 1)
    const started = worker.below()
    interrupt(worker)
    await worker.until('it says what a second one does', () =>
      /a second signal stops at once/.test(worker.log())
    )
    interrupt(worker)
    assert.equal(await endOf(worker, started), 1)
    assert.match(worker.log(), /SIGINT again: killing the daemon/)
    assert.match(
      worker.log(),
      /the daemon was killed before it had stopped; records that no checkpoint covers come again/
    )
    assert.deepEqual(await stage.positions(), { 'shardId-000000000000': 'TRIM_HORIZON/0' })
    assert.deepEqual(privateFolders(worker), [])
  })

  const privateFolders = ({ home }) => Worker.privateFolders(home)

  it('an idle daemon whose host was killed ends, and the next run clears what it has left', async (t) => {
    const stage = await stageFor(t, 2, 'ack')
    const stored = await stage.put(Stream.numbered(20))
    // Without an interval there are no empty batches: the daemon writes to nobody, and would never notice by itself.
    const worker = run(t, stage, { checkpoint: { interval: 0, count: 1 } })
    // Without them, what finishes while a checkpoint is in progress may wait for the next record: so not all need be covered.
    const isIdle = async () => {
      const positions = Object.values(await stage.positions())
      return stage.seen().length === stored.length && !positions.some((at) => at.startsWith('TRIM_HORIZON'))
    }
    await worker.until('all was seen, and each shard has a checkpoint', isIdle)
    const left = privateFolders(worker)
    const started = await worker.kill()
    assert.match(started.map(({ command }) => command).join('\n'), /MultiLangDaemon/)
    await Worker.gone(started)
    assert.deepEqual(privateFolders(worker), left)

    const again = run(t, stage, { home: worker.home })
    await again.until('it has its shards', () => again.log().split('shard initialized').length > 2)
    assert.equal(privateFolders(worker).length, 1)
    assert.notDeepEqual(privateFolders(worker), left)
    again.signal('SIGTERM')
    assert.equal(await again.exited, 0)
    assert.deepEqual(privateFolders(worker), [])
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped(stored))
  })

  it('kill -9 of the host under load: a run that is started at once waits for the old daemon, nothing is lost', async (t) => {
    const stage = await stageFor(t, 2, 'slow')
    const stored = await stage.put(Stream.numbered(3000))
    const worker = run(t, stage)
    await worker.until('some were seen of both shards', () => hasBegun(stage, 300, 2))
    // The daemon and its guardian stand still, as on a machine that is short of everything: they outlive their host.
    const guardian = worker.below().find(({ parent }) => parent === worker.pid)
    process.kill(-guardian.group, 'SIGSTOP')
    t.after(() => Worker.signalGroup(guardian.group, 'SIGKILL'))
    const started = await worker.kill()
    const again = run(t, stage, { home: worker.home })
    const waits = /"pid":([0-9]+),"msg":"waiting for the daemon of the previous run to end"/
    await again.until('it waits', () => waits.test(again.log()))
    assert.equal(Number(waits.exec(again.log())[1]), guardian.pid)
    assert.deepEqual(again.below(), [])
    process.kill(-guardian.group, 'SIGCONT')
    await Worker.gone(started)
    const isAllSeen = () => new Set(stage.seen().map(({ seq }) => seq)).size === stored.length
    await again.until('all was seen', isAllSeen)
    const isCovered = async () =>
      isDeepStrictEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))
    await again.until('all of it is covered', isCovered)
    again.signal('SIGTERM')
    assert.equal(await again.exited, 0)
  })
})
