'use strict'
/** The main class of kclts (src/daemon/java): what the committed jar is made of, and that a daemon works with it. */
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const { after, before, describe, it } = require('node:test')
const { committed, compiled } = require('../../../tools/build/java')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')
const Worker = require('./stage/Worker')

const jdk = Number(
  /(\d+)/.exec(spawnSync('javac', ['-version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 0
)

describe('the jar of the main class', () => {
  const { classes, jdk: made } = committed()

  it('has bytecode of Java 8', () => {
    const majors = Object.values(classes).map((code) => Buffer.from(code, 'base64').readUInt16BE(6))
    assert.deepEqual(new Set(majors), new Set([52]))
  })

  const skip = jdk !== made && `made by JDK ${made}, and the compiler here is that of JDK ${jdk}`
  it('is what the sources give', { skip }, () => {
    assert.deepEqual(compiled(), classes, 'run `npm run build:java`')
  })
})

describe('the options that save compiling', () => {
  const OPTIONS = require('../../../dist/daemon/Compilation.js').optionsFor(17)

  it('are all known to this JVM', () => {
    const strict = OPTIONS.filter((option) => option !== '-XX:+IgnoreUnrecognizedVMOptions')
    assert.ok(strict.length < OPTIONS.length)
    const { status, stdout, stderr } = spawnSync('java', [...strict, '-version'], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, '')
    assert.doesNotMatch(stderr, /warning|error|CompileCommand/i)
  })
})

describe('the main class under each version of the KCL', { concurrency: 2 }, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  /** A worker that consumes a few records and stops. Out: what it logged. */
  const logOf = async (t, version, daemon, billing) => {
    const stage = await Stage.set(t, emulators, {
      version,
      shards: 1,
      handler: 'ack',
      configuration: {},
      billing
    })
    const stored = await stage.put(Stream.numbered(20))
    const worker = Worker.start(stage, {
      log: { format: 'json', level: 'debug' },
      daemon: Worker.daemonOf(emulators, stage, { version, ...daemon })
    })
    t.after(async () => {
      await Worker.gone(await worker.kill())
      fs.rmSync(worker.home, { recursive: true, force: true })
    })
    await worker.until('all was seen', () => stage.seen().length >= stored.length)
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped(stored))
    assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))
    return worker.log()
  }

  const FALLBACK =
    /"level":"warn".*These jars lack what the main class of kclts needs, so Amazon's main class is used/
  const OURS = /"logger":"KcltsMultiLangDaemon"/

  for (const version of Jars.KNOWN) {
    const isOurs = version.startsWith('3.5.')
    it(`${version}: ${isOurs ? 'it runs' : "Amazon's main class takes over, and the log says so"}`, async (t) => {
      const log = await logOf(t, version, { main: 'kclts' })
      assert.equal(FALLBACK.test(log), !isOurs)
      assert.equal(OURS.test(log), true)
    })
  }

  it('main: amazon has no trace of it', async (t) => {
    const log = await logOf(t, '3.5.1', { main: 'amazon' })
    assert.equal(OURS.test(log), false)
  })

  it('a lease table with provisioned capacity gets the intervals of the KCL, and the log says so', async (t) => {
    const capacity = { ReadCapacityUnits: 10, WriteCapacityUnits: 10 }
    const log = await logOf(t, '3.5.1', {}, { BillingMode: 'PROVISIONED', ProvisionedThroughput: capacity })
    assert.match(log, /has provisioned capacity, so leases change hands at the intervals of the KCL/)
  })
})
