/** What reads a record, in front of a handler of what it reads. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as Decision from '../core/Decision'
import type { Answer, Context, Effect } from '../core/Handler'
import type { KinesisRecord } from '../protocol/KinesisRecord'

/** What a pure function may give. A promise, or nothing for want of a `return`, is a compile error. */
export type PureAnswer = Answer<Decision.Output>

/** What a function that asks for the context may give. */
export type EffectAnswer = PureAnswer | Effect<PureAnswer>

/** Without the context a function is pure. */
type AnswerFor<Rest> = Rest extends readonly [] ? PureAnswer : EffectAnswer

/**
 * A pure function gives a pure handler; one that asks for the context gives an effectful one. `Refusal` is what becomes
 * of a record that cannot be read.
 */
export type Decoded<A, Refusal = Decision.Reject> = <
  R extends AnswerFor<Rest>,
  Rest extends readonly [] | readonly [context: Context<unknown>]
>(
  f: (value: A, record: KinesisRecord, ...rest: Rest) => R
) => (record: KinesisRecord, ...rest: Rest) => R | Refusal

/** Gives an effectful handler, of a function that may do without the context. */
export type DecodedEffect<A, Refusal = Decision.Reject> = <R extends EffectAnswer, Resource = undefined>(
  f: (value: A, record: KinesisRecord, context: Context<Resource>) => R
) => (record: KinesisRecord, context: Context<Resource>) => R | Refusal

/** Left: what becomes of a record that cannot be read. */
export type Read<A, Refusal> = (record: KinesisRecord) => E.Either<Refusal, A>

/** By the number of its parameters `kclts check` knows a handler that asks for the context. */
const asking = <H extends object>({ length }: { readonly length: number }, handler: H): H =>
  length > 2 ? Object.defineProperty(handler, 'length', { value: 2 }) : handler

export const pure =
  <A, Refusal>(read: Read<A, Refusal>): Decoded<A, Refusal> =>
  (f) =>
    asking(f, (record, ...rest) =>
      pipe(
        read(record),
        E.matchW(
          (refusal) => refusal,
          (value) => f(value, record, ...rest)
        )
      )
    )

export const effectful =
  <A, Refusal>(read: Read<A, Refusal>): DecodedEffect<A, Refusal> =>
  (f) =>
  (record, context) =>
    pipe(
      read(record),
      E.matchW(
        (refusal) => refusal,
        (value) => f(value, record, context)
      )
    )
