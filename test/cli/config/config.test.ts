import assert from 'node:assert/strict'
import * as os from 'node:os'
import { describe, it } from 'node:test'
import { config, importProperties } from '../../../src/cli/config/config'
import { project, type Files } from '../../config/Project'

const HANDLER = 'handler: ./handler.js\n'

/** What is printed, the project's folder as `~`. */
const printed = (files: Files, more: { readonly properties?: string } = {}): string => {
  const folder = project(files)
  const { text, code } = config({
    cwd: folder,
    file: null,
    env: {},
    flags: {},
    handlerRequired: false,
    ...more
  })
  return `${text.replaceAll(folder, '~')}exit code ${code}`
}

const imported = (text: string, version = '3.1.3'): string => {
  const folder = project({ 'old.properties': text })
  const report = importProperties(folder, 'old.properties', version)
  return `${report.text.replaceAll(folder, '~')}exit code ${report.code}`
}

describe('kclts config', () => {
  it("prints what is effective and where it is from, the daemon's properties, and no secret", () =>
    assert.equal(
      printed({
        'kcl.config.yaml':
          HANDLER +
          'sinks:\n  out: { type: http, url: http://127.0.0.1/, headers: { authorization: Bearer abc } }\n' +
          'daemon:\n  streamName: "1"\n  applicationName: order-consumer\n  workerId: blue\n' +
          '  repository: https://me:abc@example.com/\n' +
          '  properties: { taskBackoffTimeMillis: 100, kinesisClient.a: ü }\n'
      }),
      `# ~/kcl.config.yaml, and the defaults:
handler: ~/handler.js # kcl.config.yaml:1:10
checkpoint:
  interval: 1m
  count: 0
  manual: true
  onShutdown: true
  shutdownDeadline: 8s
  shardEndDeadline: 5m
failure:
  then: dead-letter
  deadLetters: ~/dead-letters.ndjson
  fallback: ~/dead-letters.ndjson
  breaker: 20
  retries: 3
  backoff: 500ms
concurrency: 1
deadline: 30s
undelivered: 1000
callbackDeadline: 5m
batch:
  count: 100
  bytes: 1000000
  linger: 0s
daemon:
  streamName: "1" # kcl.config.yaml:5:15
  applicationName: order-consumer # kcl.config.yaml:6:20
  initialPosition: trim-horizon
  retrieval: polling
  credentials: default
  metrics: none
  failoverTime: 10s
  workerId: blue # kcl.config.yaml:7:13
  version: 3.1.3
  handover: fast # no effect: Amazon's main class runs, with its own intervals
  java: -XX:MaxRAMPercentage=25 -XX:+UseSerialGC -XX:MaxNewSize=32m
  repository: https://***@example.com/ # kcl.config.yaml:8:15
  shutdownGrace: 20s
  restarts: 5
  properties:
    taskBackoffTimeMillis: 100 # kcl.config.yaml:9:40
    kinesisClient.a: ü # kcl.config.yaml:9:62
host:
  mode: host
  threads: 1
  memory: 256000000
  relay: auto
  watch: true
status:
  listen: none
  stalled: 5m
tracing:
  spans: none
record:
  data: none
  sampling: 1
  size: 1000000000
  age: 7d
log:
  level: info
  format: auto
  console: lines
  summary: 1m
sinks:
  out:
    type: http
    url: http://127.0.0.1/
    headers:
      authorization: "***"

# The daemon's properties (KCL 3.1.3):
executableName = ./relay
streamName = 1
applicationName = order-consumer
workerId = blue
AwsCredentialsProvider = DefaultCredentialsProvider
initialPositionInStream = TRIM_HORIZON
retrievalMode = POLLING
metricsLevel = NONE
failoverTimeMillis = 10000
shutdownGraceMillis = 20000
callProcessRecordsEvenForEmptyRecordList = true
dynamoDbClient.overrideConfiguration.retryPolicy = STANDARD
taskBackoffTimeMillis = 100
kinesisClient.a = \\u00fc
exit code 0`
    ))

  it('says what the daemon could not be started without', () =>
    assert.match(
      printed({ 'kcl.config.yaml': HANDLER }),
      /\n\n# `kclts run` cannot start the daemon:\n# daemon\.streamName: missing, [^\n]+\n# daemon\.applicationName: missing, [^\n]+\nexit code 0$/
    ))

  it("has the host's name and a number where no worker is named, and the interval's empty batches", () => {
    const text = printed({
      'kcl.config.yaml': `${HANDLER}checkpoint: { interval: 0 }\nhost: { mode: process }\ndaemon: { streamName: a, applicationName: abc }\n`
    })
    assert.ok(text.includes(`\nworkerId = ${os.hostname()}-0\n`))
    assert.ok(text.includes('\nexecutableName = kclts-child\n'))
    assert.ok(!text.includes('callProcessRecords'))
  })

  it('reports all mistakes', () =>
    assert.equal(
      printed(
        { 'kcl.config.yaml': `${HANDLER}concurrency: 0\n`, 'old.properties': 'colour=blue' },
        { properties: 'old.properties' }
      ),
      'old.properties:1:1: daemon.properties.colour: unknown property of KCL 3.1.3\n' +
        'kcl.config.yaml:2:14: concurrency: found 0, expected a whole number of 1 or more\n' +
        '2 problems. kcl.config.example.yaml in the package shows every key.\nexit code 2'
    ))
})

describe('kclts config import', () => {
  it('prints a configuration, with comments for what it cannot have', () =>
    assert.equal(
      imported(
        'executableName = node app.js\nstreamName = orders\napplicationName = my app\n' +
          'AWSCredentialsProvider = EnvironmentVariableCredentialsProvider\ntaskBackofTimeMillis = 5\n' +
          'parentShardPollIntervalMillis = 5000\nmaxRecords = 100\nAWSCredentialsProviderDynamoDB = a.B|c|d\nx.secret = 1\n'
      ),
      `# From old.properties. Name the module of your handler:
handler: ./handler.js
daemon:
  streamName: orders
  credentials: environment
  maxRecords: 100
  initialPosition: latest # what the daemon does by default, and kclts does not
  metrics: detailed # what the daemon does by default, and kclts does not
  properties:
    parentShardPollIntervalMillis: 5000
    AwsCredentialsProviderDynamoDB: a.B|c|d

# Not taken over:
# line 1: executableName = node app.js: \`kclts run\` sets it itself: the program that the daemon starts for a shard
# line 3: daemon.applicationName: my app: expected 3 to 255 letters, digits, underscores, hyphens and dots
# line 5: taskBackofTimeMillis = 5: unknown property of KCL 3.1.3; did you mean taskBackoffTimeMillis?
# line 9: x.secret = ***: unknown property of KCL 3.1.3
exit code 0`
    ))

  it('refuses what Java refuses, and a file that is not there', () => {
    assert.equal(
      imported('a = \\u1'),
      'old.properties:1:1: found \\u without four hexadecimal digits, expected four, such as \\u00e4\n' +
        '1 problem. kcl.config.example.yaml in the package shows every key.\nexit code 2'
    )
    assert.match(
      importProperties('/nowhere', 'old.properties', '3.1.3').text,
      /^\/nowhere\/old\.properties cannot be read: ENOENT/
    )
  })
})
