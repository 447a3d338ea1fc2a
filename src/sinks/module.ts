/** `type: module`: a function that the handler's module exports, for everything else. */
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as Failure from '../core/Failure'
import { again, done, type Entry, type Transport } from './Sink'

/** One output as the function gets it. */
export interface ModuleOutput<A = unknown> {
  /** The same for the same output whenever its record is handled again: makes a write harmless to repeat. */
  readonly id: string
  readonly key: string
  readonly value: A
}

/** Stores some outputs, all or none. A Left, a rejection or a throw: they come again, in the same order. */
export type ModuleSink<A = unknown> = (
  outputs: ReadonlyArray<ModuleOutput<A>>,
  signal: AbortSignal
) => TaskEither<unknown, unknown> | Promise<unknown>

const LIMITS = { count: 10_000, bytes: 64 << 20, entryBytes: 64 << 20 }

const isLeft = (value: unknown): value is E.Left<unknown> =>
  typeof value === 'object' && value !== null && '_tag' in value && value._tag === 'Left'

export const transport = (store: ModuleSink): Transport => ({
  limits: LIMITS,
  answersPerEntry: false,
  send: async (entries: ReadonlyArray<Entry>, signal) => {
    const stored = store(
      entries.map(({ id, key, value }) => ({ id, key, value })),
      signal
    )
    const end: unknown = await (typeof stored === 'function' ? stored() : stored)
    const sent = isLeft(end) ? again(Failure.fromUnknown(end.left)) : done
    return entries.map(() => sent)
  },
  close: () => Promise.resolve()
})
