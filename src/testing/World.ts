/** A world for an interpreter in which nothing happens by itself: its clock moves when it is told to. */
import * as E from 'fp-ts/Either'
import type { DeadLetter } from '../core/DeadLetter'
import type { Output } from '../core/Decision'
import type { ExitCode, Level, LogFields } from '../core/Effect'
import type { Failure } from '../core/Failure'
import type { Capabilities } from '../run/Capabilities'

/** What came out of the interpreter, in order. */
export type Event =
  | { readonly _tag: 'Wrote'; readonly text: string }
  | { readonly _tag: 'Buried'; readonly letter: DeadLetter }
  | { readonly _tag: 'Delivered'; readonly outputs: ReadonlyArray<Output> }
  | {
      readonly _tag: 'Logged'
      readonly level: Level
      readonly message: string
      readonly fields: LogFields
    }
  | { readonly _tag: 'Exited'; readonly code: ExitCode }

export interface World {
  readonly capabilities: Capabilities
  /** Milliseconds since 1970 by this world's clock. */
  readonly now: () => number
  /** Work takes time: moves the clock, and calls nothing back. */
  readonly spend: (ms: number) => void
  /** Moves the clock to the time, through a wait that is over by then. */
  readonly advance: (until: number) => void
  /** When the wait is over, or null when there is none. */
  readonly waiting: () => number | null
  /** Lets the event loop turn once; false when nobody is waiting for that. */
  readonly turn: () => boolean
  readonly exited: () => boolean
}

export interface Options {
  /** Milliseconds since 1970 at the beginning. */
  readonly start: number
  /** In [0, 1). */
  readonly random: () => number
  /** What becomes of a dead letter. */
  readonly bury: (letter: DeadLetter) => E.Either<Failure, void>
  readonly onEvent: (event: Event) => void
}

export const make = ({ start, random, bury, onEvent }: Options): World => {
  let clock = start
  let wait: { readonly until: number; readonly then: () => void } | null = null
  let breaths: Array<() => void> = []
  let exited = false

  const capabilities: Capabilities = {
    now: () => clock,
    random,
    write: (text) => onEvent({ _tag: 'Wrote', text }),
    bury: (letter) => {
      const stored = bury(letter)
      if (E.isRight(stored)) onEvent({ _tag: 'Buried', letter })
      return stored
    },
    deliver: ({ outputs }, then) => {
      breaths.push(() => {
        onEvent({ _tag: 'Delivered', outputs })
        then(E.right(undefined))
      })
    },
    log: (level, message, fields) => onEvent({ _tag: 'Logged', level, message, fields }),
    wait: (until, then) => {
      wait = { until, then }
    },
    breathe: (then) => {
      breaths.push(then)
    },
    exit: (code) => {
      exited = true
      onEvent({ _tag: 'Exited', code })
    }
  }

  const advance = (until: number): void => {
    while (wait !== null && wait.until <= until && !exited) {
      const { then } = wait
      clock = Math.max(clock, wait.until)
      wait = null
      then()
    }
    clock = Math.max(clock, until)
  }

  return {
    capabilities,
    now: () => clock,
    spend: (ms) => {
      clock += ms
    },
    advance,
    waiting: () => (exited || wait === null ? null : wait.until),
    turn: () => {
      const due = breaths
      breaths = []
      for (const then of due) then()
      return due.length > 0
    },
    exited: () => exited
  }
}
