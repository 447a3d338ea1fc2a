/**
 * The properties that Amazon's MultiLangDaemon accepts, with their types: the setters of MultiLangDaemonConfiguration
 * and of the beans it delegates to, in versions 2.5.4 and 3.1.3, and what MultiLangDaemonConfig reads beside them.
 *
 * Written down here since the daemon passes over a name that it does not know without a word, and takes a number that
 * is none for 0 (Commons BeanUtils). A primitive that is 0 or false counts as not said (ConfigurationSettableUtils), a
 * boxed one does not.
 */

import type { Property } from '../values/KeySchema'
import * as DaemonSettings from './DaemonSettings'
import * as KclVersion from './KclVersion'

/** `int`, `long`, `double` and `boolean` are primitives of Java; those in upper case are boxed. */
export type Type =
  | 'text'
  | 'int'
  | 'long'
  | 'double'
  | 'boolean'
  | 'Integer'
  | 'Long'
  | 'Boolean'
  /** `P1D` */
  | 'ISO duration'
  /** `a=b,c=d` */
  | 'tags'
  | 'billing mode'
  | 'client version'
  | 'client version in phases'

export interface Known {
  readonly name: string
  readonly type: Type
  /** What holds without it, as it would be written; null: nothing, or what depends on others. */
  readonly fallback: string | null
  /** The first version that has it. */
  readonly since: string
  /** The first version that has it no more. */
  readonly until: string | null
  /**
   * Whose version decides: the multilang jar has the setter, the core has the words that one takes. `either`: our main class
   * sets it in the core, too, where the multilang jar has no setter.
   */
  readonly jar: 'multilang' | 'core' | 'either'
}

/** Why one is not for the user to set as a property. */
export type Reserved =
  /** It has a key of its own in the section. */
  | { readonly _tag: 'Key'; readonly key: string; readonly property: Property<unknown> }
  /** What `kclts run` is made of. */
  | { readonly _tag: 'Ours'; readonly why: string }

const FIRST = '2.0.0'
const THREE = '3.0.0'

const rows =
  (since: string, jar: Known['jar'] = 'multilang') =>
  (type: Type, defaults: Readonly<Record<string, string | number | boolean | null>>): ReadonlyArray<Known> =>
    Object.entries(defaults).map(([name, fallback]) => ({
      name,
      type,
      fallback: fallback === null ? null : String(fallback),
      since,
      until: null,
      jar
    }))

const always = rows(FIRST)
const three = rows(THREE)

/** In version 3.5.1, and not in 3.1.3. */
const PHASES = '3.5.0'
const later = rows(PHASES, 'either')

const credentials = (suffix: string): ReadonlyArray<Known> => [
  {
    name: `AWSCredentialsProvider${suffix}`,
    type: 'text',
    fallback: null,
    since: FIRST,
    until: KclVersion.CREDENTIALS_CHANGED,
    jar: 'multilang'
  },
  {
    name: `AwsCredentialsProvider${suffix}`,
    type: 'text',
    fallback: null,
    since: KclVersion.CREDENTIALS_CHANGED,
    until: null,
    jar: 'multilang'
  }
]

/** 3.5.0 added a step to the way from KCL 2. */
const clientVersion = (type: Type, since: string, until: string | null): Known => ({
  name: 'clientVersionConfig',
  type,
  fallback: 'CLIENT_VERSION_CONFIG_3X',
  since,
  until,
  jar: 'core'
})

export const all: ReadonlyArray<Known> = [
  ...always('text', {
    processingLanguage: null,
    'fanoutConfig.consumerName': null,
    'fanoutConfig.consumerArn': null,
    applicationName: null,
    dynamoDBEndpoint: null,
    executableName: null,
    initialPositionInStream: 'LATEST',
    initialPositionInStreamExtended: null,
    kinesisEndpoint: null,
    metricsEnabledDimensions: null,
    metricsLevel: 'DETAILED',
    regionName: null,
    retrievalMode: 'DEFAULT',
    streamArn: null,
    streamName: null,
    tableName: null,
    workerId: null,
    workerIdentifier: null
  }),
  ...['', 'DynamoDB', 'CloudWatch'].flatMap(credentials),
  ...always('int', {
    maxActiveThreads: 0,
    maxLeasesForWorker: 2_147_483_647,
    maxLeasesToStealAtOneTime: 1,
    initialLeaseTableReadCapacity: 10,
    initialLeaseTableWriteCapacity: 10,
    maxLeaseRenewalThreads: 20,
    maxListShardsRetryAttempts: 50,
    metricsMaxQueueSize: 10_000,
    maxRecords: 10_000,
    'fanoutConfig.maxDescribeStreamSummaryRetries': 10,
    'fanoutConfig.maxDescribeStreamConsumerRetries': 10,
    'fanoutConfig.registerStreamConsumerRetries': 10
  }),
  ...always('long', {
    shutdownGraceMillis: 0,
    failoverTimeMillis: 10_000,
    shardSyncIntervalMillis: 60_000,
    listShardsBackoffTimeInMillis: 1500,
    parentShardPollIntervalMillis: 10_000,
    schedulerInitializationBackoffTimeMillis: 1000,
    taskBackoffTimeMillis: 500,
    metricsBufferTimeMillis: 10_000,
    idleTimeBetweenReadsInMillis: 1500,
    'fanoutConfig.retryBackoffMillis': 1000
  }),
  ...always('boolean', {
    validateSequenceNumberBeforeCheckpointing: false,
    cleanupLeasesUponShardCompletion: true,
    ignoreUnexpectedChildShards: false,
    callProcessRecordsEvenForEmptyRecordList: false,
    skipShardSyncAtWorkerInitializationIfLeasesExist: false
  }),
  ...always('Integer', {
    timeoutInSeconds: null,
    retryGetRecordsInSeconds: null,
    maxGetRecordsThreadPool: null
  }),
  ...always('Long', { logWarningForTaskAfterMillis: null }),
  ...three('int', {
    noOfPersistedMetricsPerWorkerMetrics: 10,
    dampeningPercentage: 60,
    reBalanceThresholdPercentage: 10,
    varianceBalancingFrequency: 3
  }),
  ...three('long', {
    leaseAssignmentIntervalMillis: null,
    millisBehindLatestThresholdForReducedTps: 0,
    inMemoryWorkerMetricsCaptureFrequencyMillis: 1000,
    workerMetricsReporterFreqInMillis: 30_000,
    workerMetricsReadCapacity: null,
    workerMetricsWriteCapacity: null,
    coordinatorStateReadCapacity: null,
    coordinatorStateWriteCapacity: null
  }),
  ...three('double', { maxThroughputPerHostKBps: null, workerMetricsEMAAlpha: 0.5 }),
  ...three('Boolean', {
    enablePriorityLeaseAssignment: true,
    leaseTableDeletionProtectionEnabled: false,
    leaseTablePitrEnabled: false,
    isGracefulLeaseHandoffEnabled: true,
    disableWorkerMetrics: false,
    allowThroughputOvershoot: true,
    workerMetricsPointInTimeRecoveryEnabled: false,
    workerMetricsDeletionProtectionEnabled: false,
    coordinatorStatePointInTimeRecoveryEnabled: false,
    coordinatorStateDeletionProtectionEnabled: false
  }),
  ...three('Long', { gracefulLeaseHandoffTimeoutMillis: 30_000 }),
  ...three('ISO duration', { staleWorkerMetricsEntryCleanupDuration: 'P1D' }),
  ...three('text', { workerMetricsTableName: null, coordinatorStateTableName: null }),
  ...three('tags', { workerMetricsTags: null, coordinatorStateTags: null }),
  ...three('billing mode', {
    workerMetricsBillingMode: 'PAY_PER_REQUEST',
    coordinatorStateBillingMode: 'PAY_PER_REQUEST'
  }),
  clientVersion('client version', THREE, PHASES),
  clientVersion('client version in phases', PHASES, null),
  ...later('boolean', { migrateAllEntitiesToLeaseTable: false }),
  ...later('long', { tableMigrationCompleteBakeTimeSeconds: 86_400 }),
  ...later('int', { leaseTableScanTotalSegments: null })
]

/** What is below these is a method of a builder of the SDK's client (BuilderDynaBean), which only the daemon knows. */
export const builders: ReadonlyArray<string> = ['kinesisClient', 'dynamoDbClient', 'cloudWatchClient']

const ours = (why: string): Reserved => ({ _tag: 'Ours', why })

export const reserved: ReadonlyMap<string, Reserved> = new Map([
  ...DaemonSettings.keys.flatMap(({ path: key, property }) =>
    property === undefined
      ? []
      : property.names.map((name): readonly [string, Reserved] => [name, { _tag: 'Key', key, property }])
  ),
  ['executableName', ours('the program that the daemon starts for a shard')],
  ['processingLanguage', ours('what the daemon reports to AWS about its child')],
  ['shardPrioritization', ours('the daemon cannot read it from a file')]
])

const isIn = (version: string, { since, until, jar }: Known): boolean => {
  const decisive = jar === 'multilang' ? KclVersion.multilangOf(version) : version
  return (
    KclVersion.compare(decisive, since) >= 0 && (until === null || KclVersion.compare(decisive, until) < 0)
  )
}

/** Those that this version of the KCL has. */
export const of = (version: string): ReadonlyArray<Known> => all.filter((known) => isIn(version, known))

/** From 2.7.0 on the daemon takes the name in any case (KinesisClientLibConfigurator.processKey). */
const CREDENTIALS = /^awscredentialsprovider/i

/** Whether Amazon's main class ignores it, since the multilang jar that this version runs on is older. */
export const isOfOwnMain = (version: string, { jar, since }: Known): boolean =>
  jar === 'either' && KclVersion.compare(KclVersion.multilangOf(version), since) < 0

/** The name as the table has it. */
export const canonical = (version: string, name: string): string =>
  KclVersion.hasNewCredentials(version) ? name.replace(CREDENTIALS, 'AwsCredentialsProvider') : name

/** undefined: this version does not know the name, or it is one of a client's builder. */
export const find = (version: string, name: string): Known | undefined =>
  of(version).find((known) => known.name === canonical(version, name))

/** `dynamoDbClient.overrideConfiguration.retryPolicy`. */
export const isOfBuilder = (name: string): boolean =>
  builders.some((builder) => name.startsWith(`${builder}.`) && name.length > builder.length + 1)

const INT = { least: -2_147_483_648n, most: 2_147_483_647n }
const LONG = { least: -(2n ** 63n), most: 2n ** 63n - 1n }

const isWhole = (value: string, { least, most }: typeof INT): boolean =>
  /^-?[0-9]+$/.test(value) && BigInt(value) >= least && BigInt(value) <= most

const isOneOf =
  (...names: ReadonlyArray<string>) =>
  (value: string): boolean =>
    names.includes(value)

const BILLING = ['PAY_PER_REQUEST', 'PROVISIONED']
const VERSIONS = ['CLIENT_VERSION_CONFIG_3X', 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X']
const WITH_PHASES = [...VERSIONS, 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X_PHASE1']

interface Shape {
  readonly isRight: (value: string) => boolean
  /** In words. */
  readonly expected: string
}

const whole = (range: typeof INT): Shape => ({
  isRight: (value) => isWhole(value, range),
  expected: range === INT ? 'a whole number below 2147483648' : 'a whole number'
})

const truth: Shape = { isRight: isOneOf('true', 'false'), expected: 'true or false' }

const shapes: Readonly<Record<Type, Shape>> = {
  text: { isRight: (value) => value.trim() !== '', expected: 'text' },
  int: whole(INT),
  Integer: whole(INT),
  long: whole(LONG),
  Long: whole(LONG),
  double: {
    isRight: (value) => /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(value),
    expected: 'a number'
  },
  boolean: truth,
  Boolean: truth,
  'ISO duration': {
    isRight: (value) => /^P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/.test(value),
    expected: 'an ISO duration such as P1D or PT12H'
  },
  tags: {
    isRight: (value) => /^[^=,]+=[^=,]*(?:,[^=,]+=[^=,]*)*$/.test(value),
    expected: 'tags such as team=orders,stage=test'
  },
  'billing mode': { isRight: isOneOf(...BILLING), expected: BILLING.join(' or ') },
  'client version': { isRight: isOneOf(...VERSIONS), expected: VERSIONS.join(' or ') },
  'client version in phases': { isRight: isOneOf(...WITH_PHASES), expected: WITH_PHASES.join(' or ') }
}

const PRIMITIVES: ReadonlyArray<Type> = ['int', 'long', 'double', 'boolean']

const isDefaultOfJava = (value: string): boolean => value === 'false' || Number(value) === 0

/** It is what Java has for nothing, and so the daemon takes it for nothing. */
export const isIgnored = ({ type }: Known, value: string): boolean =>
  PRIMITIVES.includes(type) && isDefaultOfJava(value)

/** What is expected instead, in words; null: the value is right for the type. */
export const expected = ({ type }: Known, value: string): string | null =>
  shapes[type].isRight(value) ? null : shapes[type].expected
