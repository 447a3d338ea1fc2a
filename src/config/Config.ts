/**
 * The configuration: a schema of all keys. Its type, what is decoded, the names of environment variables and flags, the
 * example file and `kclts check` follow from it.
 */
import * as Filter from '../core/Filter'
import type { Policy } from '../core/Policy'
import type * as Session from '../core/Session'
import * as Bytes from '../values/Bytes'
import * as DaemonSettings from './DaemonSettings'
import * as Duration from '../values/Duration'
import * as HostName from '../values/HostName'
import { Count, Folder, LettersTarget, oneOf, Path, Positive, text, TrueOrFalse } from '../values/Key'
import * as Patterns from '../values/Patterns'
import * as Listen from '../values/Listen'
import * as KeySchema from '../values/KeySchema'
import * as Sampling from '../values/Sampling'
import { key, required, unset } from '../values/KeySchema'
import * as SinkSettings from '../sinks/Settings'

export { sinkOf } from '../values/Key'
export type { Key } from '../values/KeySchema'

export const schema = {
  /** Absolute path of the module; empty where a program brings its own and none is configured. */
  handler: required(
    Path,
    'The module that exports your handler: TypeScript, or JavaScript (CommonJS or ES module).',
    './handler.js'
  ),
  checkpoint: {
    interval: key(
      Duration.Duration,
      '60s',
      'Checkpoint a shard this long after its last checkpoint, or earlier if checkpoint.count is reached first. 0: no checkpoints by time.'
    ),
    count: key(Count, 0, 'Checkpoint a shard after this many finished records. 0: no checkpoints by count.'),
    manual: key(
      TrueOrFalse,
      true,
      'true: if the handler returns checkpoint(), kclts checkpoints the shard. If interval and count are 0, only the handler decides when to checkpoint.'
    ),
    onShutdown: key(
      TrueOrFalse,
      true,
      'true: a worker that is asked to stop first checkpoints its finished records.'
    ),
    shutdownDeadline: key(
      Duration.Duration,
      '8s',
      'When a worker stops: how long to retry a checkpoint that fails. 0: try once.'
    ),
    shardEndDeadline: key(
      Duration.Duration,
      '5m',
      'When a shard ends: how long to retry its last checkpoint if that checkpoint fails. 0: try once. After this time, the worker gives up the shard. The next worker that takes the shard continues from the last stored checkpoint.'
    )
  },
  failure: {
    then: key(
      oneOf('dead-letter', 'skip', 'halt'),
      'dead-letter',
      'What happens to a record that failed or was rejected: dead-letter, skip or halt.'
    ),
    /** Absolute path, or `sink:NAME`. */
    deadLetters: key(
      LettersTarget,
      './dead-letters.ndjson',
      'The file for dead letters, with one line of JSON per letter. Choose a disk that outlives the container. With sink:NAME, the letters go to that sink instead.'
    ),
    /** Absolute path: where the letters go that a sink refuses. */
    fallback: key(
      Path,
      './dead-letters.ndjson',
      'Only if failure.deadLetters names a sink: the file for letters that the sink does not take, because they are too large, for example.'
    ),
    breaker: key(
      Count,
      20,
      'After this many failures in a row on a shard, the worker halts. No checkpoint covers the failed records. 0: no limit.'
    ),
    badRelease: unset(
      Count,
      'To stop a release that can process nothing: after this many rejects and failures in a row on a shard, the worker halts. No checkpoint covers these records. After half as many, kclts logs a warning. 0, or no value: no limit.',
      100
    ),
    retries: key(
      Count,
      3,
      'How many times to retry a record when an effectful handler (see concurrency) fails. 0: never. A pure handler is never retried, since it would fail again.'
    ),
    backoff: key(
      Duration.Duration,
      '500ms',
      'The wait before the first retry of a record. Each further wait is twice as long, with jitter, up to a minute. Records of other partition keys do not wait. 0: no wait.'
    )
  },
  filter: {
    maxAge: unset(
      Duration.AboveZero,
      'A record that arrived in Kinesis longer ago than this is dropped. No value: no record is dropped for its age.',
      '1d'
    ),
    include: unset(
      Patterns.Patterns,
      'A pattern, or a list of patterns. The handler gets only records whose partition key matches a pattern. In a pattern, * stands for any characters. Put quotes around a pattern that begins with *.',
      'eu-*'
    ),
    exclude: unset(
      Patterns.Patterns,
      'A pattern, or a list of patterns. A record whose partition key matches a pattern is dropped, even if the key also matches filter.include.',
      'test-*'
    )
  },
  /** Absolute path. */
  home: unset(
    Folder,
    'The folder in which kclts run keeps its jars, state and pipes. If this key is not set, kclts uses folders in XDG_CACHE_HOME and XDG_STATE_HOME.',
    '/var/lib/kclts'
  ),
  concurrency: key(
    Positive,
    1,
    'For an effectful handler, which returns a promise, a Task or a TaskEither: how many calls per shard may run at once. Records of one partition key stay in order.'
  ),
  deadline: key(
    Duration.AboveZero,
    '30s',
    'The time limit for one call of an effectful handler (see concurrency). A call that takes longer counts as a failure. Code that never returns, even in a pure handler, is ended 5 s after this time.'
  ),
  undelivered: key(
    Positive,
    1000,
    'The most records per shard that may be in progress, which means in the handler or waiting for a sink to take their outputs. This limits memory when a sink is slow.'
  ),
  callbackDeadline: key(
    Duration.AboveZero,
    '5m',
    'For kclts/compat, which replaces the package aws-kcl: the time in which a record processor must call back or request a checkpoint. If it does neither, its process exits.'
  ),
  batch: {
    count: key(Positive, 100, 'The most records that a batchHandler gets in one call.'),
    bytes: key(
      Bytes.AboveZero,
      '1MB',
      'The most bytes of data that a batchHandler gets in one call. A larger record gets a call of its own.'
    ),
    linger: key(
      Duration.Duration,
      0,
      'How long kclts delays a call with fewer than batch.count records, so that blocked records can join it. A record is blocked while another call has a record of the same partition key. 0: no delay.'
    )
  },
  /** By the names that `emit` uses. Set in the file alone. */
  sinks: { isOne: SinkSettings.is },
  daemon: DaemonSettings.schema,
  host: {
    /** `host`: the shards share one process. `process`: each has one of its own. */
    mode: key(
      oneOf('host', 'process'),
      'host',
      'host: one process handles all shards of the worker. process: each shard has a process of its own, kclts-child.'
    ),
    threads: key(
      Positive,
      1,
      'The number of threads among which the shards are divided. A slow synchronous handler delays only the shards of its own thread.'
    ),
    /** Bytes of unfinished lines over all shards. */
    memory: key(
      Bytes.AboveZero,
      '256MB',
      'The memory for batches that have arrived only in part. Each thread (see host.threads) gets an equal share, but at most 8 MB. A thread that has used up its share reads only its oldest batch. Its other batches wait in the daemon.'
    ),
    relay: key(
      oneOf('auto', 'direct', 'fifo'),
      'auto',
      "The daemon starts a small process for each shard, the relay. direct: kclts run opens the relay's pipes itself (only on Linux). fifo: the relay copies the data. auto: direct if possible, otherwise fifo."
    ),
    /** A thread of each kclts-child watches for user code that never returns. */
    watch: key(
      TrueOrFalse,
      true,
      'true: each kclts-child has a thread (9 MB) that ends the child when your code does not return. This key has no effect under kclts run with host.mode: host, which always ends such code.'
    )
  },
  status: {
    /** `127.0.0.1:9100` or the absolute path of a unix socket, as `Listen.parse` reads it; null: nowhere. */
    // With host.mode: process, the children do not report the state of their shards.
    listen: key(
      Listen.Codec,
      'none',
      'Where to serve health, metrics and the status page: none (or 0), a port on the loopback interface, host:port, or the absolute path of a Unix socket.',
      { onlyWith: ['host.mode', 'host'] }
    ),
    /** In their normal form; null: none beside its own. */
    hosts: unset(
      HostName.Names,
      'More host names for which the status server answers, besides localhost, IP addresses and the name in status.listen. The server refuses all other names if this key is set, or if the server listens on loopback.',
      'status.example.com'
    ),
    stalled: key(
      Duration.Duration,
      '5m',
      'A worker counts as unhealthy when records of a shard wait and the shard makes no progress for this long. 0: progress is not checked.'
    )
  },
  tracing: {
    spans: key(
      oneOf('none', 'batch', 'record'),
      'none',
      'Which OpenTelemetry spans to make. batch: one for each batch from the daemon. record: one for each call of the handler. Spans need the package @opentelemetry/api and an SDK; see docs/tracing.md.'
    ),
    /** Names joined by dots. */
    parent: unset(
      text('names joined by dots, such as traceparent or meta.traceparent', /^[^.\s]+(?:\.[^.\s]+){0,7}$/),
      "The field of a record's JSON that holds the W3C traceparent of the producer. The span of a record continues the producer's trace; the span of a batch links to that trace.",
      'meta.traceparent'
    ),
    sampling: unset(
      Sampling.Codec,
      'Which traces to sample, of those that began at a producer. A number from 0 to 1: this share of the traces, chosen by trace id. `parent`: the traces whose traceparent has the sampled flag. If this key is not set, OTEL_TRACES_SAMPLER decides.',
      0.1
    )
  },
  record: {
    /** Absolute path; null: nothing is recorded. */
    folder: unset(
      Folder,
      'The folder for recordings of what happens on each shard. kclts makes the folder if necessary. No value: nothing is recorded. docs/lab.md says what a recording is for, and what it reveals.',
      './recordings'
    ),
    data: key(
      oneOf('none', 'hash', 'full'),
      'none',
      'What is recorded of payloads and partition keys. none: the size of the payload, and a hash of the key. hash: a hash of the payload, and a hash of the key. full: the payload and the key. With hash or full, the module of the handler can export a function `mask`, which first changes the payload and the key.'
    ),
    sampling: key(
      Sampling.Share,
      1,
      'The share of the partition keys to record, such as 0.1 for one key in ten. All records of a chosen key are recorded. The same keys are chosen on every shard and in every run.'
    ),
    size: key(
      Bytes.AboveZero,
      '1GB',
      'The most bytes of all recordings in the folder. Above this size, kclts removes the oldest files.'
    ),
    age: key(
      Duration.AboveZero,
      '7d',
      'kclts removes a file of a recording this long after the last write to the file.'
    )
  },
  log: {
    level: key(oneOf('debug', 'info', 'warn', 'error'), 'info', 'Messages below this level are not logged.'),
    format: key(
      oneOf('auto', 'json', 'pretty'),
      'auto',
      'json, pretty, or auto: pretty on a terminal, and json elsewhere.'
    ),
    console: key(
      oneOf('lines', 'raw'),
      'lines',
      'How the output of console.log in your code appears. lines: as lines of the log, with shard and position. raw: as plain text on stderr.'
    ),
    summary: key(
      Duration.Duration,
      '60s',
      'How often kclts run logs a summary: shards, records per second, how far the worker is behind, checkpoints and dead letters. 0: never.'
    )
  }
}

export type Config = KeySchema.Values<typeof schema>

export const keys = KeySchema.keysOf(schema)

/** What stands above the keys: `checkpoint`. */
export const sections: ReadonlyArray<string> = [
  ...new Set(keys.flatMap(({ path }) => (path.includes('.') ? path.split('.').slice(0, 1) : [])))
]

/** What each section is for. */
export const sectionMeanings: Readonly<Record<string, string>> = {
  checkpoint: 'When to checkpoint a shard. After a restart, a shard continues from its last checkpoint.',
  failure: 'What happens to a record that fails or is rejected.',
  filter: 'Which records are dropped before the handler gets them. A dropped record counts as skipped.',
  batch: 'How many records a batchHandler gets in one call.',
  sinks: 'Where the outputs of the handler go: one sink for each name to which the handler emits.',
  daemon: "The settings of Amazon's daemon, and how `kclts run` starts the daemon.",
  'daemon.properties':
    'Other properties of the daemon, under the names that the daemon uses. An unknown name is an error, and so is a value that the daemon would ignore.',
  host: 'The process, or the processes, in which a worker handles its shards.',
  status: 'The status page, the metrics and the health probes of a worker.',
  tracing: 'OpenTelemetry spans, which go to the SDK that your program registers.',
  record:
    'Recordings of what happens on each shard: files that `kclts record show`, `kclts plan` and `kclts diff` read.',
  log: 'What is logged, and how.'
}

export const keyOf = (path: string): KeySchema.Key | undefined => keys.find((one) => one.path === path)

const words = (path: string, separator: string): string =>
  path.replace(/\./g, separator).replace(/([a-z])([A-Z])/g, `$1${separator}$2`)

/** `KCLTS_CHECKPOINT_INTERVAL`. */
export const variableOf = (path: string): string => `KCLTS_${words(path, '_').toUpperCase()}`

/** `checkpoint-interval`, without the dashes before it. */
export const flagOf = (path: string): string => words(path, '-').toLowerCase()

/** What is set in the file alone, since its keys are names of the user's own or of the daemon's. */
export interface Maps {
  readonly sinks: Config['sinks']
  readonly properties: DaemonSettings.DaemonSettings['properties']
}

/** Decoded values by path, each taken by its key's codec, as a configuration; what has no value is null. */
export const assemble = (
  values: ReadonlyMap<string, unknown>,
  { sinks, properties }: Maps = { sinks: {}, properties: {} }
): Config =>
  KeySchema.assemble(schema, new Map([...values, ['sinks', sinks], ['daemon.properties', properties]]))

/** A policy alone: what is left out is off, and a handler's `checkpoint()` is honoured. */
export const policyOf = ({ interval = 0, count = 0, manual = true }: Partial<Policy>): Policy => ({
  interval,
  count,
  manual
})

/** What a session says of its handler. */
export interface About {
  /** How messages call it, such as its file. */
  readonly name: string
  readonly version: string | null
  /** It takes several records at once. */
  readonly isBatch: boolean
}

/** What the session of a shard needs to know of it. */
export const toEnv = (config: Config, handler: About): Session.Env => {
  const stream = DaemonSettings.streamOf(config.daemon)
  const { onShutdown, shutdownDeadline, shardEndDeadline, ...policy } = config.checkpoint
  const filter = Filter.make(config.filter)
  const { then: onFailure, breaker, badRelease, retries, backoff } = config.failure
  return {
    ...(stream === undefined ? {} : { stream }),
    policy,
    onShutdown,
    shutdownDeadline,
    shardEndDeadline,
    onFailure,
    breaker,
    badRelease: badRelease ?? 0,
    retries,
    backoff,
    deadline: config.deadline,
    limits: { concurrency: config.concurrency, undelivered: config.undelivered },
    group: handler.isBatch ? config.batch : null,
    ...(filter === undefined ? {} : { filter }),
    handlerName: handler.name,
    handlerVersion: handler.version
  }
}
