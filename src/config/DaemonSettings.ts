/** The section `daemon`: what Amazon's daemon is given, and how `kclts run` starts it. */
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { Duration } from './Duration'
import * as Time from './Time'
import { Count, Folder, guarded, key, oneOf, Positive, text, Url, type Key } from './Key'
import * as Secrets from './Secrets'

/** As decoded: durations in milliseconds, paths absolute, null for what is not set. */
export interface DaemonSettings {
  /** One of the two must be given to start the daemon. */
  readonly streamName: string | null
  readonly streamArn: string | null
  /** Must be given to start the daemon. */
  readonly applicationName: string | null
  readonly region: string | null
  readonly initialPosition: InitialPosition
  readonly retrieval: 'polling' | 'fan-out'
  readonly consumerName: string | null
  readonly consumerArn: string | null
  readonly credentials: string
  readonly kinesisEndpoint: string | null
  readonly dynamoDbEndpoint: string | null
  readonly cloudWatchEndpoint: string | null
  readonly metrics: 'none' | 'summary' | 'detailed'
  readonly tableName: string | null
  readonly failoverTime: number
  readonly maxLeases: number | null
  readonly maxRecords: number | null
  readonly idleTimeBetweenReads: number | null
  readonly workerId: string | null
  /** Of the KCL: `3.1.3`. */
  readonly version: string
  /** Options for the JVM. */
  readonly java: ReadonlyArray<string>
  readonly classpath: string | null
  readonly repository: string | null
  readonly shutdownGrace: number
  readonly restarts: number
  /** Further properties by the daemon's own names, as it reads them. Set in the file alone. */
  readonly properties: Readonly<Record<string, string>>
}

/** Where an application begins that has no checkpoint yet; a number: milliseconds since 1970. */
export type InitialPosition = 'latest' | 'trim-horizon' | number

const isPlace = (u: unknown): u is 'latest' | 'trim-horizon' => u === 'latest' || u === 'trim-horizon'

const InitialPosition = new t.Type<InitialPosition, string>(
  `latest, trim-horizon, or ${Time.EXPECTED}`,
  (u): u is InitialPosition => isPlace(u) || typeof u === 'number',
  (u, c) => {
    if (isPlace(u)) return t.success(u)
    const time = Time.parse(typeof u === 'string' ? u : '')
    if (E.isRight(time)) return t.success(time.right)
    return typeof u === 'string' && /^[0-9]/.test(u) ? t.failure(u, c, time.left) : t.failure(u, c)
  },
  (position) => (typeof position === 'number' ? new Date(position).toISOString() : position)
)

const isTexts = (u: unknown): u is ReadonlyArray<string> =>
  Array.isArray(u) && u.every((one) => typeof one === 'string' && one !== '')

export const Options = new Secrets.Secret(
  new t.Type<ReadonlyArray<string>, string>(
    'options such as "-Xmx512m -Dname=value", or a list of them',
    isTexts,
    (u, c) => {
      const options = typeof u === 'string' ? u.split(/\s+/).filter((one) => one !== '') : u
      return isTexts(options) ? t.success(options) : t.failure(u, c)
    },
    (options) => options.join(' ')
  ),
  Secrets.options
)

/** For a property whose 0 the daemon takes as not said. */
const PositiveDuration = new t.Type<number, string>(
  'a duration of 1ms or more, such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
  Duration.is,
  (u, c) => {
    const decoded = Duration.decode(u)
    return E.isRight(decoded) && decoded.right > 0 ? decoded : t.failure(u, c)
  },
  Duration.encode
)

/** Kinesis refuses a GetRecords that wants more, and the daemon would ask for ever. */
const MOST_RECORDS = 10_000

const Records = guarded(
  `a whole number from 1 to ${MOST_RECORDS}`,
  (u): u is number => Positive.is(u) && u <= MOST_RECORDS
)

const StreamName = text('the name of a stream', /^[A-Za-z0-9_.-]{1,128}$/)
const StreamArn = text(
  'the ARN of a stream, such as arn:aws:kinesis:eu-central-1:123456789012:stream/orders',
  /^arn:[a-z-]+:kinesis:[a-z0-9-]+:[0-9]+:stream\/[A-Za-z0-9_.-]+$/
)
const ConsumerArn = text('the ARN of a consumer of a stream', /^arn:[a-z-]+:kinesis:\S+\/consumer\/\S+$/)
// The name of its tables, for which DynamoDB wants 3 letters or more.
const TableName = text('3 to 255 letters, digits, underscores, hyphens and dots', /^[A-Za-z0-9_.-]{3,255}$/)
const Region = text('the name of a region, such as eu-central-1', /^[a-z0-9]+(?:-[a-z0-9]+)+$/)
const Word = text('text without spaces', /^\S+$/)
const Credentials = new Secrets.Secret(
  text('default, environment, profile:NAME, or classes of credentials providers', /\S/),
  Secrets.providers
)
const Version = text('a version of the KCL, such as 3.1.3 or 2.5.4', /^[23]\.[0-9]+\.[0-9]+$/)

const daemon = (
  name: Exclude<keyof DaemonSettings, 'properties'>,
  codec: t.Type<unknown, unknown> | t.Mixed,
  fallback: Key['fallback'],
  meaning: string,
  example?: Key['example']
): Key => key(`daemon.${name}`, codec, fallback, meaning, example)

/** The name of the stream; undefined: the configuration does not say it. */
export const streamOf = ({
  streamName,
  streamArn
}: Pick<DaemonSettings, 'streamName' | 'streamArn'>): string | undefined =>
  streamName ?? streamArn?.slice(streamArn.lastIndexOf('/') + 1)

export const keys: ReadonlyArray<Key> = [
  daemon(
    'streamName',
    StreamName,
    null,
    'The stream, by its name (or else by its ARN: `kclts run` needs one of the two).',
    'orders'
  ),
  daemon(
    'streamArn',
    StreamArn,
    null,
    'The stream, by its ARN.',
    'arn:aws:kinesis:eu-central-1:123456789012:stream/orders'
  ),
  daemon(
    'applicationName',
    TableName,
    null,
    'The application: workers with the same one share the shards. Its lease table has this name. `kclts run` needs it.',
    'order-consumer'
  ),
  daemon(
    'region',
    Region,
    null,
    'The region of the stream and the tables; without it, that of the environment.',
    'eu-central-1'
  ),
  daemon(
    'initialPosition',
    InitialPosition,
    'trim-horizon',
    'Where an application begins that has no checkpoint yet: trim-horizon (the oldest record there is), latest, or a time such as 2026-01-31T12:00:00Z. With latest, what comes before the first checkpoint is skipped by a restart.'
  ),
  daemon(
    'retrieval',
    oneOf('polling', 'fan-out'),
    'polling',
    'polling shares what a shard gives with other applications; fan-out has a part of its own, which AWS charges for.'
  ),
  daemon(
    'consumerName',
    Word,
    null,
    'With fan-out: the consumer to register with the stream; without it, the name of the application.',
    'order-consumer'
  ),
  daemon(
    'consumerArn',
    ConsumerArn,
    null,
    'With fan-out: a consumer that is registered already.',
    'arn:aws:kinesis:eu-central-1:123456789012:stream/orders/consumer/order-consumer:1700000000'
  ),
  daemon(
    'credentials',
    Credentials,
    'default',
    'Where AWS credentials come from: default (the SDK looks in all its places), environment, profile:NAME, or the classes of credentials providers as the daemon wants them.'
  ),
  daemon(
    'kinesisEndpoint',
    Url,
    null,
    'Another endpoint than that of AWS. The daemon speaks HTTP/2 alone to it.',
    'http://127.0.0.1:4567'
  ),
  daemon(
    'dynamoDbEndpoint',
    Url,
    null,
    'Another endpoint than that of AWS, for the tables.',
    'http://127.0.0.1:8000'
  ),
  daemon(
    'cloudWatchEndpoint',
    Url,
    null,
    'Another endpoint than that of AWS, for metrics.',
    'http://127.0.0.1:4582'
  ),
  daemon(
    'metrics',
    oneOf('none', 'summary', 'detailed'),
    'none',
    "What the daemon puts into CloudWatch, which AWS charges for: none, summary (the worker's) or detailed (each shard's too)."
  ),
  daemon(
    'tableName',
    TableName,
    null,
    'The lease table; without it, the name of the application.',
    'order-consumer-leases'
  ),
  daemon(
    'failoverTime',
    PositiveDuration,
    '10s',
    'A worker that has not renewed a lease for so long has lost it to another.'
  ),
  daemon(
    'maxLeases',
    Positive,
    null,
    'Shards that this worker takes at most; without it, all there are.',
    10
  ),
  daemon(
    'maxRecords',
    Records,
    null,
    'With polling: records in a batch at most; the daemon has 10000.',
    1000
  ),
  daemon(
    'idleTimeBetweenReads',
    PositiveDuration,
    null,
    'With polling: the wait between reads of a shard; the daemon has 1500ms.',
    '500ms'
  ),
  daemon(
    'workerId',
    Word,
    null,
    "This worker in the lease table, a name that no other has at the same time. Without it: the host's name and the lowest number that no worker of this application and user holds.",
    'worker-1'
  ),
  daemon('version', Version, '3.1.3', 'Of the KCL.'),
  daemon('java', Options, '-XX:MaxRAMPercentage=25', 'Options for the JVM, such as -Xmx512m.'),
  daemon(
    'classpath',
    Folder,
    null,
    "A folder with the daemon's jars, where none are to be fetched.",
    '/opt/kcl/jars'
  ),
  daemon(
    'repository',
    Url,
    null,
    'The Maven repository that jars are fetched from where there is no Maven.',
    'https://repo.maven.apache.org/maven2'
  ),
  daemon(
    'shutdownGrace',
    Duration,
    '20s',
    'How long the daemon may take to stop, its shards to checkpoint: more than checkpoint.shutdownDeadline, less than what whoever stops it waits before it kills (Kubernetes 30s, Docker 10s). 0: none, and nothing is checkpointed.'
  ),
  daemon(
    'restarts',
    Count,
    5,
    'How many quick failures in a row the daemon is started again after, later each time; 0: after none.'
  )
]

/** The map below `daemon` whose keys are the daemon's own properties. */
export const PROPERTIES = 'properties'
