/** The outcome of a conversation, as plain values. */
import type { DeadLetter } from '../core/DeadLetter'
import type * as Decision from '../core/Decision'
import type { ExitCode } from '../core/Effect'
import type * as Failure from '../core/Failure'
import type { Logged } from './Context'
import type { Requested, Stored } from './Daemon'
import type { Event } from './Event'

/** The result of a call of the handler: a decision, another value that it returned, or what it threw. */
export type Decided = Decision.Understood | { readonly _tag: 'Threw'; readonly failure: Failure.Failure }

/** The values that each sink acknowledged, in that order; nothing for a sink that acknowledged none. */
export type Outputs<Out> = {
  readonly [One in Extract<Out, Decision.Output> as One['sink']]?: ReadonlyArray<One['value']>
}

/** `Out`: the outputs that the handler may emit. */
export interface Outcome<Out = never> {
  /** The result of each call, in the order in which the calls ended; for a batch handler, each of its answers. */
  readonly decisions: ReadonlyArray<Decided>
  /** The positions of the records that the handler was called for, as `sequenceNumber/subSequenceNumber`, in order. */
  readonly handled: ReadonlyArray<string>
  /** The outputs that each sink acknowledged, in order. */
  readonly outputs: Outputs<Out>
  /** The checkpoints that were requested, in order, with the daemon's answers. */
  readonly checkpoints: ReadonlyArray<Requested>
  /** The dead letters, in the order in which they were written. */
  readonly deadLetters: ReadonlyArray<DeadLetter>
  /** The lines of the log, in order. */
  readonly logs: ReadonlyArray<Logged>
  /** What happened, in order. */
  readonly events: ReadonlyArray<Event>
  /** What the lease table holds at the end: where the next run would start. */
  readonly stored: Stored
  /** The exit code; null when the daemon waits for ever, because a sink never answers. Any other null is a bug in kclts. */
  readonly exit: ExitCode | null
  /** What a real daemon would have complained about. Anything here is a bug in kclts. */
  readonly complaints: ReadonlyArray<string>
  /** Virtual milliseconds from the beginning to the end. */
  readonly elapsed: number
}
