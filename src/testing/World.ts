/** A world for an interpreter in which nothing happens by itself: its clock moves only on request. */
import { MessageChannel } from 'node:worker_threads'
import * as E from 'fp-ts/Either'
import type { DeadLetter } from '../core/DeadLetter'
import type { Output } from '../core/Decision'
import type { ExitCode, Level, LogFields } from '../core/Effect'
import type { Failure } from '../core/Failure'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import type { Capabilities } from '../run/Capabilities'
import * as Clock from './Clock'
import * as Sink from './Sink'

/** What came out of the interpreter, in order. */
export type Event =
  | { readonly _tag: 'Wrote'; readonly text: string }
  | { readonly _tag: 'Buried'; readonly letter: DeadLetter }
  /** The output's sink acknowledged it. */
  | { readonly _tag: 'Delivered'; readonly record: KinesisRecord; readonly output: Output }
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
  /** Moves the clock for work that takes time, without calling back. */
  readonly spend: (ms: number) => void
  /** Moves the clock to the time, through all that is due by then. */
  readonly advance: (until: number) => void
  /** When something is due, or null when nothing is. */
  readonly waiting: () => number | null
  /** Lets the event loop turn once, with what is due now; false when there is nothing to do. */
  readonly turn: () => boolean
  readonly exited: () => boolean
}

export interface Options {
  /** Milliseconds since 1970 at the beginning, unless `clock` says it. */
  readonly start: number
  /** In [0, 1). */
  readonly random: () => number
  /** What happens to a dead letter. */
  readonly bury: (letter: DeadLetter) => E.Either<Failure, void>
  readonly onEvent: (event: Event) => void
  /** How the sinks behave; by default they acknowledge at once. */
  readonly sinks?: Sink.Sinks
  /** The clock of the handler's effects. */
  readonly clock?: Clock.Clock
}

class VirtualWorld implements World {
  readonly capabilities: Capabilities
  readonly #clock: Clock.Clock
  #wait: { readonly until: number; readonly then: () => void } | null = null
  #breaths: Array<() => void> = []
  #isGone = false

  constructor({ start, random, bury, onEvent, sinks = {}, clock = Clock.make(start) }: Options) {
    this.#clock = clock
    this.capabilities = {
      now: clock.now,
      wall: clock.wall,
      random,
      write: (text) => onEvent({ _tag: 'Wrote', text }),
      bury: (letter) => {
        const stored = bury(letter)
        if (E.isRight(stored)) onEvent({ _tag: 'Buried', letter })
        return stored
      },
      deliver: Sink.deliver(sinks, clock, (record, output) => onEvent({ _tag: 'Delivered', record, output })),
      log: (level, message, fields) => onEvent({ _tag: 'Logged', level, message, fields }),
      wait: (until, then) => {
        this.#wait = { until, then }
      },
      // Here work takes no time but what a test lets it take, and each of its pieces is a turn of its own.
      turned: (now) => now,
      soon: (then) => {
        this.#breaths.push(then)
      },
      exit: (code) => {
        this.#isGone = true
        onEvent({ _tag: 'Exited', code })
      }
    }
  }

  readonly now = (): number => this.#clock.now()

  readonly spend = (ms: number): void => this.#clock.spend(ms)

  readonly advance = (until: number): void => {
    for (let next = this.waiting(); next !== null && next <= until; next = this.waiting()) {
      this.#clock.advance(next)
      this.#wake()
    }
    this.#clock.advance(until)
  }

  readonly waiting = (): number | null => {
    const times = [this.#clock.next(), this.#wait?.until ?? null].filter((time) => time !== null)
    return this.#isGone || times.length === 0 ? null : Math.min(...times)
  }

  readonly turn = (): boolean => {
    const due = this.#breaths
    this.#breaths = []
    for (const then of due) then()
    return this.#clock.advance(this.now()) || due.length > 0
  }

  readonly exited = (): boolean => this.#isGone

  /** The session's wait is over, when it is. */
  #wake(): void {
    if (this.#wait === null || this.#wait.until > this.now()) return
    const { then } = this.#wait
    this.#wait = null
    then()
  }
}

export const make = (options: Options): World => new VirtualWorld(options)

/** Taken when this module is loaded, which is mostly before a test fakes it. */
const immediate = setImmediate

/** By jest or vitest, before this module was loaded: it would never call back. */
const isFaked = 'clock' in immediate || '_isMockFunction' in immediate

/** Fakes of timers leave messages alone. */
const afterMessage = (then: () => void): void => {
  const { port1, port2 } = new MessageChannel()
  port1.once('message', () => {
    port1.close()
    then()
  })
  port2.postMessage(null)
}

/** Once the event loop has turned, every promise that waits for nothing but other promises is kept. */
export const promisesKept = (): Promise<void> =>
  new Promise((resolve) => (isFaked ? afterMessage(resolve) : immediate(resolve)))
