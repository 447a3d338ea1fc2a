/** The one thing a user writes. */
import type { Either } from 'fp-ts/Either'
import type { Task } from 'fp-ts/Task'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Decision, Output } from './Decision'
import type { Level, LogFields } from './Effect'
import type { InputOf } from './Schema'
import type { KinesisRecord } from '../protocol/KinesisRecord'

/** The outputs that a record of codecs or schemas by sink name allows; those of an empty one are none. */
export type OutputsOf<Outputs> = {
  readonly [Sink in keyof Outputs & string]: Output<Sink, InputOf<Outputs[Sink]>>
}[keyof Outputs & string]

/** `true` means `checkpoint()` and `false` means `ack()`, as in kclpy. */
export type Answer<Out = never> = Decision<Out> | boolean

/**
 * Takes a record, says what became of it. Pure: call it in a test and compare what it returns. A throw is a
 * failure, dealt with by the failure policy of the configuration.
 *
 * `Handler<typeof outputs>`: it may `emit` to the sinks that the module's export `outputs` has a codec or a schema for,
 * and what that takes.
 */
export type Handler<Outputs = Record<never, never>> = (record: KinesisRecord) => Answer<OutputsOf<Outputs>>

/** What a handler may ask for beside the record. */
export interface Context<Resource = undefined> {
  /** Aborted when the attempt's deadline has passed or the session ends: hand it to `fetch` and the like. */
  readonly signal: AbortSignal
  /** 1 for the first attempt, 2 for the first retry. */
  readonly attempt: number
  /** How far the shard was behind its tip when the batch was read; null when the daemon does not say. */
  readonly millisBehindLatest: number | null
  /** What the module's export `acquire` gave when the process started. */
  readonly resource: Resource
  /** The log of kclts, with the shard and the record's position on each line. */
  readonly log: (level: Level, message: string, fields?: LogFields) => void
}

/** An effect: a Task, a TaskEither whose Left is a failure, or a promise of either's result. */
export type Effect<A> = Task<A> | TaskEither<unknown, A> | Promise<A | Either<unknown, A>>

/**
 * A handler that must do something. A failure is tried again as the configuration says (`failure.retries`), each attempt
 * bounded by `deadline`; records of one partition key are handled strictly one after the other.
 */
export type EffectHandler<Outputs = Record<never, never>, Resource = undefined> = (
  record: KinesisRecord,
  context: Context<Resource>
) => Effect<Answer<OutputsOf<Outputs>>> | Answer<OutputsOf<Outputs>>

/**
 * The module's export `batchHandler`: takes several records at once, as `batch` of the configuration says, and
 * gives an answer for each, in their order. Those of one partition key come in order. When it fails for good its records
 * are tried one by one, so that one bad record harms no other.
 *
 * A record without an answer (a hole in the array, or `undefined`) has failed; the answers of the others count. An array
 * with too few or too many answers is a failure of all of them.
 */
export type BatchHandler<Outputs = Record<never, never>, Resource = undefined> = (
  records: ReadonlyArray<KinesisRecord>,
  context: Context<Resource>
) => Answers<Outputs> | Effect<Answers<Outputs>>

/** One answer for each record of a batch handler. */
export type Answers<Outputs = Record<never, never>> = ReadonlyArray<Answer<OutputsOf<Outputs>>>

/** A handler of one record, of whatever kind: what it returns is understood at run time. */
export type One = (record: KinesisRecord, context: Context<never>) => unknown

/** A handler of several records. */
export interface Several {
  readonly several: (records: ReadonlyArray<KinesisRecord>, context: Context<never>) => unknown
}

/** A handler as it is loaded. */
export type AnyHandler = One | Several

export const isSeveral = (handler: AnyHandler): handler is Several => typeof handler !== 'function'
