/** `type: module`: a function that the handler's module exports, for everything else. */
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { found } from '../protocol/wire/Explain'
import * as Failure from '../core/Failure'
import { isPromise } from '../run/Attempt'
import type { World } from './kinds/Kind'
import { LIMITS, type Module } from './kinds/module'
import { done, never, split, type Entry, type Sent, type Transport } from './Sink'
import * as Stored from './Stored'

/** One output, as the function of a module sink gets it. */
export interface ModuleOutput<A = unknown> {
  /** The same for the same output whenever its record is handled again: makes a write harmless to repeat. */
  readonly id: string
  /** Outputs of one key come in order. */
  readonly key: string
  /** The output, encoded by its codec or validated by its schema. */
  readonly value: A
}

/**
 * Stores some outputs, all or none. A Left, a rejection or a throw: they come again, the same ones in the same order.
 * `E.left(reject(reason))`, or to throw or resolve to a `reject`, says that they can never be stored: then each comes alone, and those that
 * are rejected alone are given up at once. When the signal is aborted, after `timeout`, its answer is not heard.
 */
export interface ModuleSink<A = unknown> {
  (
    outputs: ReadonlyArray<ModuleOutput<A>>,
    signal: AbortSignal
  ): TaskEither<unknown, unknown> | Promise<unknown>
  /**
   * When it fails, it has stored none of the outputs. So they may come again in smaller groups, and in another order of
   * keys.
   */
  allOrNothing?: boolean
  /** It stores an output once, however often its `id` comes. So it may fail after a part of the outputs. */
  remembersKeys?: boolean
}

/** Whether a part of a request that failed may be sent by itself. */
const isDivisible = ({ allOrNothing, remembersKeys }: ModuleSink): boolean =>
  allOrNothing === true || remembersKeys === true

/**
 * The result of a request that may be divided: one of its outputs may have made it fail, and smaller requests show which.
 * One that fails alone is tried again until its deadline, since the service may be out of order.
 */
const divided = (sent: Sent, entries: number): Sent =>
  entries > 1 && (sent._tag === 'Again' || sent._tag === 'Never') ? split(sent.failure) : sent

const isTask = (value: unknown): value is () => unknown => typeof value === 'function'

const sentBy = async (
  store: ModuleSink,
  outputs: ReadonlyArray<ModuleOutput>,
  signal: AbortSignal
): Promise<Sent> => {
  try {
    const stored: unknown = store(outputs, signal)
    const promised: unknown = isTask(stored) ? stored() : stored
    // Without it there is no way to know when, or whether, they are stored: a forgotten return.
    if (!isPromise(promised))
      return never(
        Failure.make(
          'NoPromise',
          `the function returned ${found(stored)}, expected a promise or a TaskEither`
        )
      )
    return Stored.objection(await promised) ?? done
  } catch (thrown) {
    return Stored.refusal(thrown)
  }
}

export const transport = (store: ModuleSink): Transport => ({
  limits: LIMITS,
  // Of each key one output at a time, so that those of other keys need not wait for one that fails.
  answersPerEntry: isDivisible(store),
  send: async (entries: ReadonlyArray<Entry>, signal) => {
    const sent = await sentBy(
      store,
      entries.map(({ id, key, value }) => ({ id, key, value })),
      signal
    )
    const answer = isDivisible(store) ? divided(sent, entries.length) : sent
    return entries.map(() => answer)
  },
  close: () => Promise.resolve()
})

const isSink = (value: unknown): value is ModuleSink => typeof value === 'function'

export const open = (settings: Module, { exported }: World): Promise<E.Either<string, Transport>> => {
  const store = exported(settings.export)
  return Promise.resolve(
    isSink(store)
      ? E.right(transport(store))
      : E.left(`: the handler's module has no export \`${settings.export}\` that is a function`)
  )
}
