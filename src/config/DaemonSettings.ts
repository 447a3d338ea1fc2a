/** The section `daemon`: what Amazon's daemon is given, and how `kclts run` starts it. */
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { Codec, guarded, parsed } from '../values/Codec'
import * as Property from './DaemonProperty'
import * as Duration from '../values/Duration'
import { Count, Folder, oneOf, Positive, StreamArn, text, Url } from '../values/Key'
import * as KeySchema from '../values/KeySchema'
import { key, unset } from '../values/KeySchema'
import * as Secrets from '../values/Secrets'
import * as Time from '../values/Time'

/** Where an application begins that has no checkpoint yet; a number: milliseconds since 1970. */
export type InitialPosition = 'latest' | 'trim-horizon' | number

const isPlace = (u: unknown): u is 'latest' | 'trim-horizon' => u === 'latest' || u === 'trim-horizon'

const InitialPosition = new Codec<InitialPosition, string>(
  {
    name: `latest, trim-horizon, or ${Time.EXPECTED}`,
    is: (u): u is InitialPosition => isPlace(u) || typeof u === 'number',
    validate: (u, c) => {
      if (isPlace(u)) return t.success(u)
      const time = Time.parse(typeof u === 'string' ? u : '')
      if (E.isRight(time)) return t.success(time.right)
      return typeof u === 'string' && /^[0-9]/.test(u) ? t.failure(u, c, time.left) : t.failure(u, c)
    },
    encode: (position) => (typeof position === 'number' ? new Date(position).toISOString() : position)
  },
  { type: 'string', pattern: '^(?:latest|trim-horizon|[0-9]{4}-.*)$' }
)

const isTexts = (u: unknown): u is ReadonlyArray<string> =>
  Array.isArray(u) && u.every((one) => typeof one === 'string' && one !== '')

const Options = new Secrets.Secret(
  parsed<ReadonlyArray<string>, string>(
    'options such as "-Xmx512m -Dname=value", or a list of them',
    { type: ['string', 'array'], items: { type: 'string', minLength: 1 } },
    {
      is: isTexts,
      parse: (u) => (typeof u === 'string' ? u.split(/\s+/).filter((one) => one !== '') : u),
      encode: (options) => options.join(' ')
    },
    'verbatim'
  ),
  Secrets.options
)

/** Kinesis refuses a GetRecords that wants more, and the daemon would ask for ever. */
const MOST_RECORDS = 10_000

const Records = guarded(
  `a whole number from 1 to ${MOST_RECORDS}`,
  { type: 'integer', minimum: 1, maximum: MOST_RECORDS },
  (u): u is number => Positive.is(u) && u <= MOST_RECORDS
)

const StreamName = text('the name of a stream', /^[A-Za-z0-9_.-]{1,128}$/)
const ConsumerArn = text(
  'the ARN of a consumer of a stream, with an account of 12 digits',
  /^arn:[a-z-]+:kinesis:[a-z0-9-]+:[0-9]{12}:stream\/\S+\/consumer\/\S+$/
)
// The name of its tables, for which DynamoDB wants 3 letters or more.
const TableName = text('3 to 255 letters, digits, underscores, hyphens and dots', /^[A-Za-z0-9_.-]{3,255}$/)
const Region = text('the name of a region, such as eu-central-1', /^[a-z0-9]+(?:-[a-z0-9]+)+$/)
const Word = text('text without spaces', /^\S+$/)
const Credentials = new Secrets.Secret(
  text('default, environment, profile:NAME, or classes of credentials providers', /\S/),
  Secrets.providers
)
const Version = text('a version of the KCL, such as 3.1.3 or 2.5.4', /^[23]\.[0-9]+\.[0-9]+$/)

export const schema = {
  /** One of this and `streamArn` must be given to start the daemon. */
  streamName: unset(
    StreamName,
    'The name of the stream. `kclts run` needs streamName or streamArn.',
    'orders',
    { property: Property.text('streamName') }
  ),
  streamArn: unset(
    StreamArn,
    'The ARN of the stream, instead of its name.',
    'arn:aws:kinesis:eu-central-1:123456789012:stream/orders',
    { property: Property.text('streamArn') }
  ),
  /** Must be given to start the daemon. */
  applicationName: unset(
    TableName,
    'The name of the application, which `kclts run` needs. Workers with the same application name share the shards. The lease table has this name too, unless daemon.tableName is set.',
    'order-consumer',
    { property: Property.text('applicationName') }
  ),
  region: unset(
    Region,
    'The AWS region of the stream and the tables. If this key is not set, the region of the environment is used.',
    'eu-central-1',
    { property: Property.text('regionName') }
  ),
  initialPosition: key(
    InitialPosition,
    'trim-horizon',
    'Where an application without a checkpoint begins: trim-horizon (the oldest record), latest (records that are still to come), or a time such as 2026-01-31T12:00:00Z. If a worker with latest restarts before its first checkpoint, it skips all records that arrived before the restart.',
    { property: Property.position }
  ),
  retrieval: key(
    oneOf('polling', 'fan-out'),
    'polling',
    'polling: the application shares the throughput of each shard with other applications. fan-out: the application has throughput of its own, for which AWS charges.',
    {
      property: Property.words('retrievalMode', [
        ['polling', 'POLLING'],
        ['fan-out', 'FANOUT']
      ])
    }
  ),
  consumerName: unset(
    Word,
    'With fan-out: the name of the consumer to register. If this key is not set, the name of the application is used.',
    'order-consumer',
    { onlyWith: ['daemon.retrieval', 'fan-out'], property: Property.text('fanoutConfig.consumerName') }
  ),
  consumerArn: unset(
    ConsumerArn,
    'With fan-out: the ARN of a consumer that is already registered.',
    'arn:aws:kinesis:eu-central-1:123456789012:stream/orders/consumer/order-consumer:1700000000',
    { onlyWith: ['daemon.retrieval', 'fan-out'], property: Property.text('fanoutConfig.consumerArn') }
  ),
  credentials: key(
    Credentials,
    'default',
    'Where AWS credentials come from: default (the default chain of the AWS SDK), environment, profile:NAME, or the Java classes of credentials providers, written as in a .properties file of the daemon.',
    { property: Property.credentials }
  ),
  kinesisEndpoint: unset(
    Url,
    'An endpoint to use for Kinesis instead of AWS. The endpoint must support HTTP/2, the only protocol that the daemon uses for Kinesis.',
    'http://127.0.0.1:4567',
    { property: Property.text('kinesisEndpoint') }
  ),
  dynamoDbEndpoint: unset(Url, 'An endpoint to use for DynamoDB instead of AWS.', 'http://127.0.0.1:8000', {
    property: Property.text('dynamoDBEndpoint')
  }),
  cloudWatchEndpoint: unset(
    Url,
    'An endpoint to use for CloudWatch instead of AWS.',
    'http://127.0.0.1:4582',
    {
      property: Property.text('cloudWatchClient.endpointOverride')
    }
  ),
  metrics: key(
    oneOf('none', 'summary', 'detailed'),
    'none',
    'Which metrics the daemon sends to CloudWatch: none, summary (for the worker) or detailed (also for each shard). AWS charges for these metrics.',
    { property: Property.upper('metricsLevel') }
  ),
  tableName: unset(
    TableName,
    'The name of the lease table. If this key is not set, the name of the application is used.',
    'order-consumer-leases',
    { property: Property.text('tableName') }
  ),
  failoverTime: key(
    Duration.Positive,
    '10s',
    'If a worker does not renew a lease for this long, another worker may take the lease.',
    { property: Property.millis('failoverTimeMillis') }
  ),
  maxLeases: unset(
    Positive,
    'The most shards that this worker takes. If this key is not set, there is no limit.',
    10,
    {
      property: Property.whole('maxLeasesForWorker')
    }
  ),
  maxRecords: unset(
    Records,
    'With polling: the most records in a batch. If this key is not set, the daemon uses 10000.',
    1000,
    {
      onlyWith: ['daemon.retrieval', 'polling'],
      property: Property.whole('maxRecords')
    }
  ),
  idleTimeBetweenReads: unset(
    Duration.Positive,
    'With polling: the wait between two reads of a shard. If this key is not set, the daemon uses 1500ms.',
    '500ms',
    { onlyWith: ['daemon.retrieval', 'polling'], property: Property.millis('idleTimeBetweenReadsInMillis') }
  ),
  workerId: unset(
    Word,
    'The name of this worker in the lease table. Each worker of an application needs a name of its own. If this key is not set, kclts joins the name of the host and the lowest free number, such as host-0.',
    'worker-1',
    { property: Property.text('workerId', 'workerIdentifier') }
  ),
  /** Of the KCL: `3.1.3`. */
  version: key(
    Version,
    '3.1.3',
    'The version of the KCL. kclts checks the jars of 3.5.1, 3.1.3 and 2.5.4 by their SHA-256 sums. The jars of any other version are not checked, and only Maven can fetch them. An application that began with 3.5.0 or later, or that went from version 2 to 3.5.0 or later, cannot go back to a version before 3.5.0.'
  ),
  /** null: ours for KCL 3.5, Amazon's for others. */
  main: unset(
    oneOf('kclts', 'amazon'),
    'The Java main class that runs the daemon. kclts: the main class of kclts, which needs KCL 3.5 and hands over leases within seconds (docs/handover.md). amazon: the main class of Amazon. If this key is not set, KCL 3.5 runs with kclts, and other versions with amazon.',
    'amazon'
  ),
  handover: key(
    oneOf('fast', 'amazon'),
    'fast',
    'With the main class of kclts (see daemon.main): how often leases without an owner are given to a worker, and how often workers report that they are alive. fast: every few seconds, at more cost for DynamoDB. amazon: at the intervals of the KCL. If the lease table has provisioned capacity, the intervals of the KCL are always used.'
  ),
  /** Options for the JVM. */
  java: key(
    Options,
    '-XX:MaxRAMPercentage=25 -XX:+UseSerialGC -XX:MaxNewSize=32m',
    'Options for the JVM, such as -Xmx512m, in place of the default. If this key is not set, kclts adds more options to the default: for the heap, for the compilers, and to use the class archive that `kclts jars fetch` makes. If this key is set, kclts adds no options. Without the class archive, Java starts more slowly.'
  ),
  classpath: unset(
    Folder,
    'A folder with the jars of the daemon. If this key is set, kclts fetches no jars.',
    '/opt/kcl/jars'
  ),
  repository: unset(
    Url,
    'If Maven is not installed: the address of the Maven repository from which kclts fetches the jars.',
    'https://repo.maven.apache.org/maven2'
  ),
  shutdownGrace: key(
    Duration.Duration,
    '20s',
    'How long the daemon may take to stop, checkpoints included. This time must be longer than checkpoint.shutdownDeadline. This time plus 5 s must be shorter than the time that the platform gives a worker to stop before it kills the worker. By default, Kubernetes gives 30 s, and Docker gives 10 s. 0: the daemon stops at once, without checkpoints.',
    { property: Property.millis('shutdownGraceMillis') }
  ),
  restarts: key(
    Count,
    5,
    'How many times in a row kclts restarts a daemon that ends soon after its start. The wait before a restart grows each time. 0: never.'
  ),
  /** Further properties by the daemon's own names, as it reads them. Set in the file alone. */
  properties: { isOne: (u: unknown): u is string => typeof u === 'string' }
}

/** As decoded: durations in milliseconds, paths absolute, null for what is not set. */
export type DaemonSettings = KeySchema.Values<{ readonly daemon: typeof schema }>['daemon']

/** The keys by their names below `daemon`. */
export const keys = KeySchema.keysOf(schema)

/** The daemon's own `maxRecords`, where none is set. */
export const MAX_RECORDS = 10_000

/** The name of the stream; undefined: the configuration does not say it. */
export const streamOf = ({
  streamName,
  streamArn
}: Pick<DaemonSettings, 'streamName' | 'streamArn'>): string | undefined =>
  streamName ?? streamArn?.slice(streamArn.lastIndexOf('/') + 1)

/** The map below `daemon` whose keys are the daemon's own properties. */
export const PROPERTIES = 'properties'
