import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { project, problems, problemsIn, settings, yaml } from './Project'

/** The section `daemon`, from line 2 on. */
const daemon = (...lines: ReadonlyArray<string>): ReturnType<typeof yaml> =>
  yaml(`daemon:\n${lines.map((line) => `  ${line}\n`).join('')}`)

/** One property in line 4, at column 5; its message without place and name. */
const ofProperty = (property: string, ...more: ReadonlyArray<string>): string => {
  const name = property.slice(0, property.indexOf(': '))
  return problems(daemon('properties:', `  ${property}`, ...more))
    .join('\n')
    .replace(`daemon.properties.${name}: `, '')
    .replace('kcl.config.yaml:4:', '')
}

const OLD = 'version: 2.5.4'
const NEW = 'version: 3.5.1'

describe("the daemon's section", () => {
  it('has keys that are reported with their places when they are wrong', () =>
    assert.deepEqual(
      problems(
        daemon(
          'streamName: a stream',
          'streamArn: orders',
          'applicationName: ab',
          'region: Frankfurt',
          'initialPosition: 2026-01-31T12:00',
          'retrieval: fanout',
          'kinesisEndpoint: localhost:4567',
          'metrics: all',
          'failoverTime: 0',
          'maxLeases: 0',
          'workerId: my worker',
          'version: 3.1',
          'java: 512',
          'shutdownGrace: soon',
          'restarts: -1'
        )
      ),
      [
        'kcl.config.yaml:3:15: daemon.streamName: found "a stream", expected the name of a stream',
        'kcl.config.yaml:4:14: daemon.streamArn: found "orders", expected the ARN of a stream with an account of 12 digits, such as arn:aws:kinesis:eu-central-1:123456789012:stream/orders',
        'kcl.config.yaml:5:20: daemon.applicationName: found "ab", expected 3 to 255 letters, digits, underscores, hyphens and dots',
        'kcl.config.yaml:6:11: daemon.region: found "Frankfurt", expected the name of a region, such as eu-central-1',
        'kcl.config.yaml:7:20: daemon.initialPosition: found "2026-01-31T12:00", it has no zone, so it would be another time on each machine; add Z for UTC, or an offset such as +02:00; expected latest, trim-horizon, or a time such as 2026-01-31T12:00:00Z',
        'kcl.config.yaml:8:14: daemon.retrieval: found "fanout", expected polling or fan-out',
        'kcl.config.yaml:9:20: daemon.kinesisEndpoint: found text (not shown, it may be a secret), expected a URL that begins with http:// or https://',
        'kcl.config.yaml:10:12: daemon.metrics: found "all", expected none, summary or detailed',
        'kcl.config.yaml:11:17: daemon.failoverTime: found 0, expected a duration of 1ms or more, such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
        'kcl.config.yaml:12:14: daemon.maxLeases: found 0, expected a whole number of 1 or more',
        'kcl.config.yaml:13:13: daemon.workerId: found "my worker", expected text without spaces',
        'kcl.config.yaml:14:12: daemon.version: found 3.1, expected a version of the KCL, such as 3.1.3 or 2.5.4',
        'kcl.config.yaml:15:9: daemon.java: found a number, expected options such as "-Xmx512m -Dname=value", or a list of them',
        'kcl.config.yaml:16:18: daemon.shutdownGrace: found "soon", expected a duration such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
        'kcl.config.yaml:17:13: daemon.restarts: found -1, expected a whole number of 0 or more'
      ]
    ))

  it('has unknown keys reported with what was meant, in our words or the words of the daemon', () =>
    assert.deepEqual(
      problems(
        daemon('aplicationName: orders', 'regionName: eu-west-1', 'maxActiveThreads: 5', 'colour: blue')
      ),
      [
        'kcl.config.yaml:3:3: daemon.aplicationName: unknown key; did you mean daemon.applicationName?',
        'kcl.config.yaml:4:3: daemon.regionName: unknown key; write daemon.region',
        'kcl.config.yaml:5:3: daemon.maxActiveThreads: unknown key; write daemon.properties.maxActiveThreads',
        'kcl.config.yaml:6:3: daemon.colour: unknown key'
      ]
    ))

  it('is set by variables and flags too, but for its properties', () => {
    assert.deepEqual(
      settings(yaml(''), {
        env: { KCLTS_DAEMON_STREAM_NAME: 'orders', KCLTS_DAEMON_DYNAMO_DB_ENDPOINT: 'http://127.0.0.1:8000' },
        flags: {
          'daemon-initial-position': '2026-01-31',
          'daemon-java': '-Xmx1g  -Da=b',
          'status-listen': '9100'
        }
      }).slice(1),
      [
        'daemon.streamName = orders from KCLTS_DAEMON_STREAM_NAME',
        'daemon.initialPosition = 2026-01-31T00:00:00.000Z from --daemon-initial-position',
        'daemon.dynamoDbEndpoint = http://127.0.0.1:8000 from KCLTS_DAEMON_DYNAMO_DB_ENDPOINT',
        'daemon.java = -Xmx1g -Da=b from --daemon-java',
        'status.listen = 127.0.0.1:9100 from --status-listen'
      ]
    )
    assert.deepEqual(settings(yaml(''), { env: { KCLTS_DAEMON_WORKER_ID: '7' } }).slice(1), [
      'daemon.workerId = 7 from KCLTS_DAEMON_WORKER_ID'
    ])
    assert.deepEqual(problems(yaml(''), { env: { KCLTS_DAEMON_PROPERTIES: 'a=b' } }), [
      'KCLTS_DAEMON_PROPERTIES: unknown variable'
    ])
  })

  it('has no place to watch shards that have a process each', () => {
    assert.deepEqual(problems(yaml('host:\n  mode: process\n')), [])
    assert.deepEqual(problems(yaml('host:\n  mode: process\nstatus:\n  listen: 9090\n')), [
      'kcl.config.yaml:5:11: status.listen: it has no effect unless host.mode is host'
    ])
  })

  it('has keys of one way to retrieve alone', () =>
    assert.deepEqual(
      [
        ...problems(daemon('consumerName: orders', 'maxRecords: 100')),
        ...problems(daemon('retrieval: fan-out', 'maxRecords: 100', 'idleTimeBetweenReads: 1s'))
      ],
      [
        'kcl.config.yaml:3:17: daemon.consumerName: it has no effect unless daemon.retrieval is fan-out',
        'kcl.config.yaml:4:15: daemon.maxRecords: it has no effect unless daemon.retrieval is polling',
        'kcl.config.yaml:5:25: daemon.idleTimeBetweenReads: it has no effect unless daemon.retrieval is polling'
      ]
    ))

  it('has one stream', () => {
    const arn = 'streamArn: arn:aws:kinesis:eu-west-1:123456789012:stream/orders'
    assert.deepEqual(problems(daemon(arn, 'streamName: orders')), [])
    assert.deepEqual(problems(daemon(arn, 'streamName: payments')), [
      'kcl.config.yaml:3:14: daemon.streamArn: it is the ARN of another stream than daemon.streamName, which is payments'
    ])
  })

  it('has credentials of the SDK that the version of the KCL comes with', () =>
    assert.deepEqual(
      [
        ...problems(daemon('credentials: com.amazonaws.auth.AnonymousProvider')),
        ...problems(daemon('credentials: DefaultAWSCredentialsProviderChain')),
        ...problems(daemon('credentials: default, software.amazon.awssdk.auth.credentials.Anonymous', OLD))
      ],
      [
        'kcl.config.yaml:3:16: daemon.credentials: found the class com.amazonaws.auth.AnonymousProvider, expected one of the AWS SDK 2, which KCL 3.1.3 uses (from 2.7.0 on)',
        'kcl.config.yaml:3:16: daemon.credentials: found the class software.amazon.awssdk.auth.credentials.Anonymous, expected one of the AWS SDK 1, which KCL 2.5.4 uses (up to 2.6.1)'
      ]
    ))
})

describe("the daemon's properties", () => {
  it('are right, of a client too', () => {
    for (const property of [
      'taskBackoffTimeMillis: 100',
      'enablePriorityLeaseAssignment: false',
      'timeoutInSeconds: 0',
      'workerMetricsEMAAlpha: 0.25',
      'staleWorkerMetricsEntryCleanupDuration: P1DT12H',
      'workerMetricsTags: a=b,c=d',
      'coordinatorStateBillingMode: PROVISIONED',
      'clientVersionConfig: CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X',
      'kinesisClient.region: eu-west-1',
      'dynamoDbClient.overrideConfiguration.retryPolicy: STANDARD',
      'callProcessRecordsEvenForEmptyRecordList: false'
    ])
      assert.equal(ofProperty(property), '')
    assert.equal(ofProperty('AWSCredentialsProviderDynamoDB: ClasspathPropertiesFile', OLD), '')
    assert.equal(ofProperty('awscredentialsPROVIDERDynamoDB: DefaultCredentialsProvider'), '')
    assert.equal(ofProperty('migrateAllEntitiesToLeaseTable: true', NEW), '')
  })

  it('are reported when the daemon does not know them', () =>
    assert.deepEqual(
      [
        ofProperty('taskBackofTimeMillis: 100'),
        ofProperty('failoverTimeMilis: 100'),
        ofProperty('fanoutConfig.consumerNam: orders'),
        ofProperty('dynamoDBClient.region: eu-west-1'),
        ofProperty('kinesisClent: x'),
        ofProperty('colour: blue'),
        ofProperty('leaseTablePitrEnabled: true', OLD),
        ofProperty('migrateAllEntitiesToLeaseTable: true'),
        ofProperty('migrateAllEntitiesToLeaseTable: true', NEW, 'main: amazon'),
        ofProperty('AwsCredentialsProviderDynamoDB: Default', OLD)
      ],
      [
        '5: unknown property of KCL 3.1.3; did you mean taskBackoffTimeMillis?',
        '5: unknown property of KCL 3.1.3; did you mean daemon.failoverTime?',
        '5: unknown property of KCL 3.1.3; did you mean daemon.consumerName?',
        '5: unknown property of KCL 3.1.3; did you mean dynamoDbClient.region?',
        '5: unknown property of KCL 3.1.3; did you mean kinesisClient?',
        '5: unknown property of KCL 3.1.3',
        '5: KCL 2.5.4 has no such property, 3.0.0 and later do',
        '5: KCL 3.1.3 has no such property, 3.5.0 and later do',
        "5: Amazon's main class ignores it: kclts runs KCL 3.5.1 on the multilang jar of 3.1.3, which does not know it; use daemon.main: kclts",
        '5: KCL 2.5.4 has no such property, 2.7.0 and later do'
      ]
    ))

  it('are reported when they are ours, or have a key of their own', () =>
    assert.deepEqual(
      [
        ofProperty('executableName: node app.js'),
        ofProperty('workerId: a'),
        ofProperty('initialPositionInStream: LATEST'),
        ofProperty('awscredentialsprovider: DefaultCredentialsProvider'),
        ofProperty('cloudWatchClient.endpointOverride: http://127.0.0.1/')
      ],
      [
        '5: it cannot be set here: the program that the daemon starts for a shard',
        '5: it has a key of its own; write daemon.workerId',
        '5: it has a key of its own; write daemon.initialPosition',
        '5: it has a key of its own; write daemon.credentials',
        '5: it has a key of its own; write daemon.cloudWatchEndpoint'
      ]
    ))

  it('are reported when their value is of another type', () =>
    assert.deepEqual(
      [
        ofProperty('taskBackoffTimeMillis: 5s'),
        ofProperty('maxActiveThreads: 3000000000'),
        ofProperty('timeoutInSeconds: 1.5'),
        ofProperty('workerMetricsEMAAlpha: half'),
        ofProperty('enablePriorityLeaseAssignment: "yes"'),
        ofProperty('staleWorkerMetricsEntryCleanupDuration: 1d'),
        ofProperty('workerMetricsTags: a'),
        ofProperty('workerMetricsBillingMode: ON_DEMAND'),
        ofProperty('clientVersionConfig: 3'),
        ofProperty('metricsEnabledDimensions: [a, b]'),
        ofProperty('metricsEnabledDimensions: ""')
      ],
      [
        '28: found "5s", expected a whole number',
        '23: found "3000000000", expected a whole number below 2147483648',
        '23: found "1.5", expected a whole number below 2147483648',
        '28: found "half", expected a number',
        '36: found "yes", expected true or false',
        '45: found "1d", expected an ISO duration such as P1D or PT12H',
        '24: found "a", expected tags such as team=orders,stage=test',
        '31: found "ON_DEMAND", expected PAY_PER_REQUEST or PROVISIONED',
        '26: found "3", expected CLIENT_VERSION_CONFIG_3X or CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X',
        '31: found a list, expected text, a number, true or false',
        '31: found "", expected text'
      ]
    ))

  it('are reported when the daemon would ignore their value', () =>
    assert.deepEqual(
      [
        ofProperty('cleanupLeasesUponShardCompletion: false'),
        ofProperty('shardSyncIntervalMillis: 0'),
        ofProperty('workerMetricsEMAAlpha: 0.0'),
        ofProperty('leaseAssignmentIntervalMillis: 0')
      ],
      [
        '39: the daemon ignores false and keeps its default true; remove the property, or give it another value',
        '30: the daemon ignores 0 and keeps its default 60000; remove the property, or give it another value',
        '28: the daemon ignores 0 and keeps its default 0.5; remove the property, or give it another value',
        '36: the daemon ignores 0; remove the property, or give it another value'
      ]
    ))

  it('are a map, or none', () => {
    assert.deepEqual(problems(daemon('properties:')), [])
    assert.deepEqual(problems(daemon('properties: 5')), [
      'kcl.config.yaml:3:15: daemon.properties: found a number, expected a map of properties'
    ])
  })
})

describe('--properties', () => {
  const text = (...lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join('')

  it('stands for the section of the file, below variables and flags', () =>
    assert.deepEqual(
      settings(
        {
          ...daemon('streamName: a', 'region: eu-west-1', 'failoverTime: 1m'),
          'old.properties': text(
            'streamName: orders',
            'applicationName = \\',
            '  order-consumer',
            'failoverTimeMillis 20000',
            'taskBackoffTimeMillis = 100',
            'metricsLevel = NONE'
          )
        },
        { properties: 'old.properties', env: { KCLTS_DAEMON_METRICS: 'summary' } }
      ).slice(1),
      [
        'daemon.streamName = orders from old.properties:1:1',
        'daemon.applicationName = order-consumer from old.properties:2:1',
        'daemon.region = eu-west-1 from kcl.config.yaml:4:11',
        'daemon.initialPosition = latest from the default of the daemon',
        'daemon.retrieval = fan-out from the default of the daemon',
        'daemon.metrics = summary from KCLTS_DAEMON_METRICS',
        'daemon.failoverTime = 20s from old.properties:4:1',
        'daemon.properties.taskBackoffTimeMillis = 100 from old.properties:5:1'
      ]
    ))

  it('has its mistakes reported with their lines', () => {
    const files = {
      ...yaml(''),
      'old.properties': text('streamName = orders ', 'maxRecord = 5', 'taskBackoffTimeMillis = 5s'),
      'bad.properties': text('a = \\u12')
    }
    assert.deepEqual(problems(files, { properties: 'old.properties' }), [
      'old.properties:1:1: daemon.streamName: found "orders ", expected the name of a stream',
      'old.properties:2:1: daemon.properties.maxRecord: unknown property of KCL 3.1.3; did you mean daemon.maxRecords?',
      'old.properties:3:1: daemon.properties.taskBackoffTimeMillis: found "5s", expected a whole number'
    ])
    assert.deepEqual(problems(files, { properties: 'bad.properties' }), [
      'bad.properties:1:1: found \\u without four hexadecimal digits, expected four, such as \\u00e4'
    ])
    const [missing] = problemsIn(project(files), { properties: 'no.properties' })
    assert.match(missing ?? '', /^--properties: ~\/no\.properties cannot be read: ENOENT/)
  })
})
