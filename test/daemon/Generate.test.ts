import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as Config from '../../src/config/Config'
import type { DaemonSettings } from '../../src/config/DaemonSettings'
import * as Import from '../../src/config/Import'
import * as Properties from '../../src/config/Properties'
import * as Generate from '../../src/daemon/Generate'
import { defaults } from '../config/defaultConfig'

const orders = { ...defaults.daemon, streamName: 'orders', applicationName: 'order-consumer' }

const more = { executableName: './relay', workerId: 'host-0', emptyBatches: true }

const lines = (
  settings: Partial<DaemonSettings>,
  given: Partial<Generate.LaunchDetails> = {}
): ReadonlyArray<string> => {
  const generated = Generate.properties({ ...orders, ...settings }, { ...more, ...given })
  return E.isRight(generated)
    ? generated.right.map(([name, value]) => `${name} = ${value}`)
    : generated.left.map(({ key, text }) => `${key}: ${text}`)
}

/** What is other than by default. */
const changed = (
  settings: Partial<DaemonSettings>,
  given: Partial<Generate.LaunchDetails> = {}
): ReadonlyArray<string> => lines(settings, given).filter((line) => !lines({}).includes(line))

const gone = (
  settings: Partial<DaemonSettings>,
  given: Partial<Generate.LaunchDetails> = {}
): ReadonlyArray<string> => lines({}).filter((line) => !lines(settings, given).includes(line))

describe('what the daemon is given', () => {
  it('is by default what it needs, and what is right in place of its own defaults', () =>
    assert.deepEqual(lines({}), [
      'executableName = ./relay',
      'streamName = orders',
      'applicationName = order-consumer',
      'workerId = host-0',
      'AwsCredentialsProvider = DefaultCredentialsProvider',
      'initialPositionInStream = TRIM_HORIZON',
      'retrievalMode = POLLING',
      'metricsLevel = NONE',
      'failoverTimeMillis = 10000',
      'shutdownGraceMillis = 20000',
      'callProcessRecordsEvenForEmptyRecordList = true',
      'dynamoDbClient.overrideConfiguration.retryPolicy = STANDARD'
    ]))

  it('is every setting', () =>
    assert.deepEqual(
      changed({
        streamName: null,
        streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
        region: 'eu-west-1',
        initialPosition: Date.UTC(2026, 0, 31, 12, 0, 0, 999),
        retrieval: 'fan-out',
        consumerName: 'mine',
        consumerArn: 'arn',
        kinesisEndpoint: 'http://127.0.0.1:1',
        dynamoDbEndpoint: 'http://127.0.0.1:2',
        cloudWatchEndpoint: 'http://127.0.0.1:3',
        metrics: 'detailed',
        tableName: 'leases',
        failoverTime: 1500,
        maxLeases: 7,
        maxRecords: 100,
        idleTimeBetweenReads: 250,
        shutdownGrace: 9000
      }),
      [
        'streamArn = arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
        'tableName = leases',
        'regionName = eu-west-1',
        'kinesisEndpoint = http://127.0.0.1:1',
        'dynamoDBEndpoint = http://127.0.0.1:2',
        'cloudWatchClient.endpointOverride = http://127.0.0.1:3',
        'initialPositionInStreamExtended = 1769860800',
        'retrievalMode = FANOUT',
        'fanoutConfig.consumerName = mine',
        'fanoutConfig.consumerArn = arn',
        'maxRecords = 100',
        'idleTimeBetweenReadsInMillis = 250',
        'metricsLevel = DETAILED',
        'failoverTimeMillis = 1500',
        'maxLeasesForWorker = 7',
        'shutdownGraceMillis = 9000'
      ]
    ))

  it('is not a property that the daemon would ignore', () =>
    assert.deepEqual(gone({ shutdownGrace: 0 }, { emptyBatches: false }), [
      'shutdownGraceMillis = 20000',
      'callProcessRecordsEvenForEmptyRecordList = true'
    ]))

  it("is the user's own property in place of ours", () => {
    const own = { taskBackoffTimeMillis: '100', callProcessRecordsEvenForEmptyRecordList: 'false' }
    assert.deepEqual(changed({ properties: own }), ['taskBackoffTimeMillis = 100'])
    assert.deepEqual(gone({ properties: own }), ['callProcessRecordsEvenForEmptyRecordList = true'])
    const retries = { 'dynamoDbClient.overrideConfiguration.retryStrategy': 'LEGACY' }
    assert.deepEqual(
      lines({ properties: retries }).filter((line) => line.startsWith('dynamoDb')),
      ['dynamoDbClient.overrideConfiguration.retryStrategy = LEGACY']
    )
  })

  it('is spelt as the version of the KCL wants it', () =>
    assert.deepEqual(
      [
        ['2.5.4', 'default'],
        ['2.6.1', 'environment'],
        ['2.7.0', 'environment'],
        ['2.5.4', 'profile:dev'],
        ['3.1.3', 'profile:dev'],
        ['2.5.4', 'StsAssumeRoleCredentialsProvider|arn|session, default'],
        ['3.1.3', 'com.amazonaws.auth.DefaultAWSCredentialsProviderChain,com.example.Mine|a'],
        ['2.5.4', 'com.amazonaws.nowhere.Mine']
      ].map(([version = '', credentials = '']) =>
        lines({ version, credentials }).find((line) => /^aws/i.test(line))
      ),
      [
        'AWSCredentialsProvider = DefaultAWSCredentialsProviderChain',
        'AWSCredentialsProvider = EnvironmentVariableCredentialsProvider',
        'AwsCredentialsProvider = EnvironmentVariableCredentialsProvider',
        'AWSCredentialsProvider = profile.ProfileCredentialsProvider|dev',
        'AwsCredentialsProvider = ProfileCredentialsProvider|dev',
        'AWSCredentialsProvider = STSAssumeRoleSessionCredentialsProvider|arn|session,DefaultAWSCredentialsProviderChain',
        'AwsCredentialsProvider = DefaultCredentialsProvider,com.example.Mine|a',
        'AWSCredentialsProvider = com.amazonaws.nowhere.Mine'
      ]
    ))

  it('is nothing when it could not start with it', () =>
    assert.deepEqual(
      [
        ...lines({ streamName: null, applicationName: null }),
        ...lines({ credentials: 'com.amazonaws.nowhere.Mine' })
      ],
      [
        'daemon.streamName: missing, expected the name of the stream (or daemon.streamArn)',
        'daemon.applicationName: missing, expected a name that all workers of the application share',
        'daemon.credentials: found the class com.amazonaws.nowhere.Mine, expected one of the AWS SDK 2, which KCL 3.1.3 uses (from 2.7.0 on)'
      ]
    ))
})

const whole = fc.integer({ min: 1, max: 2 ** 31 - 1 })
const name = fc.stringMatching(/^[A-Za-z0-9_.-]{3,20}$/)
const maybe = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | null> => fc.option(arbitrary)

/** Of one way to retrieve: the keys of the other have no meaning. */
const retrieving = fc.oneof(
  fc.record({
    retrieval: fc.constant('polling' as const),
    maxRecords: maybe(whole),
    idleTimeBetweenReads: maybe(whole)
  }),
  fc.record({ retrieval: fc.constant('fan-out' as const), consumerName: maybe(name) })
)

const chosen: fc.Arbitrary<Partial<DaemonSettings>> = fc
  .tuple(
    retrieving,
    fc.record({
      streamName: name,
      applicationName: name,
      initialPosition: fc.oneof(
        fc.constantFrom('latest' as const, 'trim-horizon' as const),
        fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000)
      ),
      metrics: fc.constantFrom('none', 'summary', 'detailed'),
      credentials: fc.constantFrom('default', 'environment', 'com.example.Mine|ä b|c:d'),
      tableName: maybe(name),
      failoverTime: whole,
      maxLeases: maybe(whole),
      workerId: fc.stringMatching(/^\S{1,20}$/),
      shutdownGrace: whole
    })
  )
  .map(([retrieval, rest]) => ({ ...retrieval, ...rest }))

describe('what is generated', () => {
  it('says the same when it is imported as an old file', () =>
    fc.assert(
      fc.property(chosen, (settings) => {
        const { workerId = null } = settings
        const generated = Generate.properties(
          { ...orders, ...settings },
          { ...more, workerId: workerId ?? '', emptyBatches: false }
        )
        const text = Properties.print(E.isRight(generated) ? generated.right : [])
        const imported = Import.read(text, '3.1.3')
        const said = (E.isRight(imported) ? imported.right.settings : []).map(({ path, value }) => {
          const decoded = Config.keyOf(path)?.codec.decode(value)
          return [
            path.slice('daemon.'.length),
            decoded !== undefined && E.isRight(decoded) ? decoded.right : value
          ]
        })
        assert.deepEqual({ ...orders, ...Object.fromEntries(said) }, { ...orders, ...settings })
      })
    ))
})
