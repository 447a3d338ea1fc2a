/**
 * The configuration: a schema of all keys. Its type, what is decoded, the names of environment variables and flags, the
 * example file and `kclts check` follow from it.
 */
import type { Policy } from '../core/Policy'
import type * as Session from '../core/Session'
import * as Bytes from '../values/Bytes'
import * as DaemonSettings from './DaemonSettings'
import * as Duration from '../values/Duration'
import * as HostName from '../values/HostName'
import { Count, Letters, oneOf, Path, Positive, Truth } from '../values/Key'
import * as Listen from '../values/Listen'
import * as KeySchema from '../values/KeySchema'
import { key, required, unset } from '../values/KeySchema'
import * as SinkSettings from '../sinks/Settings'

export { sinkOf } from '../values/Key'
export type { Key } from '../values/KeySchema'

export const schema = {
  /** Absolute path of the module; empty where a program brings its own and none is configured. */
  handler: required(
    Path,
    'The module that exports your handler: JavaScript of either kind, or TypeScript.',
    './handler.js'
  ),
  checkpoint: {
    interval: key(
      Duration.Duration,
      '60s',
      'Checkpoint when so much time has passed since the last one; 0 turns it off. Interval or count: whichever comes first.'
    ),
    count: key(Count, 0, 'Checkpoint when so many records are finished since the last one; 0 turns it off.'),
    manual: key(
      Truth,
      true,
      "Honour a handler's checkpoint(). With interval and count 0 these are the only checkpoints."
    ),
    onShutdown: key(Truth, true, 'Checkpoint what is finished when asked to stop.'),
    shutdownDeadline: key(Duration.Duration, '8s', 'How long to retry that checkpoint; 0: it is tried once.'),
    shardEndDeadline: key(
      Duration.Duration,
      '5m',
      'How long to retry the checkpoint that ends a shard, 0: it is tried once; after it the child leaves, so that another worker ends the shard.'
    )
  },
  failure: {
    then: key(
      oneOf('dead-letter', 'skip', 'halt'),
      'dead-letter',
      'What becomes of a record that failed or was rejected: dead-letter, skip or halt.'
    ),
    /** Absolute path, or `sink:NAME`. */
    deadLetters: key(
      Letters,
      './dead-letters.ndjson',
      'Where dead letters are appended, one JSON line each. Put it on a disk that outlives a container. Or sink:NAME: they go to the sink of that name.'
    ),
    /** Absolute path: where the letters go that a sink refuses. */
    fallback: key(
      Path,
      './dead-letters.ndjson',
      'With sink:NAME: the file for the dead letters that the sink does not take, such as those that are too large for it.'
    ),
    breaker: key(
      Count,
      20,
      'Failures in a row that halt the worker, none of them covered by a checkpoint; 0 turns it off.'
    ),
    badRelease: unset(
      Count,
      'Rejects and failures in a row on a shard that halt the worker, as a release that can process nothing does; none of them is covered by a checkpoint. Half of it is a warning. 0, or no value, turns it off.',
      100
    ),
    retries: key(
      Count,
      3,
      'How often an effectful handler that failed is tried again with the same record; 0: never. A pure one would fail again.'
    ),
    backoff: key(
      Duration.Duration,
      '500ms',
      'The wait before the first retry, 0: none; it doubles, with jitter, up to a minute. Records of other keys do not wait.'
    )
  },
  concurrency: key(
    Positive,
    1,
    'Effectful handlers at work at the same time per shard. Records of one partition key stay in order.'
  ),
  deadline: key(Duration.Above, '30s', 'An effectful handler whose attempt takes longer has failed.'),
  undelivered: key(
    Positive,
    1000,
    'Records per shard that may be at work, or have outputs under way, at the same time: what bounds the memory when a sink is slow.'
  ),
  callbackDeadline: key(
    Duration.Above,
    '5m',
    'For kclts/compat: a record processor that has neither called back nor asked for a checkpoint for so long ends the child.'
  ),
  batch: {
    count: key(Positive, 100, 'For an export batchHandler: the records that it gets at once, at most.'),
    bytes: key(
      Bytes.Above,
      '1MB',
      'And the bytes of their data together, at most; one record may be larger.'
    ),
    linger: key(
      Duration.Duration,
      0,
      'How long fewer records wait for others that are held up by records of their keys; 0: not at all.'
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
      'host: one process for the handlers of all shards. process: a kclts-child for each shard.'
    ),
    threads: key(
      Positive,
      1,
      'Threads that the shards are spread over. A slow synchronous handler holds the shards of its own thread alone.'
    ),
    /** Bytes of unfinished lines over all shards. */
    memory: key(
      Bytes.Above,
      '256MB',
      'Bytes of batches that are being read, over all shards; beyond it only the oldest are read on.'
    ),
    /** A thread of each kclts-child watches for user code that never returns. */
    watch: key(
      Truth,
      true,
      'A thread in each kclts-child ends it when user code never returns; it takes 9 MB. The host of all shards always watches.'
    )
  },
  status: {
    /** `127.0.0.1:9100` or the absolute path of a unix socket, as `Listen.parse` reads it; null: nowhere. */
    // The children tell nobody what becomes of their shards.
    listen: key(
      Listen.Codec,
      'none',
      'Where health, metrics and the status page are served: none (or 0), a port (of the loopback interface), host:port, or the absolute path of a unix socket.',
      { onlyWith: ['host.mode', 'host'] }
    ),
    /** In their normal form; null: none beside its own. */
    hosts: unset(
      HostName.Names,
      'Names that the status server may be asked by, beside localhost, its addresses and the name of status.listen. Where it listens to this machine alone, a request by any other name is refused; elsewhere that is so once this is set.',
      'status.example.com'
    ),
    stalled: key(
      Duration.Duration,
      '5m',
      'A worker is unhealthy when a shard makes no progress for so long while records wait; 0: never.'
    )
  },
  log: {
    level: key(oneOf('debug', 'info', 'warn', 'error'), 'info', 'The least level that is logged.'),
    format: key(
      oneOf('auto', 'json', 'pretty'),
      'auto',
      'json, pretty, or auto: pretty on a terminal and json elsewhere.'
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
  checkpoint: 'When the position of a shard is saved, so that a restart goes on from there.',
  failure: 'What becomes of a record that fails or is rejected.',
  batch: 'How many records a batch handler gets at once.',
  sinks: 'Where the outputs of the handler go: a sink by each name that it emits to.',
  daemon: "What Amazon's daemon is given, and how `kclts run` starts it.",
  'daemon.properties':
    'Anything else that the daemon accepts, by its own names. A name that it does not know is an error, and so is a value that it would ignore.',
  host: 'The process that handles the shards of a worker.',
  status: 'The page and the probes of a worker.',
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
    handlerName: handler.name,
    handlerVersion: handler.version
  }
}
