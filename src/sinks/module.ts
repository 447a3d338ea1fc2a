/** `type: module`: a function that the handler's module exports, for everything else. */
import type * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { found } from '../codec/Explain'
import { understand } from '../core/Decision'
import * as Failure from '../core/Failure'
import { again, done, never, type Entry, type Sent, type Transport } from './Sink'

/** One output as the function gets it. */
export interface ModuleOutput<A = unknown> {
  /** The same for the same output whenever its record is handled again: makes a write harmless to repeat. */
  readonly id: string
  readonly key: string
  readonly value: A
}

/**
 * Stores some outputs, all or none. A Left, a rejection or a throw: they come again, the same ones in the same order.
 * `E.left(reject(reason))`, or to throw or resolve to a `reject`, says that they can never be stored: then each comes alone, and those that
 * are rejected alone are given up at once. When the signal is aborted, after `timeout`, its answer is not heard.
 */
export type ModuleSink<A = unknown> = (
  outputs: ReadonlyArray<ModuleOutput<A>>,
  signal: AbortSignal
) => TaskEither<unknown, unknown> | Promise<unknown>

const LIMITS = { count: 10_000, bytes: 64 << 20, entryBytes: 64 << 20 }

const isLeft = (value: unknown): value is E.Left<unknown> =>
  typeof value === 'object' && value !== null && '_tag' in value && value._tag === 'Left'

const isRight = (value: unknown): value is E.Right<unknown> =>
  typeof value === 'object' && value !== null && '_tag' in value && value._tag === 'Right'

const isTask = (value: unknown): value is () => unknown => typeof value === 'function'

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** What a Left, a throw or a rejection says. */
const refusal = (left: unknown): Sent => {
  const decision = understand(left)
  return decision._tag === 'Reject'
    ? never(Failure.make('Rejected', decision.reason))
    : again(Failure.fromUnknown(left))
}

const sentBy = async (
  store: ModuleSink,
  outputs: ReadonlyArray<ModuleOutput>,
  signal: AbortSignal
): Promise<Sent> => {
  try {
    const stored: unknown = store(outputs, signal)
    const promised: unknown = isTask(stored) ? stored() : stored
    // Without it nothing tells when, or whether, they are stored: a forgotten return.
    if (!isPromise(promised))
      return never(
        Failure.make(
          'NoPromise',
          `the function returned ${found(stored)}, expected a promise or a TaskEither`
        )
      )
    const end = await promised
    if (isLeft(end)) return refusal(end.left)
    // Who says `reject` has stored nothing, whichever way it is said.
    const said = isRight(end) ? end.right : end
    return understand(said)._tag === 'Reject' ? refusal(said) : done
  } catch (thrown) {
    return refusal(thrown)
  }
}

export const transport = (store: ModuleSink): Transport => ({
  limits: LIMITS,
  answersPerEntry: false,
  send: async (entries: ReadonlyArray<Entry>, signal) => {
    const sent = await sentBy(
      store,
      entries.map(({ id, key, value }) => ({ id, key, value })),
      signal
    )
    return entries.map(() => sent)
  },
  close: () => Promise.resolve()
})
