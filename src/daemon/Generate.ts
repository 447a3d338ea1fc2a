/** The .properties file that Amazon's daemon is started with, from our settings. */
import * as E from 'fp-ts/Either'
import * as Credentials from '../config/Credentials'
import type { DaemonSettings, InitialPosition } from '../config/DaemonSettings'
import * as KnownProperties from '../config/KnownProperties'

/** What is missing or wrong, at which key of the configuration: what `ConfigSearch.showLater` takes. */
export interface Problem {
  readonly key: string
  readonly text: string
}

/** What only the start knows. */
export interface More {
  /** The daemon splits it on spaces. */
  readonly executableName: string
  readonly workerId: string
  /** An idle shard gets empty batches, so that what is due with time is done: a policy's interval. */
  readonly emptyBatches: boolean
}

export type Properties = ReadonlyArray<readonly [string, string]>

const missing = (settings: DaemonSettings): ReadonlyArray<Problem> => [
  ...(settings.streamName === null && settings.streamArn === null
    ? [{ key: 'daemon.streamName', text: 'missing, expected the name of the stream (or daemon.streamArn)' }]
    : []),
  ...(settings.applicationName === null
    ? [
        {
          key: 'daemon.applicationName',
          text: 'missing, expected a name that all workers of the application share'
        }
      ]
    : [])
]

const positionOf = (position: InitialPosition): Properties => {
  if (position === 'latest') return [['initialPositionInStream', 'LATEST']]
  if (position === 'trim-horizon') return [['initialPositionInStream', 'TRIM_HORIZON']]
  // Whole seconds since 1970; an earlier one repeats records, a later one would skip some.
  return [['initialPositionInStreamExtended', String(Math.floor(position / 1000))]]
}

const RETRIEVAL = { polling: 'POLLING', 'fan-out': 'FANOUT' } as const

const CLIENT = 'dynamoDbClient.overrideConfiguration'

/** Where the user says how it retries, we do not. */
const RETRIES = /^dynamoDbClient\.overrideConfiguration\.retry/

/**
 * The SDK's client for DynamoDB tries 9 times, half a minute in which a throttled checkpoint is not told; with STANDARD
 * it tries 3 times, and kclts comes again by itself, with a newer position. (KCL 2 and early ones of KCL 3 come with
 * an SDK that knows no `retryStrategy`, at which the daemon ends; all know this name. Tried with 2.5.4 and 3.1.3.)
 */
const retryOf = ({ properties }: DaemonSettings): Properties =>
  Object.keys(properties).some((name) => RETRIES.test(name)) ? [] : [[`${CLIENT}.retryPolicy`, 'STANDARD']]

const EMPTY_BATCHES = 'callProcessRecordsEvenForEmptyRecordList'

const unless = (name: string, value: string | number | null): Properties =>
  value === null ? [] : [[name, String(value)]]

/** The user's own, each in place of what we would say. */
const withOwn = (ours: Properties, own: DaemonSettings['properties']): Properties => [
  ...ours.filter(([name]) => own[name] === undefined),
  // false is what leaves this one out.
  ...Object.entries(own).filter(([name, value]) => name !== EMPTY_BATCHES || value !== 'false')
]

/** Left: what the daemon cannot be started without. */
export const properties = (
  settings: DaemonSettings,
  { executableName, workerId, emptyBatches }: More
): E.Either<ReadonlyArray<Problem>, Properties> => {
  const credentials = Credentials.resolve(settings.version, settings.credentials)
  const problems = [
    ...missing(settings),
    ...(E.isLeft(credentials) ? [{ key: 'daemon.credentials', text: credentials.left }] : [])
  ]
  if (E.isLeft(credentials) || problems.length > 0) return E.left(problems)
  const provider = KnownProperties.hasNewCredentials(settings.version)
    ? 'AwsCredentialsProvider'
    : 'AWSCredentialsProvider'
  const ours: Properties = [
    ['executableName', executableName],
    ...unless('streamName', settings.streamArn === null ? settings.streamName : null),
    ...unless('streamArn', settings.streamArn),
    ...unless('applicationName', settings.applicationName),
    ['workerId', workerId],
    ...unless('tableName', settings.tableName),
    ...unless('regionName', settings.region),
    [provider, credentials.right],
    ...unless('kinesisEndpoint', settings.kinesisEndpoint),
    ...unless('dynamoDBEndpoint', settings.dynamoDbEndpoint),
    ...unless('cloudWatchClient.endpointOverride', settings.cloudWatchEndpoint),
    ...positionOf(settings.initialPosition),
    ['retrievalMode', RETRIEVAL[settings.retrieval]],
    ...unless('fanoutConfig.consumerName', settings.consumerName),
    ...unless('fanoutConfig.consumerArn', settings.consumerArn),
    ...unless('maxRecords', settings.maxRecords),
    ...unless('idleTimeBetweenReadsInMillis', settings.idleTimeBetweenReads),
    ['metricsLevel', settings.metrics.toUpperCase()],
    ['failoverTimeMillis', String(settings.failoverTime)],
    ...unless('maxLeasesForWorker', settings.maxLeases),
    ...unless('shutdownGraceMillis', settings.shutdownGrace === 0 ? null : settings.shutdownGrace),
    ...unless(EMPTY_BATCHES, emptyBatches ? 'true' : null),
    ...retryOf(settings)
  ]
  return E.right(withOwn(ours, settings.properties))
}
