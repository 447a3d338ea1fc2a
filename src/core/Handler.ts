/** The one thing a user writes. */
import type { Either } from 'fp-ts/Either'
import type { Task } from 'fp-ts/Task'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Decision, Output } from './Decision'
import type { Level, LogFields } from './Effect'
import type { KinesisRecord } from './KinesisRecord'

/** The outputs that a record of io-ts codecs by sink name allows; those of an empty one are none. */
export type OutputsOf<Outputs> = {
  readonly [Sink in keyof Outputs & string]: Outputs[Sink] extends { readonly _A: infer A }
    ? Output<Sink, A>
    : never
}[keyof Outputs & string]

/** `true` means `checkpoint()` and `false` means `ack()`, as in kclpy. */
export type Answer<Out = never> = Decision<Out> | boolean

/**
 * Takes a record, says what became of it. Pure: call it in a test and compare what it returns. A throw is a
 * failure, dealt with by the failure policy of the configuration.
 *
 * `Handler<typeof outputs>`: it may `emit` to the sinks that the module's export `outputs` has a codec for, and what
 * such a codec takes.
 */
export type Handler<Outputs = Record<never, never>> = (record: KinesisRecord) => Answer<OutputsOf<Outputs>>

/** What an effectful handler may ask for beside the record. */
export interface Context {
  /** Aborted when the attempt's deadline has passed or the session ends: hand it to `fetch` and the like. */
  readonly signal: AbortSignal
  /** 1 for the first attempt, 2 for the first retry. */
  readonly attempt: number
  /** How far the shard was behind its tip when the batch was read; null when the daemon does not say. */
  readonly millisBehindLatest: number | null
  /** The log of kclts, with the shard and the record's position on each line. */
  readonly log: (level: Level, message: string, fields?: LogFields) => void
}

/** An effect: a Task, a TaskEither whose Left is a failure, or a promise. */
export type Effect<Out = never> =
  Task<Answer<Out>> | TaskEither<unknown, Answer<Out>> | Promise<Answer<Out> | Either<unknown, Answer<Out>>>

/**
 * A handler that must do something. Its failures are retried as the configuration says, each attempt bounded by
 * `failure.deadline`; records of one partition key are handled strictly one after the other.
 */
export type EffectHandler<Outputs = Record<never, never>> = (
  record: KinesisRecord,
  context: Context
) => Effect<OutputsOf<Outputs>>

/** A handler of whatever kind, as it is loaded: what it returns is understood at run time. */
export type AnyHandler = (record: KinesisRecord, context: Context) => unknown
