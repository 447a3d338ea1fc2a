/**
 * The configuration: one table of keys. What is decoded, the names of environment variables and flags, the
 * example file and `kclts check` all follow from it.
 */
import type * as Batch from '../core/Batch'
import type * as Session from '../core/Session'
import * as Bytes from './Bytes'
import * as DaemonSettings from './DaemonSettings'
import * as Duration from './Duration'
import * as HostName from './HostName'
import { Count, key, Letters, oneOf, Path, Positive, Truth, type Key } from './Key'
import * as Listen from './Listen'
import type { SinkSettings } from './SinkSettings'

export type { Key } from './Key'

export interface Config {
  /** Absolute path of the handler's module; empty where a program brings its own and none is configured. */
  readonly handler: string
  readonly checkpoint: {
    readonly interval: number
    readonly count: number
    readonly manual: boolean
    readonly onShutdown: boolean
    readonly shutdownDeadline: number
    readonly shardEndDeadline: number
  }
  readonly failure: {
    readonly then: 'dead-letter' | 'skip' | 'halt'
    /** Absolute path, or `sink:NAME`. */
    readonly deadLetters: string
    /** Absolute path: where the letters go that a sink refuses. */
    readonly fallback: string
    readonly breaker: number
    readonly retries: number
    readonly backoff: number
  }
  readonly concurrency: number
  readonly deadline: number
  readonly undelivered: number
  readonly callbackDeadline: number
  readonly batch: Batch.Group
  /** By the names that `emit` uses. Set in the file alone. */
  readonly sinks: Readonly<Record<string, SinkSettings>>
  readonly daemon: DaemonSettings.DaemonSettings
  readonly host: {
    /** `host`: the shards share one process. `process`: each has one of its own. */
    readonly mode: 'host' | 'process'
    readonly threads: number
    /** Bytes of unfinished lines over all shards. */
    readonly memory: number
    /** A thread of each kclts-child watches for user code that never returns. */
    readonly watch: boolean
  }
  readonly status: {
    /** `127.0.0.1:9100` or the absolute path of a unix socket, as `Listen.parse` reads it; null: nowhere. */
    readonly listen: string | null
    /** In their normal form; null: none beside its own. */
    readonly hosts: ReadonlyArray<string> | null
    readonly stalled: number
  }
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error'
    readonly format: 'auto' | 'json' | 'pretty'
  }
}

const SINK = 'sink:'

/** The name in `sink:NAME`; null for anything else. */
export const sinkOf = (deadLetters: string): string | null =>
  deadLetters.startsWith(SINK) ? deadLetters.slice(SINK.length) : null

export const keys: ReadonlyArray<Key> = [
  key(
    'handler',
    Path,
    undefined,
    'The module that exports your handler: JavaScript of either kind, or TypeScript.',
    './handler.js'
  ),
  key(
    'checkpoint.interval',
    Duration.Duration,
    '60s',
    'Checkpoint when so much time has passed since the last one; 0 turns it off. Interval or count: whichever comes first.'
  ),
  key(
    'checkpoint.count',
    Count,
    0,
    'Checkpoint when so many records are finished since the last one; 0 turns it off.'
  ),
  key(
    'checkpoint.manual',
    Truth,
    true,
    "Honour a handler's checkpoint(). With interval and count 0 these are the only checkpoints."
  ),
  key('checkpoint.onShutdown', Truth, true, 'Checkpoint what is finished when asked to stop.'),
  key(
    'checkpoint.shutdownDeadline',
    Duration.Duration,
    '8s',
    'How long to retry that checkpoint; 0: it is tried once.'
  ),
  key(
    'checkpoint.shardEndDeadline',
    Duration.Duration,
    '5m',
    'How long to retry the checkpoint that ends a shard, 0: it is tried once; after it the child leaves, so that another worker ends the shard.'
  ),
  key(
    'failure.then',
    oneOf('dead-letter', 'skip', 'halt'),
    'dead-letter',
    'What becomes of a record that failed or was rejected: dead-letter, skip or halt.'
  ),
  key(
    'failure.deadLetters',
    Letters,
    './dead-letters.ndjson',
    'Where dead letters are appended, one JSON line each. Put it on a disk that outlives a container. Or sink:NAME: they go to the sink of that name.'
  ),
  key(
    'failure.fallback',
    Path,
    './dead-letters.ndjson',
    'With sink:NAME: the file for the dead letters that the sink does not take, such as those that are too large for it.'
  ),
  key(
    'failure.breaker',
    Count,
    20,
    'Failures in a row that halt the worker, none of them covered by a checkpoint; 0 turns it off.'
  ),
  key(
    'failure.retries',
    Count,
    3,
    'How often an effectful handler that failed is tried again with the same record; 0: never. A pure one would fail again.'
  ),
  key(
    'failure.backoff',
    Duration.Duration,
    '500ms',
    'The wait before the first retry, 0: none; it doubles, with jitter, up to a minute. Records of other keys do not wait.'
  ),
  key(
    'concurrency',
    Positive,
    1,
    'Effectful handlers at work at the same time per shard. Records of one partition key stay in order.'
  ),
  key('deadline', Duration.Above, '30s', 'An effectful handler whose attempt takes longer has failed.'),
  key(
    'undelivered',
    Positive,
    1000,
    'Records per shard that may be at work, or have outputs under way, at the same time: what bounds the memory when a sink is slow.'
  ),
  key(
    'callbackDeadline',
    Duration.Above,
    '5m',
    'For kclts/compat: a record processor that has neither called back nor asked for a checkpoint for so long ends the child.'
  ),
  key('batch.count', Positive, 100, 'For an export batchHandler: the records that it gets at once, at most.'),
  key(
    'batch.bytes',
    Bytes.Above,
    '1MB',
    'And the bytes of their data together, at most; one record may be larger.'
  ),
  key(
    'batch.linger',
    Duration.Duration,
    0,
    'How long fewer records wait for others that are held up by records of their keys; 0: not at all.'
  ),
  ...DaemonSettings.keys,
  key(
    'host.mode',
    oneOf('host', 'process'),
    'host',
    'host: one process for the handlers of all shards. process: a kclts-child for each shard.'
  ),
  key(
    'host.threads',
    Positive,
    1,
    'Threads that the shards are spread over. A slow synchronous handler holds the shards of its own thread alone.'
  ),
  key(
    'host.memory',
    Bytes.Above,
    '256MB',
    'Bytes of batches that are being read, over all shards; beyond it only the oldest are read on.'
  ),
  key(
    'host.watch',
    Truth,
    true,
    'A thread in each kclts-child ends it when user code never returns; it takes 9 MB. The host of all shards always watches.'
  ),
  key(
    'status.listen',
    Listen.Codec,
    'none',
    'Where health, metrics and the status page are served: none (or 0), a port (of the loopback interface), host:port, or the absolute path of a unix socket.'
  ),
  key(
    'status.hosts',
    HostName.Names,
    null,
    'Names that the status server may be asked by, beside localhost, its addresses and the name of status.listen. Where it listens to this machine alone, a request by any other name is refused; elsewhere that is so once this is set.',
    'status.example.com'
  ),
  key(
    'status.stalled',
    Duration.Duration,
    '5m',
    'A worker is unhealthy when a shard makes no progress for so long while records wait; 0: never.'
  ),
  key('log.level', oneOf('debug', 'info', 'warn', 'error'), 'info', 'The least level that is logged.'),
  key(
    'log.format',
    oneOf('auto', 'json', 'pretty'),
    'auto',
    'json, pretty, or auto: pretty on a terminal and json elsewhere.'
  )
]

/** What stands above the keys: `checkpoint`. */
export const sections: ReadonlyArray<string> = [
  ...new Set(keys.flatMap(({ path }) => (path.includes('.') ? path.split('.').slice(0, 1) : [])))
]

export const keyOf = (path: string): Key | undefined => keys.find((one) => one.path === path)

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
): Config => {
  const root: Record<string, unknown> = { handler: '', sinks }
  const unset = keys.flatMap(({ path, fallback }) => (fallback === null ? [[path, null] as const] : []))
  for (const [path, value] of [...unset, ...values, ['daemon.properties', properties] as const]) {
    const [section, name] = path.split('.')
    if (section === undefined) continue
    if (name === undefined) root[section] = value
    else root[section] = { ...(root[section] as object | undefined), [name]: value }
  }
  return root as unknown as Config
}

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
  return {
    ...(stream === undefined ? {} : { stream }),
    policy: {
      interval: config.checkpoint.interval,
      count: config.checkpoint.count,
      manual: config.checkpoint.manual
    },
    onShutdown: config.checkpoint.onShutdown,
    shutdownDeadline: config.checkpoint.shutdownDeadline,
    shardEndDeadline: config.checkpoint.shardEndDeadline,
    onFailure: config.failure.then,
    breaker: config.failure.breaker,
    retries: config.failure.retries,
    backoff: config.failure.backoff,
    deadline: config.deadline,
    limits: { concurrency: config.concurrency, undelivered: config.undelivered },
    group: handler.isBatch ? config.batch : null,
    handlerName: handler.name,
    handlerVersion: handler.version
  }
}
