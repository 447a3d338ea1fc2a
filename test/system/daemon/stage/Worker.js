'use strict'
/** `kclts run` as a process, in a stage's project. */
const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const Jars = require('./Jars')

const BIN = path.join(__dirname, '..', '..', '..', '..', 'dist', 'bin.js')

/** With Amazon's own values a start takes over a minute and a lease 10 s. */
const QUICK = {
  shardSyncIntervalMillis: 200,
  parentShardPollIntervalMillis: 200,
  taskBackoffTimeMillis: 100,
  schedulerInitializationBackoffTimeMillis: 100,
  skipShardSyncAtWorkerInitializationIfLeasesExist: true
}
const OF_3 = {
  leaseAssignmentIntervalMillis: 200,
  inMemoryWorkerMetricsCaptureFrequencyMillis: 100,
  // A worker counts as alive for twice as long, by a time in whole seconds.
  workerMetricsReporterFreqInMillis: 1500
}

/** A limit for what never comes, which no slow machine reaches: whoever waits goes on as soon as it is there. */
const LIMIT_MS = 420_000

/** All jars of a version in one folder, as on a machine without a network. */
const classpath = (version) => path.join(__dirname, '..', '.cache', version)

/** Of the `daemon` section: the stream, the emulators and the jars. Everything else is left to the defaults. */
const placesOf = (emulators, stage, version) => ({
  streamName: stage.stream,
  applicationName: stage.application,
  region: 'us-east-1',
  kinesisEndpoint: emulators.kinesisEndpoint,
  dynamoDbEndpoint: emulators.dynamoEndpoint,
  version,
  classpath: classpath(version)
})

/** The `daemon` section of a project whose daemon is quick. */
const daemonOf = (emulators, stage, more = {}) => ({
  ...placesOf(emulators, stage, more.version ?? Jars.CURRENT),
  failoverTime: '3s',
  idleTimeBetweenReads: '200ms',
  java: '-Daws.cborEnabled=false -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
  ...more,
  properties: { ...QUICK, ...(more.version === '2.5.4' ? {} : OF_3), ...more.properties }
})

const processes = () =>
  spawnSync('ps', ['-eo', 'pid=,pgid=,ppid=,args='], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .map((line) => {
      const [, pid, group, parent, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
      return { pid: Number(pid), group: Number(group), parent: Number(parent), command }
    })

/** Everything below a process, by its parents. */
const below = (pid) => {
  const all = processes()
  const found = []
  for (let parents = [pid]; parents.length > 0;) {
    const children = all.filter(({ parent }) => parents.includes(parent))
    found.push(...children)
    parents = children.map((child) => child.pid)
  }
  return found
}

/**
 * Starts it. Out: `pid`; `until(what, test)`, which fails when it ends first or after `LIMIT_MS`; `exited`, a promise of its
 * exit code; `code()`, which is undefined while it runs; `log()`, its stderr; `printed()`, its stdout; `signal(name)`; `below()`, the processes that it started;
 * `kill()`, for the end of a test.
 */
const start = (stage, configuration, options) => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-worker-'))
  return startIn(home, stage, configuration, options)
}

/** `env` is added to its environment, where undefined takes a variable away; `under` is a program that starts it. */
const startIn = (home, stage, configuration, { env: more = {}, under = [] } = {}) => {
  const { folder } = stage.project
  const file = path.join(folder, 'kcl.config.yaml')
  const { handler } = JSON.parse(fs.readFileSync(file, 'utf8'))
  fs.writeFileSync(file, `${JSON.stringify({ handler, log: { format: 'json' }, ...configuration })}\n`)
  const started = Date.now()
  const files = ['out', 'log'].map((name) => path.join(folder, `worker-${started}.${name}`))
  const [output, error] = files.map((name) => fs.openSync(name, 'a'))
  const env = {
    ...process.env,
    HOME: home,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true'
  }
  for (const name of ['NODE_TEST_CONTEXT', 'XDG_STATE_HOME', 'XDG_CACHE_HOME']) delete env[name]
  // The daemon splits its command on spaces: whatever is made of this name must not matter.
  env.XDG_RUNTIME_DIR = path.join(home, 'run time')
  fs.mkdirSync(env.XDG_RUNTIME_DIR, { recursive: true, mode: 0o700 })
  const [program, ...args] = [...under, process.execPath, BIN, 'run']
  const worker = spawn(program, args, {
    cwd: folder,
    env: { ...env, ...more },
    stdio: ['ignore', output, error],
    detached: true
  })
  for (const fd of [output, error]) fs.closeSync(fd)
  const [printed, log] = files.map((name) => () => fs.readFileSync(name, 'utf8'))
  let code
  const exited = once(worker, 'exit').then(([exitCode, signal]) => (code = exitCode ?? signal))
  const until = async (what, test) => {
    for (const end = Date.now() + LIMIT_MS; !(await test()); await sleep(50)) {
      if (code !== undefined || Date.now() > end)
        throw new Error(
          `${what} did not happen; ${code === undefined ? '' : `exit ${code}`}\n${log().slice(-6000)}`
        )
    }
  }
  return {
    pid: worker.pid,
    home,
    exited,
    until,
    log,
    printed,
    below: () => below(worker.pid),
    code: () => code,
    signal: (name) => worker.kill(name),
    kill: async () => {
      const started = below(worker.pid)
      worker.kill('SIGKILL')
      await exited
      return started
    }
  }
}

/** A process that is gone is no problem. */
const signal = (pid, name) => {
  try {
    process.kill(pid, name)
  } catch (problem) {
    if (problem.code !== 'ESRCH') throw problem
  }
}

const signalGroup = (leader, name) => signal(-leader, name)

/** Waits until none of these processes is left. */
const gone = async (list) => {
  const isLeft = () =>
    processes().some(({ pid, command }) => list.some((one) => one.pid === pid) && !/<defunct>/.test(command))
  for (const end = Date.now() + LIMIT_MS; isLeft(); await sleep(50))
    if (Date.now() > end)
      throw new Error(
        `still there: ${JSON.stringify(processes().filter(({ pid }) => list.some((one) => one.pid === pid)))}`
      )
}

/** Where a worker of this home has its private folder, whose names begin alike. */
const privatePlace = (home) => require(path.join(BIN, '../host/Folder.js')).places({ HOME: home })[0]

/** The private folders of the workers of this home. */
const privateFolders = (home) => {
  const place = privatePlace(home)
  return fs.existsSync(place) ? fs.readdirSync(place).filter((name) => name.startsWith('kclts-host-')) : []
}

module.exports = {
  Jars,
  below,
  classpath,
  daemonOf,
  gone,
  placesOf,
  privateFolders,
  privatePlace,
  signal,
  signalGroup,
  start,
  startIn
}
