/** The one thing a user writes. */
import type { Either } from 'fp-ts/Either'
import type { Task } from 'fp-ts/Task'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Decision, Output } from './Decision'
import type { Level, LogFields } from './Effect'
import type { InputOf } from './Schema'
import type { KinesisRecord } from '../protocol/KinesisRecord'

/** The outputs that the export `outputs` allows; `never` if it is empty. */
export type OutputsOf<Outputs> = {
  readonly [Sink in keyof Outputs & string]: Output<Sink, InputOf<Outputs[Sink]>>
}[keyof Outputs & string]

/** `true` means `checkpoint()` and `false` means `ack()`, as in kclpy. */
export type Answer<Out = never> = Decision<Out> | boolean

/**
 * Takes a record and returns what happened to it. It is pure: call it in a test and compare what it returns. A throw
 * is a failure, and the failure policy of the configuration decides.
 *
 * `Handler<typeof outputs>` may emit to the sinks that are in the export `outputs`, with values that match their codec
 * or schema.
 */
export type Handler<Outputs = Record<never, never>> = (record: KinesisRecord) => Answer<OutputsOf<Outputs>>

/** What an effectful handler gets beside the record. */
export interface Context<Resource = undefined> {
  /** Aborted when the deadline of the attempt has passed or the session ends. Pass it to `fetch` and the like. */
  readonly signal: AbortSignal
  /** 1 for the first attempt, 2 for the first retry. */
  readonly attempt: number
  /** How far the shard was behind the tip of the stream when the batch was read; null if the daemon does not say. */
  readonly millisBehindLatest: number | null
  /** What the export `acquire` of the module returned. */
  readonly resource: Resource
  /** Writes to the log of kclts, with the shard and the position of the record on each line. It never throws. */
  readonly log: (level: Level, message: string, fields?: LogFields) => void
}

/** An effect: a Task, a TaskEither whose Left is a failure, or a promise of either's result. */
export type Effect<A> = Task<A> | TaskEither<unknown, A> | Promise<A | Either<unknown, A>>

/**
 * A handler that must do something. `failure.retries` says how often a failure is retried, and `deadline` bounds each
 * attempt. Records of one partition key are handled strictly one after the other.
 */
export type EffectHandler<Outputs = Record<never, never>, Resource = undefined> = (
  record: KinesisRecord,
  context: Context<Resource>
) => Effect<Answer<OutputsOf<Outputs>>> | Answer<OutputsOf<Outputs>>

/**
 * The export `batchHandler` of a module. It takes several records at once, up to `batch.count` and `batch.bytes`, and
 * returns one answer for each, in their order. Records of one partition key come in order. If it fails for good, each
 * record runs alone, so that one bad record harms no other.
 *
 * A record without an answer (a hole in the array, or `undefined`) has failed; the answers of the others count. An
 * array with too few or too many answers is a failure of all records.
 */
export type BatchHandler<Outputs = Record<never, never>, Resource = undefined> = (
  records: ReadonlyArray<KinesisRecord>,
  context: Context<Resource>
) => Answers<Outputs> | Effect<Answers<Outputs>>

/** One answer for each record of a batch handler. */
export type Answers<Outputs = Record<never, never>> = ReadonlyArray<Answer<OutputsOf<Outputs>>>

/** A handler of one record, of any kind: what it returns is interpreted at run time. */
export type One = (record: KinesisRecord, context: Context<never>) => unknown

/** A handler of several records. */
export interface Several {
  readonly several: (records: ReadonlyArray<KinesisRecord>, context: Context<never>) => unknown
}

/** A handler as it is loaded. */
export type AnyHandler = One | Several

export const isSeveral = (handler: AnyHandler): handler is Several => typeof handler !== 'function'
