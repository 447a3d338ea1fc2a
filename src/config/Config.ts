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
      'Checkpoint when this much time has passed since the last one; 0 turns it off. The interval or the count decides, whichever comes first.'
    ),
    count: key(Count, 0, 'Checkpoint after this many finished records; 0 turns it off.'),
    manual: key(
      TrueOrFalse,
      true,
      "Honour a handler's checkpoint(). With interval and count 0, only the handler decides when to checkpoint."
    ),
    onShutdown: key(TrueOrFalse, true, 'When asked to stop, checkpoint what is finished.'),
    shutdownDeadline: key(
      Duration.Duration,
      '8s',
      'How long to retry the checkpoint when the worker stops. 0: try once.'
    ),
    shardEndDeadline: key(
      Duration.Duration,
      '5m',
      'How long to retry the last checkpoint of a shard, when the shard ends. 0: try once. If it is still not stored, this worker gives up the shard, and the next worker that takes the shard continues from the last stored checkpoint.'
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
      'The file for dead letters, one JSON line each; put it on a disk that outlives a container. Use sink:NAME to send them to a sink.'
    ),
    /** Absolute path: where the letters go that a sink refuses. */
    fallback: key(
      Path,
      './dead-letters.ndjson',
      'The file for letters that the sink in deadLetters does not take, such as letters that are too large. Without such a sink it is not used.'
    ),
    breaker: key(
      Count,
      20,
      'This many failures in a row on a shard halt the worker, and no checkpoint covers them. 0 turns it off.'
    ),
    badRelease: unset(
      Count,
      'This many rejects and failures in a row on a shard halt the worker, and no checkpoint covers them. This stops a release that can process nothing. Half that number logs a warning. 0, or no value, turns it off.',
      100
    ),
    retries: key(
      Count,
      3,
      'How many times to retry a record whose effectful handler failed. 0: never. A pure handler is never retried, since it would fail again.'
    ),
    backoff: key(
      Duration.Duration,
      '500ms',
      'The wait before the first retry. It doubles, with jitter, up to a minute. Records of other keys do not wait. 0: no wait.'
    )
  },
  filter: {
    maxAge: unset(
      Duration.AboveZero,
      'A record older than this, counted from its arrival in Kinesis, is dropped before the handler gets it. No value: no record is too old.',
      '1d'
    ),
    include: unset(
      Patterns.Patterns,
      'A pattern, or a list of patterns, in which * stands for any characters. The handler gets only records whose partition key matches one. Quote a pattern that begins with *.',
      'eu-*'
    ),
    exclude: unset(
      Patterns.Patterns,
      'A pattern, or a list of patterns. A record whose partition key matches one is dropped, even if filter.include matches too.',
      'test-*'
    )
  },
  /** Absolute path. */
  home: unset(
    Folder,
    'One folder for everything that kclts run keeps: the jars, the state and the pipes. If it is not set, they are in XDG_CACHE_HOME and XDG_STATE_HOME.',
    '/var/lib/kclts'
  ),
  concurrency: key(
    Positive,
    1,
    'How many calls per shard may be in progress at once, if the handler is effectful (returns a promise, a Task or a TaskEither). Records of one partition key stay in order.'
  ),
  deadline: key(
    Duration.AboveZero,
    '30s',
    'The time for one attempt of an effectful handler. An attempt that takes longer has failed.'
  ),
  undelivered: key(
    Positive,
    1000,
    'At most this many records per shard are in the handler or have outputs on the way to a sink. This bounds the memory when a sink is slow.'
  ),
  callbackDeadline: key(
    Duration.AboveZero,
    '5m',
    'For kclts/compat, which stands in for the package aws-kcl: if a record processor neither calls back nor requests a checkpoint for this long, its process exits.'
  ),
  batch: {
    count: key(Positive, 100, 'The most records that a batchHandler gets in one call.'),
    bytes: key(
      Bytes.AboveZero,
      '1MB',
      'The most bytes of data that a batchHandler gets in one call. A single record may be larger.'
    ),
    linger: key(
      Duration.Duration,
      0,
      'While one call of the batchHandler runs, further records of its keys cannot start. The next call, if it has room for them, waits at most this long. 0: it does not wait.'
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
      'host: one process for the handlers of all shards. process: one process (kclts-child) per shard.'
    ),
    threads: key(
      Positive,
      1,
      'The number of threads for the shards. A slow synchronous handler only holds up the shards of its own thread.'
    ),
    /** Bytes of unfinished lines over all shards. */
    memory: key(
      Bytes.AboveZero,
      '256MB',
      'The limit, for all shards together, on the memory for batches that have arrived only in part. Above it, kclts reads the oldest of these batches to its end first; the others wait in the daemon. A thread takes at most 8 MB of it.'
    ),
    relay: key(
      oneOf('auto', 'direct', 'fifo'),
      'auto',
      "How kclts run exchanges data with the daemon. direct: through the daemon's own pipes, which needs Linux. fifo: through the relay, a small process per shard that copies the data. auto: direct where that works."
    ),
    /** A thread of each kclts-child watches for user code that never returns. */
    watch: key(
      TrueOrFalse,
      true,
      'Whether each kclts-child has a thread that ends the child when your code never returns. The thread takes 9 MB. Under kclts run with host.mode: host, such code is always ended, whatever this key says.'
    )
  },
  status: {
    /** `127.0.0.1:9100` or the absolute path of a unix socket, as `Listen.parse` reads it; null: nowhere. */
    // With host.mode: process, the children do not report the state of their shards.
    listen: key(
      Listen.Codec,
      'none',
      'Where to serve health, metrics and the status page: none (or 0), a port of the loopback interface, host:port, or the absolute path of a unix socket.',
      { onlyWith: ['host.mode', 'host'] }
    ),
    /** In their normal form; null: none beside its own. */
    hosts: unset(
      HostName.Names,
      'More host names under which the status server answers, besides localhost, IP addresses and the name in status.listen. If this key is set, or if the server listens on loopback, it refuses requests for any other host name.',
      'status.example.com'
    ),
    stalled: key(
      Duration.Duration,
      '5m',
      'A worker is unhealthy when a shard makes no progress for this long while records wait. 0: never.'
    )
  },
  tracing: {
    spans: key(
      oneOf('none', 'batch', 'record'),
      'none',
      'Spans of OpenTelemetry. batch: one for each batch from the daemon; record: one for each attempt of the handler. They need the package @opentelemetry/api and an SDK; see docs/tracing.md.'
    ),
    /** Names joined by dots. */
    parent: unset(
      text('names joined by dots, such as traceparent or meta.traceparent', /^[^.\s]+(?:\.[^.\s]+){0,7}$/),
      "The field of a record's JSON that has the W3C traceparent of its producer. The span of a record continues that trace; the span of a batch links to it.",
      'meta.traceparent'
    ),
    sampling: unset(
      Sampling.Codec,
      'How to sample traces that began at a producer. A number from 0 to 1: this share of them, chosen by trace id. `parent`: those whose traceparent has the sampled flag. If this key is not set, OTEL_TRACES_SAMPLER decides.',
      0.1
    )
  },
  record: {
    /** Absolute path; null: nothing is recorded. */
    folder: unset(
      Folder,
      'Record what happens on each shard, into files in this folder. It is made if it does not exist. No value: nothing is recorded. docs/lab.md says what a recording is for, and what it reveals.',
      './recordings'
    ),
    data: key(
      oneOf('none', 'hash', 'full'),
      'none',
      'What is recorded of payloads and partition keys. none: the size of the payload, and a hash of the partition key. hash: a hash of each. full: both as they are. With hash or full, the module of the handler can export a function `mask`, which changes what is recorded.'
    ),
    sampling: key(
      Sampling.Share,
      1,
      'The share of the partition keys to record, such as 0.1 for every tenth key. All records of a chosen key are recorded. The same keys are chosen on every shard and in every run.'
    ),
    size: key(
      Bytes.AboveZero,
      '1GB',
      'The most bytes of all recordings in the folder. Above it, the oldest files are removed.'
    ),
    age: key(Duration.AboveZero, '7d', 'Files that were last written longer ago than this are removed.')
  },
  log: {
    level: key(oneOf('debug', 'info', 'warn', 'error'), 'info', 'The lowest level that is logged.'),
    format: key(
      oneOf('auto', 'json', 'pretty'),
      'auto',
      'json, pretty, or auto, which is pretty on a terminal and json elsewhere.'
    ),
    console: key(
      oneOf('lines', 'raw'),
      'lines',
      'What console.log in your code writes: lines of the log, with shard and position, or raw text on stderr.'
    ),
    summary: key(
      Duration.Duration,
      '60s',
      'How often kclts run logs a summary: shards, records a second, how far behind, checkpoints and dead letters. 0: never.'
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
  checkpoint: 'When to save the position of a shard, from which a restart continues.',
  failure: 'What happens to a record that fails or is rejected.',
  filter: 'Which records are dropped before the handler gets them. A dropped record counts as skipped.',
  batch: 'How many records a batch handler gets at once.',
  sinks: 'Where the outputs of the handler go: one sink for each name that it emits to.',
  daemon: "The settings of Amazon's daemon, and how `kclts run` starts it.",
  'daemon.properties':
    'Other properties of the daemon, by its own names. An unknown name is an error, and so is a value that the daemon would ignore.',
  host: 'The process that handles the shards of a worker.',
  status: 'The page and the probes of a worker.',
  tracing: 'Spans for the SDK of OpenTelemetry that your program registers.',
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
