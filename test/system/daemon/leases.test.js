'use strict'
/** `kclts leases` beside Amazon's daemon: what it shows is what the daemon writes. */
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { isDeepStrictEqual } = require('node:util')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')
const Worker = require('./stage/Worker')

const BIN = path.join(__dirname, '..', '..', '..', 'dist', 'bin.js')

const ENV = {
  ...process.env,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
  NODE_NO_WARNINGS: '1' // of the SDK, about this Node
}

/** The command in a stage's project. Out: the process; `left`, a promise of how it ended. */
const start = (stage, args) => {
  const command = spawn(process.execPath, [BIN, 'leases', ...args], {
    cwd: stage.project.folder,
    env: ENV,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const left = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'])
    command[name].setEncoding('utf8').on('data', (text) => (left[name] += text))
  return {
    command,
    left: once(command, 'close').then(([code, signal]) => ({ code: code ?? signal, ...left }))
  }
}

/** One look, as JSON. */
const look = async (stage, ...args) => {
  const { code, stdout, stderr } = await start(stage, ['--json', ...args]).left
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  return JSON.parse(stdout)
}

const MOST_MS = 180_000

/** Looks, as JSON, until the test holds for one of them, then Ctrl-C. Out: all looks up to it. */
const watchUntil = async (stage, test) => {
  const { command, left } = start(stage, ['--json', '--watch', '0.2'])
  const looks = []
  let rest = ''
  const timer = setTimeout(() => command.kill('SIGKILL'), MOST_MS)
  command.stdout.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    if (looks.some(test)) return
    looks.push(...lines.map((line) => JSON.parse(line)))
    if (looks.some(test)) command.kill('SIGINT')
  })
  const { code, stderr } = await left
  clearTimeout(timer)
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, JSON.stringify(looks.at(-1)))
  return looks
}

/** Of each shard: what a user asks first. */
const told = ({ leases }) =>
  Object.fromEntries(leases.map(({ shard, state, owner, parents }) => [shard, { state, owner, parents }]))

const positions = ({ leases }) =>
  Object.fromEntries(leases.map((lease) => [lease.shard, `${lease.checkpoint}/${lease.subSequenceNumber}`]))

describe("kclts leases beside Amazon's daemon", () => {
  let emulators
  before(async () => (emulators = await Emulators.start()))
  after(() => emulators.stop())

  /** A worker that has consumed and checkpointed records of two shards, and its name. */
  const working = async (t, version) => {
    const stage = await Stage.set(t, emulators, { version, shards: 2, handler: 'ack', configuration: {} })
    const stored = await stage.put(Stream.numbered(50))
    const worker = Worker.start(stage, {
      checkpoint: { interval: '1s', count: 10 },
      daemon: Worker.daemonOf(emulators, stage, { version })
    })
    t.after(async () => Worker.gone(await worker.kill()))
    const expected = Stage.lasts(Stage.grouped(stored))
    await worker.until('all is covered', async () => isDeepStrictEqual(await stage.positions(), expected))
    return { stage, worker, expected, name: /"worker":"([^"]+)"/.exec(worker.log())[1] }
  }

  it('KCL 3: owners, checkpoints, the leader; a reshard; and that leases expire once the worker has stopped', async (t) => {
    const { stage, worker, expected, name } = await working(t, Jars.CURRENT)
    await worker.until('it has reported', async () => (await look(stage)).workers[0]?.reportedAt != null)
    const first = await look(stage)
    const [parent, other] = first.leases.map(({ shard }) => shard)
    assert.deepEqual(positions(first), expected)
    assert.deepEqual(told(first), {
      [parent]: { state: 'owned', owner: name, parents: [] },
      [other]: { state: 'owned', owner: name, parents: [] }
    })
    const [{ reportedAt, ...leader }] = first.workers
    assert.deepEqual(leader, { worker: name, leases: 2, isLeader: true })
    const reportAge = Date.parse(first.time) - Date.parse(reportedAt)
    assert.ok(Math.abs(reportAge) < 30_000, `${reportAge} ms`)

    const renewed = await watchUntil(
      stage,
      ({ leases }) => leases[0].counter > first.leases[0].counter + 1 && leases[0].notRenewedForMs === 0
    )
    assert.ok(
      renewed.every(({ leases }) => leases.every(({ state }) => state === 'owned')),
      JSON.stringify(renewed.at(-1))
    )

    const children = await Stream.split(emulators, stage.stream, parent)
    const split = await watchUntil(stage, ({ leases }) =>
      leases.every(({ shard, state }) => (shard === parent ? state === 'ended' : state === 'owned'))
        ? leases.length === 4
        : false
    )
    const { owner } = split.at(-1).leases[0]
    assert.deepEqual(told(split.at(-1)), {
      [parent]: { state: 'ended', owner, parents: [] },
      [other]: { state: 'owned', owner: name, parents: [] },
      ...Object.fromEntries(
        children.map((child) => [child, { state: 'owned', owner: name, parents: [parent] }])
      )
    })
    assert.deepEqual(split.at(-1).leases[0].children, [...children].sort())

    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
    const isExpired = ({ state }) => state === 'expired'
    const stopped = await watchUntil(stage, ({ leases }) => leases.filter(isExpired).length === 3)
    assert.ok(!stopped[0].leases.some(isExpired))
    const { code, stdout, stderr } = await start(stage, []).left
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.match(stdout, new RegExp(`^${stage.application}: 4 leases: 3 owned, 1 ended\n`))
    assert.match(stdout, new RegExp(`^${other} +- +owned +${name} +${expected[other]} +0 `, 'm'))
    assert.match(stdout, /^The table holds no times/m)
  })

  it('KCL 2: owners and checkpoints, and no more', async (t) => {
    const { stage, worker, expected, name } = await working(t, '2.5.4')
    const seen = await look(stage)
    assert.deepEqual(positions(seen), expected)
    assert.deepEqual(
      seen.leases.map(({ state, owner }) => ({ state, owner })),
      [
        { state: 'owned', owner: name },
        { state: 'owned', owner: name }
      ]
    )
    assert.deepEqual(seen.workers, [{ worker: name, leases: 2, reportedAt: null, isLeader: false }])
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
  })

  it('a table that is not there is reported, with exit code 2', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: Jars.CURRENT,
      shards: 1,
      handler: 'ack',
      configuration: { daemon: { region: 'us-east-1', dynamoDbEndpoint: emulators.dynamoEndpoint } }
    })
    assert.deepEqual(await start(stage, ['--application', 'nowhere']).left, {
      code: 2,
      stdout: '',
      stderr:
        'kclts leases: there is no table nowhere: the first worker of an application makes it. Has one run? If so, check daemon.applicationName, daemon.tableName and daemon.region\n'
    })
  })
})
