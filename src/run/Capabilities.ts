/** The world as a record of functions. One implementation fills it at the edge; tests fill it with values. */
import type { Either } from 'fp-ts/Either'
import type { DeadLetter } from '../core/DeadLetter'
import type { Output } from '../core/Decision'
import type { ExitCode, Level, LogFields } from '../core/Effect'
import type { Failure } from '../core/Failure'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import type { Clock } from './Clock'
import type { Observe } from './Meter'

/** What one record gave. Stream, shard, position and the index of an output make an idempotency key. */
export interface Delivery {
  /** The name of the stream; absent where it is not known. */
  readonly stream?: string
  readonly record: KinesisRecord
  readonly outputs: ReadonlyArray<Output>
  /** The span that the record was handled in, as a header of HTTP carries it; absent where nothing is traced. */
  readonly traceparent?: string
  /** Aborted when the session is over for them: what was not sent by then is not sent. */
  readonly recalled: AbortSignal
}

/** A sink has given up on an output, and its configuration says what then. */
export interface Undelivered {
  /** `policy`: the sink cannot take such an output, so the record failed. */
  readonly then: 'halt' | 'dead-letter' | 'policy'
  readonly failure: Failure
}

/** Every input of the session carries `now`; `soon` lets acknowledgements, EOF, signals and other shards come between. */
export interface Capabilities extends Pick<Clock, 'now' | 'wall' | 'soon' | 'turned'> {
  /** In [0, 1). */
  readonly random: () => number
  /** Writes to the daemon. If the stream is gone, the interpreter's `broken` is called. */
  readonly write: (text: string) => void
  /** Puts a dead letter where it belongs, at once or later; Right only when it will survive a crash. */
  readonly bury: (letter: DeadLetter) => Either<Failure, void> | Promise<Either<Failure, void>>
  /** Hands a record's outputs to their sinks; calls back, later, with Right when all of them are acknowledged. */
  readonly deliver: (delivery: Delivery, then: (end: Either<Undelivered, void>) => void) => void
  readonly log: (level: Level, message: string, fields: LogFields) => void
  /** Calls back at the given time of `now`; a newer wait replaces an older one. */
  readonly wait: (until: number, then: () => void) => void
  /**
   * Whether the handler may be called now with the record, the first of the given number; undefined: it may. Called
   * before each call. `index`: its own, in the batch.
   */
  readonly admit?: (record: KinesisRecord, count: number, index: number) => boolean
  /** Observes every step of the session, before its effects are performed. */
  readonly observe?: Observe
  /** Ends the session. Called once, last. */
  readonly exit: (code: ExitCode) => void
}
