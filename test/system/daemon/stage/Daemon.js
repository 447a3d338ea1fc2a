'use strict'
/** Amazon's MultiLangDaemon as a process: its properties, its start, its log, its end. */
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const Jars = require('./Jars')

/** A limit for what never comes, which no slow machine reaches: whoever waits goes on as soon as it is there. */
const LIMIT_MS = 420_000

const LOGBACK = path.join(__dirname, '..', 'logback.xml')

const JAVA = [
  '-Daws.cborEnabled=false', // kinesalite cuts its CBOR answers at 16 KiB
  '-Dfile.encoding=UTF-8', // up to Java 17 the pipes have the locale's encoding
  '-Xmx256m',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Xshare:auto'
]

/** With Amazon's own values a start takes over a minute and a lease 10 s. A property set to 0 or false counts as unset. */
const QUICK = {
  initialPositionInStream: 'TRIM_HORIZON',
  regionName: 'us-east-1',
  retrievalMode: 'POLLING',
  metricsLevel: 'NONE',
  idleTimeBetweenReadsInMillis: 100,
  failoverTimeMillis: 3000, // a lease that is not renewed for so long is lost; a stop takes so long too
  shardSyncIntervalMillis: 200,
  parentShardPollIntervalMillis: 200,
  taskBackoffTimeMillis: 100,
  schedulerInitializationBackoffTimeMillis: 100,
  skipShardSyncAtWorkerInitializationIfLeasesExist: true,
  shutdownGraceMillis: 20000
}
const OF_2 = { AWSCredentialsProvider: 'DefaultAWSCredentialsProviderChain' }
const OF_3 = {
  AwsCredentialsProvider: 'DefaultCredentialsProvider',
  leaseAssignmentIntervalMillis: 200,
  inMemoryWorkerMetricsCaptureFrequencyMillis: 100,
  // A worker counts as alive for twice as long, by a time in whole seconds.
  workerMetricsReporterFreqInMillis: 1500
}

const environment = {
  ...process.env,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true'
}
// A test runner's child would report to it in a private format; the handler's process is no test.
delete environment.NODE_TEST_CONTEXT

/** The process groups of the daemons that run: none outlives its test. */
const running = new Set()
process.on('exit', () => {
  for (const group of running) signal(-group, 'SIGKILL')
})
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1))

const signal = (pid, name) => {
  try {
    process.kill(pid, name)
  } catch (problem) {
    if (problem.code !== 'ESRCH') throw problem
  }
}

/**
 * Starts the daemon on a stream with a project's child. `properties` are added to the quick ones.
 *
 * Out: `until(what, test)`, which waits until `test()` is truthy and fails, with the log's end, when the daemon ends
 * first or after `LIMIT_MS`; `exited`, a promise of the exit code; `log()`; `terminate()`, SIGTERM and the exit code;
 * `terminateAll()`, the same to the daemon and its children at once, as a terminal or a supervisor does; `kill()`,
 * SIGKILL to all of them; `killAlone()`, SIGKILL to the daemon, whose children must find out.
 */
const start = ({ version, emulators, project, application, stream, properties = {} }) => {
  const run = fs.mkdtempSync(path.join(project.folder, 'run-'))
  const file = path.join(run, 'kcl.properties')
  const all = {
    executableName: project.executableName,
    streamName: stream,
    applicationName: application,
    workerId: 'worker',
    kinesisEndpoint: emulators.kinesisEndpoint,
    dynamoDBEndpoint: emulators.dynamoEndpoint,
    ...QUICK,
    ...(version.startsWith('2.') ? OF_2 : OF_3),
    ...properties
  }
  fs.writeFileSync(
    file,
    Object.entries(all)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('')
  )
  const logFile = path.join(run, 'daemon.log')
  const output = fs.openSync(logFile, 'a')
  const java = spawn(
    'java',
    [
      ...JAVA,
      '-cp',
      Jars.classpath(version),
      'software.amazon.kinesis.multilang.MultiLangDaemon',
      '--properties-file',
      file,
      '--log-configuration',
      LOGBACK
    ],
    { cwd: project.folder, env: environment, stdio: ['ignore', output, output], detached: true }
  )
  fs.closeSync(output)
  running.add(java.pid)
  const exited = once(java, 'exit').then(([code]) => {
    running.delete(java.pid)
    return code
  })
  // The file is logback's to make, some time after the JVM has started.
  const log = () => (fs.existsSync(logFile) ? fs.readFileSync(logFile, 'utf8') : '')
  const fail = (why) =>
    new Error(`${why}; the daemon's log ends with\n${log().split('\n').slice(-40).join('\n')}`)

  const until = async (what, test, limit = LIMIT_MS) => {
    const end = Date.now() + limit
    for (;;) {
      const found = await test()
      if (found) return found
      if (java.exitCode !== null || java.signalCode !== null) throw fail(`the daemon ended before: ${what}`)
      if (Date.now() > end) throw fail(`${limit} ms passed before: ${what}`)
      await sleep(20)
    }
  }
  return {
    exited,
    log,
    until,
    terminate: () => {
      signal(java.pid, 'SIGTERM')
      return exited
    },
    terminateAll: () => {
      signal(-java.pid, 'SIGTERM')
      return exited
    },
    kill: () => {
      signal(-java.pid, 'SIGKILL') // the group: the children are in it
      return exited
    },
    killAlone: () => {
      signal(java.pid, 'SIGKILL')
      return exited
    }
  }
}

/**
 * For throttled checkpoints. DynamoDB's client tries a call again for about 50 s before the KCL hears of it; as STANDARD,
 * for less than a second. No lease is renewed meanwhile.
 */
const IMPATIENT = {
  'dynamoDbClient.overrideConfiguration.retryStrategy': 'STANDARD',
  failoverTimeMillis: 20000
}

module.exports = { IMPATIENT, start }
