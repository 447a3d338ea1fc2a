/** The world as a record of functions. One implementation fills it at the edge; tests fill it with values. */
import type { Either } from 'fp-ts/Either'
import type { DeadLetter } from '../core/DeadLetter'
import type { ExitCode, Level, LogFields } from '../core/Effect'
import type { Failure } from '../core/Failure'

export interface Capabilities {
  /** Milliseconds since 1970 by a clock that never goes back. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  /** Writes to the daemon. A stream that is gone is told to the interpreter by `broken`. */
  readonly write: (text: string) => void
  /** Puts a dead letter on disk; Right only when it will survive a crash of the machine. */
  readonly bury: (letter: DeadLetter) => Either<Failure, void>
  readonly log: (level: Level, message: string, fields: LogFields) => void
  /** Calls back at the given time; a newer wait replaces an older one. */
  readonly wait: (until: number, then: () => void) => void
  /** Lets the event loop run once (acknowledgements, EOF, signals), then calls back. */
  readonly breathe: (then: () => void) => void
  /** Ends the session. Called once, last. */
  readonly exit: (code: ExitCode) => void
}
