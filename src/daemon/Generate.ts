/** The .properties file that Amazon's daemon is started with, from our settings. */
import * as E from 'fp-ts/Either'
import { separate } from 'fp-ts/ReadonlyArray'
import { pipe } from 'fp-ts/function'
import type { Pairs } from '../values/KeySchema'
import * as Contradictions from '../config/Contradictions'
import * as DaemonSettings from '../config/DaemonSettings'
import type { Problem } from '../config/Lint'

/** What only the start knows. */
export interface LaunchDetails {
  /** The daemon splits it on spaces. */
  readonly executableName: string
  readonly workerId: string
  /** An idle shard gets empty batches, so that what is due with time is done: a policy's interval. */
  readonly emptyBatches: boolean
}

export type Properties = Pairs

const missing = (settings: DaemonSettings.DaemonSettings): ReadonlyArray<Problem> => [
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

const CLIENT = 'dynamoDbClient.overrideConfiguration'

/** Where the user says how it retries, we do not. */
const RETRIES = /^dynamoDbClient\.overrideConfiguration\.retry/

/**
 * The SDK's client for DynamoDB tries 9 times, half a minute in which a throttled checkpoint is not reported; with STANDARD
 * it tries 3 times, and kclts comes again by itself, with a newer position. (KCL 2 and early ones of KCL 3 come with
 * an SDK that knows no `retryStrategy`, at which the daemon ends; all know this name. Tried with 2.5.4 and 3.1.3.)
 */
const retryOf = ({ properties }: DaemonSettings.DaemonSettings): Properties =>
  Object.keys(properties).some((name) => RETRIES.test(name)) ? [] : [[`${CLIENT}.retryPolicy`, 'STANDARD']]

const EMPTY_BATCHES = 'callProcessRecordsEvenForEmptyRecordList'

/** Whether the daemon sends a batch for a read without a record: for a policy's interval, unless the user's own property says else. */
export const hasEmptyBatches = (
  { properties: own }: Pick<DaemonSettings.DaemonSettings, 'properties'>,
  { interval }: { readonly interval: number }
): boolean => (own[EMPTY_BATCHES] ?? String(interval > 0)) === 'true'

/** The user's own properties, each in place of ours. */
const withOwn = (ours: Properties, own: DaemonSettings.DaemonSettings['properties']): Properties => [
  ...ours.filter(([name]) => own[name] === undefined),
  // false is what leaves this one out.
  ...Object.entries(own).filter(([name, value]) => name !== EMPTY_BATCHES || value !== 'false')
]

/** These first, in this order; the others as the schema has them. */
const FIRST: ReadonlyArray<keyof DaemonSettings.DaemonSettings> = [
  'streamName',
  'streamArn',
  'applicationName',
  'workerId',
  'tableName',
  'region',
  'credentials',
  'kinesisEndpoint',
  'dynamoDbEndpoint',
  'cloudWatchEndpoint',
  'initialPosition',
  'retrieval',
  'consumerName',
  'consumerArn',
  'maxRecords',
  'idleTimeBetweenReads'
]

const placeOf = (key: string): number => {
  const place = FIRST.findIndex((name) => name === key)
  return place === -1 ? FIRST.length : place
}

const keys = [...DaemonSettings.keys].sort((a, b) => placeOf(a.path) - placeOf(b.path))

type Given = E.Either<ReadonlyArray<Problem>, Properties>

/** What is set, key by key. */
const givenBy = (settings: Readonly<Record<string, unknown>>, version: string): ReadonlyArray<Given> =>
  keys.flatMap(({ path: key, property }) => {
    const value = settings[key] ?? null
    return property === undefined || value === null
      ? []
      : [
          pipe(
            property.to(value, version),
            E.mapLeft((text) => [{ key: `daemon.${key}`, text }])
          )
        ]
  })

/** Left: what the daemon cannot be started without. */
export const properties = (
  settings: DaemonSettings.DaemonSettings,
  { executableName, workerId, emptyBatches }: LaunchDetails
): Given => {
  const streamName = settings.streamArn === null ? settings.streamName : null
  const given = givenBy({ ...settings, streamName, workerId }, settings.version)
  const { left, right } = separate(given)
  const problems = [...missing(settings), ...Contradictions.of(settings), ...left.flat()]
  if (problems.length > 0) return E.left(problems)
  const ours: Properties = [
    ['executableName', executableName],
    ...right.flat(),
    ...(emptyBatches ? [[EMPTY_BATCHES, 'true'] as const] : []),
    ...retryOf(settings)
  ]
  return E.right(withOwn(ours, settings.properties))
}
