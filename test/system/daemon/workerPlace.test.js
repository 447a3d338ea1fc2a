'use strict'
/** `kclts run` where things are not as usual: what is around it, beside it, above it, or missing. */
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Leases = require('./stage/Leases')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')
const Worker = require('./stage/Worker')

const VERSION = Jars.CURRENT
const NOBODY = 65534
const isRoot = process.getuid() === 0

/** Two at a time: a daemon spends most of a test waiting. */
describe(`the place of kclts run with Amazon's daemon ${VERSION}`, { concurrency: 2 }, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  const stageFor = (t, shards, handler, within) =>
    Stage.set(t, emulators, { version: VERSION, shards, handler, configuration: {}, within })

  /** They last longer than the tests: what is registered first with a test is run first, before its worker has ended. */
  const folders = []
  after(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })))

  const folderFor = (name) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), name))
    folders.push(folder)
    return folder
  }

  /** A worker that is ended with its test, whatever happens. */
  const run = (t, stage, { home = folderFor('kclts-worker-'), daemon = {}, env, under, ...more } = {}) => {
    const configuration = {
      checkpoint: { interval: '1s', count: 200 },
      daemon: Worker.daemonOf(emulators, stage, daemon),
      ...more
    }
    const worker = Worker.startIn(home, stage, configuration, { env, under })
    t.after(async () => Worker.gone(await worker.kill()))
    return worker
  }

  const messages = (worker) =>
    worker
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))

  /** All of the stream was seen once, and is covered. */
  const isDone = async (stage, stored) => {
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped(stored))
    assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))
  }

  it('what a handler prints goes to the log, what others print for it to stdout, and nothing to the daemon', async (t) => {
    const stage = await stageFor(t, 1, 'hostile')
    const deeds = ['null', 'status', 'descriptors', 'grandchild', 'nothing']
    const stored = await stage.put(deeds.map((data) => ({ key: 'key', data })))
    const worker = run(t, stage)
    await worker.until('all were seen', () => stage.seen().length === deeds.length)
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
    await isDone(stage, stored)
    const lines = ['null', '{"action":"status","responseFor":"processRecords"}']
    // fs.writeSync(1) and an inherited stdout.
    assert.equal(worker.printed(), lines.map((line) => `${line}\n${line}\n`).join(''))
    // process.stdout.write.
    for (const line of lines)
      assert.equal(worker.log().split(`\n${line}`).length - 1, 1, `${line} in\n${worker.log()}`)
    // console.log: lines of the log, with shard and position.
    assert.deepEqual(
      messages(worker)
        .filter(({ msg }) => lines.includes(msg))
        .map(({ level, msg, shard, sequenceNumber }) => ({ level, msg, shard, sequenceNumber })),
      lines.map((msg, i) => ({ level: 'info', msg, shard: stored[i].shard, sequenceNumber: stored[i].seq }))
    )
    assert.deepEqual(
      messages(worker).filter(({ level }) => level === 'warn' || level === 'error'),
      []
    )
  })

  it('spaces and letters beyond ASCII in every path, where the locale knows no such letters', async (t) => {
    const place = folderFor('kclts ñandú ')
    const home = path.join(place, 'hôme 家')
    fs.mkdirSync(home)
    const stage = await stageFor(t, 1, 'ack', place)
    const handlers = path.join(stage.project.folder, 'mes procédés')
    fs.mkdirSync(handlers)
    for (const name of ['ack.js', 'see.js'])
      fs.renameSync(path.join(stage.project.folder, name), path.join(handlers, name))
    const jars = path.join(place, 'les jars 罐')
    fs.symlinkSync(Worker.classpath(VERSION), jars)
    const stored = await stage.put(Stream.numbered(20))
    const worker = run(t, stage, {
      home,
      handler: './mes procédés/ack.js',
      daemon: { classpath: jars },
      env: { LANG: 'C', LC_ALL: undefined, LC_CTYPE: undefined }
    })
    const seen = path.join(handlers, 'seen.ndjson')
    await worker.until(
      '20 were seen',
      () => fs.existsSync(seen) && fs.readFileSync(seen, 'utf8').split('\n').filter(Boolean).length >= 20
    )
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
    assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))
  })

  const NAMESPACE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
  const namespaces = spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'true'], { encoding: 'utf8' })
  const noNamespace =
    namespaces.status === 0 ? false : `SKIPPED unshare: ${namespaces.stderr ?? namespaces.error}`

  it(
    'as PID 1 it starts the daemon again, stops at SIGTERM, and takes everything with it',
    { skip: noNamespace },
    async (t) => {
      const stage = await stageFor(t, 2, 'slow')
      const stored = await stage.put(Stream.numbered(2000))
      const worker = run(t, stage, { under: NAMESPACE })
      await worker.until('some were seen', () => stage.seen().length >= 100)
      const first = worker.below().find(({ parent }) => parent === worker.pid)
      assert.match(fs.readFileSync(`/proc/${first.pid}/status`, 'utf8'), /^NSpid:\t\d+\t1$/m)
      // What the daemon had started is ours now, and nobody buries it.
      const daemon = worker.below().find(({ command }) => /^java .*MultiLangDaemon/.test(command))
      process.kill(daemon.pid, 'SIGKILL')
      await worker.until(
        'its shards are there again',
        () => worker.log().split('shard initialized').length > 4
      )
      const isAllSeen = () => new Set(stage.seen().map(({ seq }) => seq)).size === stored.length
      await worker.until('all was seen', isAllSeen)
      const started = worker.below()
      process.kill(first.pid, 'SIGTERM')
      assert.equal(await worker.exited, 0)
      await Worker.gone(started)
      assert.deepEqual(
        worker
          .log()
          .split('\n')
          .filter((line) => !line.startsWith('{')),
        [''],
        'all of its log is JSON'
      )
      assert.deepEqual(await stage.positions(), Stage.lasts(Stage.grouped(stored)))
    }
  )

  const noOther = isRoot ? false : 'SKIPPED only root can be another user'

  it('another user can neither list, read nor write what is private', { skip: noOther }, async (t) => {
    const stage = await stageFor(t, 1, 'ack')
    const home = folderFor('kclts-worker-')
    const worker = run(t, stage, { home })
    // Up to the private folder everything is open.
    const runtime = path.join(home, 'run time')
    for (const folder of [home, runtime]) fs.chmodSync(folder, 0o755)
    await worker.until('it has its shard', () => worker.log().includes('shard initialized'))
    const [name] = Worker.privateFolders(home)
    const folder = path.join(Worker.privatePlace(home), name)
    const modes = fs
      .readdirSync(folder)
      .map((file) => [file, (fs.statSync(path.join(folder, file)).mode & 0o777).toString(8)])
    assert.equal((fs.statSync(folder).mode & 0o777).toString(8), '700')
    // The pipes of a shard lose their names as soon as they are open.
    assert.deepEqual(modes.sort(), [
      ['announce', '600'],
      ['kcl.properties', '600'],
      ['pool', '700'],
      ['relay', '700']
    ])
    const relay = worker.below().find(({ command }) => /\/relay|^cat$/.test(command))
    const denied = [
      ['ls', folder],
      ['cat', path.join(folder, 'kcl.properties')],
      ['sh', '-c', 'echo 1 >"$0"', path.join(folder, 'announce')],
      ['mkdir', path.join(folder, 'mine')],
      ['mv', folder, path.join(runtime, 'mine')],
      ['ls', path.join(home, '.local/state/kclts')],
      ['ls', `/proc/${relay.pid}/fd/`]
    ].map(([program, ...args]) => {
      const { status, stderr } = spawnSync(program, args, {
        uid: NOBODY,
        gid: NOBODY,
        cwd: '/',
        encoding: 'utf8',
        env: { PATH: process.env.PATH, LC_ALL: 'C' }
      })
      return status !== 0 && /Permission denied/.test(stderr)
    })
    assert.deepEqual(denied, Array(7).fill(true))
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
  })

  it('a folder that another user has made for it is refused', { skip: noOther }, async (t) => {
    const stage = await stageFor(t, 1, 'ack')
    const home = folderFor('kclts-worker-')
    const state = path.join(home, '.local/state/kclts')
    fs.mkdirSync(state, { recursive: true })
    fs.chownSync(state, NOBODY, NOBODY)
    const worker = run(t, stage, { home })
    assert.equal(await worker.exited, 2)
    assert.equal(
      worker.log(),
      `kclts run: ${state} belongs to another user (65534); remove it, or set XDG_STATE_HOME to a folder that this user may write to\n`
    )
  })

  const none = undefined
  const NOTHING = { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_PROFILE: none }

  for (const [what, daemon, env, sentence] of [
    [
      'credentials',
      {},
      { ...NOTHING, AWS_ACCESS_KEY_ID: none, AWS_SECRET_ACCESS_KEY: none },
      'there are no AWS credentials; set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached; `kclts check --aws` shows what is found'
    ],
    [
      'a region',
      { region: none },
      { ...NOTHING, AWS_REGION: none, AWS_DEFAULT_REGION: none },
      'the AWS region is not known; set daemon.region or AWS_REGION'
    ]
  ])
    it(`without ${what} it gives up: 1, and says what to do`, async (t) => {
      const stage = await stageFor(t, 1, 'ack')
      const worker = run(t, stage, { daemon: { ...daemon, restarts: 0 }, env })
      assert.equal(await worker.exited, 1)
      const errors = messages(worker).filter(({ level }) => level === 'error')
      assert.equal(errors[0].msg, sentence)
      assert.match(
        errors.at(-1).msg,
        /^giving up, the daemon ended once soon after its start \(exit code \d\): /
      )
      assert.ok(errors.at(-1).msg.endsWith(sentence), errors.at(-1).msg)
    })

  it('with a stream that is not there it says so', async (t) => {
    const stage = await stageFor(t, 1, 'ack')
    // As at the very first start, where the KCL waits up to 30 s; with leases it looks for their shards alone.
    await Leases.remove(emulators, stage.application, 'shardId-000000000000')
    const worker = run(t, stage, { daemon: { streamName: 'nowhere' } })
    const sentence = /there is no stream nowhere; check daemon.streamName and daemon.region/
    await worker.until('the log says so', () => sentence.test(worker.log()))
  })

  it('with a stream that does not have the shards of the lease table it says so', async (t) => {
    const stage = await stageFor(t, 1, 'ack')
    const worker = run(t, stage, { daemon: { streamName: 'nowhere' } })
    const sentence =
      /the lease table has shardId-000000000000, which the stream nowhere does not have; if the stream was recreated/
    await worker.until('the log says so', () => sentence.test(worker.log()))
  })
})
