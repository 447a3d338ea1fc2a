/**
 * The configuration: one table of keys. What is decoded, the names of environment variables and flags, the
 * example file and `kclts check` all follow from it.
 */
import * as t from 'io-ts'
import type * as Batch from '../core/Batch'
import type * as Session from '../core/Session'
import { Bytes } from './Bytes'
import * as Duration from './Duration'
import type { SinkSettings } from './SinkSettings'

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
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error'
    readonly format: 'auto' | 'json' | 'pretty'
  }
}

/** One key. Its codec takes what YAML gives; the text of a variable or a flag is read as YAML first. */
export interface Key {
  /** `checkpoint.interval`. */
  readonly path: string
  readonly codec: t.Type<unknown, unknown>
  /** As it is written in YAML; undefined for a key that must be given. */
  readonly fallback: string | number | boolean | undefined
  /** A path is taken relative to the file, or folder, that it is said in. */
  readonly isPath: boolean
  readonly meaning: string
}

const isCount = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0

const Count = new t.Type<number>(
  'a whole number of 0 or more',
  isCount,
  (u, c) => (isCount(u) ? t.success(u) : t.failure(u, c)),
  t.identity
)

const Positive = new t.Type<number>(
  'a whole number of 1 or more',
  isCount,
  (u, c) => (isCount(u) && u > 0 ? t.success(u) : t.failure(u, c)),
  t.identity
)

const isBoolean = (u: unknown): u is boolean => typeof u === 'boolean'

const Truth = new t.Type<boolean>(
  'true or false',
  isBoolean,
  (u, c) => (isBoolean(u) ? t.success(u) : t.failure(u, c)),
  t.identity
)

// Node throws at a NUL in a path.
const isPath = (u: unknown): u is string => typeof u === 'string' && u !== '' && !u.includes('\0')

const Path = new t.Type<string>(
  'the path of a file',
  isPath,
  (u, c) => (isPath(u) ? t.success(u) : t.failure(u, c)),
  t.identity
)

const SINK = 'sink:'

/** The name in `sink:NAME`; null for anything else. */
export const sinkOf = (deadLetters: string): string | null =>
  deadLetters.startsWith(SINK) ? deadLetters.slice(SINK.length) : null

const Letters = new t.Type<string>(
  'the path of a file, or sink:NAME',
  isPath,
  (u, c) => (isPath(u) ? t.success(u) : t.failure(u, c)),
  t.identity
)

const oneOf = (...names: ReadonlyArray<string>): t.Type<string> => {
  const is = (u: unknown): u is string => typeof u === 'string' && names.includes(u)
  const listed = `${names.slice(0, -1).join(', ')} or ${names[names.length - 1] ?? ''}`
  return new t.Type(listed, is, (u, c) => (is(u) ? t.success(u) : t.failure(u, c)), t.identity)
}

const key = (
  path: string,
  codec: t.Type<unknown, unknown> | t.Mixed,
  fallback: Key['fallback'],
  meaning: string
): Key => ({ path, codec, fallback, isPath: codec === Path || codec === Letters, meaning })

export const keys: ReadonlyArray<Key> = [
  key(
    'handler',
    Path,
    undefined,
    'The module that exports your handler: JavaScript of either kind, or TypeScript.'
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
  key('checkpoint.shutdownDeadline', Duration.Duration, '8s', 'How long to retry that checkpoint.'),
  key(
    'checkpoint.shardEndDeadline',
    Duration.Duration,
    '5m',
    'How long to retry the checkpoint that ends a shard; after it the child leaves, so that another worker ends the shard.'
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
    'failure.breaker',
    Count,
    20,
    'Failures in a row that halt the worker, none of them covered by a checkpoint; 0 turns it off.'
  ),
  key(
    'failure.retries',
    Count,
    3,
    'How often an effectful handler that failed is tried again with the same record. A pure one would fail again.'
  ),
  key(
    'failure.backoff',
    Duration.Duration,
    '500ms',
    'The wait before the first retry; it doubles, with jitter, up to a minute. Records of other keys do not wait.'
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
    Bytes,
    '1MB',
    'And the bytes of their data together, at most; one record may be larger.'
  ),
  key(
    'batch.linger',
    Duration.Duration,
    0,
    'How long fewer records wait for others that are held up by records of their keys.'
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

/** Decoded values by path, each taken by its key's codec, as a configuration. */
export const assemble = (values: ReadonlyMap<string, unknown>, sinks: Config['sinks'] = {}): Config => {
  const root: Record<string, unknown> = { handler: '', sinks }
  for (const [path, value] of values) {
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
export const toEnv = (config: Config, handler: About): Session.Env => ({
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
})
