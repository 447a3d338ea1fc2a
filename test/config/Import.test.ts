import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Import from '../../src/config/Import'

const imported = (lines: ReadonlyArray<string>, version = '3.1.3'): Import.Imported => {
  const read = Import.read(lines.join('\n'), version)
  if (E.isLeft(read)) throw new Error(read.left.map(({ text }) => text).join('\n'))
  return read.right
}

const settings = (...lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  imported(lines).settings.map(({ path, value, line }) => `${path}: ${String(value)} (${line ?? 'default'})`)

const dropped = (...lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  imported(lines).dropped.map(({ name, line, why }) => `${line}: ${name}: ${why}`)

const properties = (version: string, ...lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  imported(lines, version).properties.map(({ name, value, line }) => `${line}: ${name}: ${value}`)

/** What the daemon does by default is said here, so that no test has to. */
const SAID = ['initialPositionInStream=TRIM_HORIZON', 'retrievalMode=POLLING', 'metricsLevel=NONE']

describe('an old .properties file', () => {
  it('is reported in our words', () =>
    assert.deepEqual(
      settings(
        'streamName = orders',
        'streamArn = arn',
        'applicationName = order-consumer',
        'regionName = eu-west-1',
        'initialPositionInStream = TRIM_HORIZON',
        'retrievalMode = Polling',
        'AWSCredentialsProvider = DefaultAWSCredentialsProviderChain',
        'kinesisEndpoint = http://a',
        'dynamoDBEndpoint = http://b',
        'cloudWatchClient.endpointOverride = http://c',
        'metricsLevel = detailed',
        'tableName = leases',
        'failoverTimeMillis = 90000',
        'maxLeasesForWorker = 3',
        'maxRecords = 500',
        'idleTimeBetweenReadsInMillis = 250',
        'workerIdentifier = me',
        'shutdownGraceMillis = 10000'
      ),
      [
        'daemon.streamName: orders (1)',
        'daemon.streamArn: arn (2)',
        'daemon.applicationName: order-consumer (3)',
        'daemon.region: eu-west-1 (4)',
        'daemon.initialPosition: trim-horizon (5)',
        'daemon.retrieval: polling (6)',
        'daemon.credentials: default (7)',
        'daemon.kinesisEndpoint: http://a (8)',
        'daemon.dynamoDbEndpoint: http://b (9)',
        'daemon.cloudWatchEndpoint: http://c (10)',
        'daemon.metrics: detailed (11)',
        'daemon.tableName: leases (12)',
        'daemon.failoverTime: 90s (13)',
        'daemon.maxLeases: 3 (14)',
        'daemon.maxRecords: 500 (15)',
        'daemon.idleTimeBetweenReads: 250ms (16)',
        'daemon.workerId: me (17)',
        'daemon.shutdownGrace: 10s (18)'
      ]
    ))

  it('keeps what the daemon does by default, where kclts does something else', () => {
    assert.deepEqual(settings(), [
      'daemon.initialPosition: latest (default)',
      'daemon.retrieval: fan-out (default)',
      'daemon.metrics: detailed (default)'
    ])
    assert.deepEqual(settings('maxRecords=5', 'retrievalMode=DEFAULT', ...SAID.slice(2), SAID[0] ?? ''), [
      'daemon.maxRecords: 5 (1)',
      'daemon.metrics: none (3)',
      'daemon.initialPosition: trim-horizon (4)'
    ])
  })

  it('begins at a time', () =>
    assert.deepEqual(
      settings(
        'initialPositionInStream=AT_TIMESTAMP',
        'initialPositionInStreamExtended=1769860800',
        ...SAID.slice(1)
      ).slice(0, 1),
      ['daemon.initialPosition: 2026-01-31T12:00:00.000Z (2)']
    ))

  it('leaves to their keys what is no right value', () =>
    assert.deepEqual(
      settings('failoverTimeMillis=ten', 'retrievalMode=PULL', 'maxRecords=-1', SAID[0] ?? '', SAID[2] ?? ''),
      [
        'daemon.failoverTime: ten (1)',
        'daemon.retrieval: PULL (2)',
        'daemon.initialPosition: trim-horizon (4)',
        'daemon.metrics: none (5)'
      ]
    ))

  it('reports what is left out, and why', () =>
    assert.deepEqual(
      dropped(
        'executableName = node app.js',
        'streamName = a',
        'streamName = b',
        'shardSyncIntervalMillis = 0',
        'fanoutConfig.consumerName = orders',
        'maxRecords = 5'
      ),
      [
        '1: executableName: `kclts run` sets it itself: the program that the daemon starts for a shard',
        '2: streamName: it is set again below, and the daemon takes the last value',
        '4: shardSyncIntervalMillis: the daemon ignores 0',
        '5: fanoutConfig.consumerName: the daemon ignores it with polling'
      ]
    ))

  it('has the rest as properties, the credentials as the version spells them', () => {
    const given = ['AWSCredentialsProviderDynamoDB = DefaultAWSCredentialsProviderChain', 'colour = blue']
    assert.deepEqual(properties('3.1.3', ...given), [
      '1: AwsCredentialsProviderDynamoDB: DefaultCredentialsProvider',
      '2: colour: blue'
    ])
    assert.deepEqual(properties('2.5.4', 'AwsCredentialsProviderDynamoDB = DefaultCredentialsProvider'), [
      '1: AWSCredentialsProviderDynamoDB: DefaultAWSCredentialsProviderChain'
    ])
  })
})
