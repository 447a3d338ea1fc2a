/** One run of a handler on one record: its context, and the result of its effect. */
import * as E from 'fp-ts/Either'
import type { Level, LogFields } from '../core/Effect'
import * as Failure from '../core/Failure'
import type { Context } from '../core/Handler'
import { isFields } from '../protocol/Fields'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Logged from './Logged'
import * as Clock from './Clock'

export type Log = (level: Level, message: string, fields: LogFields) => void

/** What the attempts of one session share. */
export interface Surroundings {
  readonly resource: unknown
  readonly log: Log
}

/** The context of an attempt. Its parts cost something, so they are made when a handler first asks for them. */
export class Attempt implements Context<never> {
  #controller: AbortController | undefined = undefined
  #aborted = false

  constructor(
    readonly attempt: number,
    readonly millisBehindLatest: number | null,
    /** The first of the records. */
    private readonly record: KinesisRecord,
    private readonly around: Surroundings
  ) {}

  /** The handler and `acquire` are exports of one module: what one gave is what the other expects. */
  get resource(): never {
    return this.around.resource as never
  }

  get log(): Context['log'] {
    const { sequenceNumber, subSequenceNumber } = this.record
    return (...given) => {
      const { level, message, fields } = Logged.make(given[0], given[1], given[2])
      try {
        this.around.log(level, message, { sequenceNumber, subSequenceNumber, ...fields })
      } catch {
        // A log that cannot be written is no failure of the record.
      }
    }
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#aborted) this.abort()
    return this.#controller.signal
  }

  abort(): void {
    this.#aborted = true
    this.#controller?.abort(new Error('the attempt is over: its deadline has passed, or the session ends'))
  }
}

/** How an effect ended. */
export type End =
  | { readonly _tag: 'Value'; readonly value: unknown }
  | { readonly _tag: 'Failure'; readonly failure: Failure.Failure }

const failureOf = (thrown: unknown): End => ({ _tag: 'Failure', failure: Failure.fromUnknown(thrown) })

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  value instanceof Promise || (isFields(value) && typeof value['then'] === 'function')

/** A function of no arguments. */
export const isTask = (value: unknown): value is () => unknown =>
  typeof value === 'function' && value.length === 0

/** A TaskEither's Left is a failure, its Right is the answer; whatever else came is the answer. A getter may throw. */
const endOf = (value: unknown): End => {
  try {
    if (isFields(value) && value['_tag'] === 'Left') return failureOf(value['left'])
    return { _tag: 'Value', value: isFields(value) && value['_tag'] === 'Right' ? value['right'] : value }
  } catch (thrown) {
    return failureOf(thrown)
  }
}

/** A Task that throws as it begins has failed as one that rejects has. */
const beginTask = (task: () => unknown): unknown => {
  try {
    return task()
  } catch (thrown) {
    return Promise.reject(E.toError(thrown))
  }
}

/**
 * The effect that a handler returned, at work, or null when it returned none. An effect is a promise, or a Task: a
 * function of no arguments that gives one.
 */
export const begin = (returned: unknown): PromiseLike<unknown> | null => {
  if (returned === null || (typeof returned !== 'object' && typeof returned !== 'function')) return null
  const begun = isTask(returned) ? beginTask(returned) : returned
  return isPromise(begun) ? begun : null
}

/** Calls back, later, with the end of what `begin` gave. */
export const follow = (effect: PromiseLike<unknown>, then: (end: End) => void): void =>
  void Promise.resolve(effect).then(
    (value) => then(endOf(value)),
    (thrown: unknown) => then(failureOf(thrown))
  )

/**
 * The outcome of a function within the given milliseconds: a plain value, a promise, a Task or a TaskEither.
 *
 * Left: it failed, or took longer; what is known of it, with the stack.
 */
export const within = async (ms: number, run: () => unknown): Promise<E.Either<string, unknown>> => {
  let callOff = (): void => undefined
  try {
    const returned = run()
    const effect = begin(returned)
    if (effect === null) return E.right(returned)
    const end = await new Promise<End>((resolve) => {
      follow(effect, resolve)
      const late = Failure.make('DeadlineExceeded', `it took longer than ${ms} ms`)
      callOff = Clock.later(ms, () => resolve({ _tag: 'Failure', failure: late }))
    })
    return end._tag === 'Value' ? E.right(end.value) : E.left(Failure.inFull(end.failure))
  } catch (thrown) {
    return E.left(Failure.inFull(Failure.fromUnknown(thrown)))
  } finally {
    callOff()
  }
}
