/** Puts a decoder in front of a handler of decoded values. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as Decision from '../core/Decision'
import type { Answer, Context, Effect } from '../core/Handler'
import type { KinesisRecord } from '../protocol/KinesisRecord'

/** What a pure function may return. A promise, or a forgotten `return`, is a compile error. */
export type PureAnswer = Answer<Decision.Output>

/** What a function that takes the context may return. */
export type EffectAnswer = PureAnswer | Effect<PureAnswer>

/** Without the context a function is pure. */
type AnswerFor<Rest> = Rest extends readonly [] ? PureAnswer : EffectAnswer

/**
 * A pure function makes a pure handler; one that takes the context makes an effectful one. `Refusal` is the decision
 * about a record that cannot be decoded.
 */
export type Decoded<A, Refusal = Decision.Reject> = <
  R extends AnswerFor<Rest>,
  Rest extends readonly [] | readonly [context: Context<unknown>]
>(
  f: (value: A, record: KinesisRecord, ...rest: Rest) => R
) => (record: KinesisRecord, ...rest: Rest) => R | Refusal

/** Builds an effectful handler; its function may leave out the context. */
export type DecodedEffect<A, Refusal = Decision.Reject> = <R extends EffectAnswer, Resource = undefined>(
  f: (value: A, record: KinesisRecord, context: Context<Resource>) => R
) => (record: KinesisRecord, context: Context<Resource>) => R | Refusal

/** Left: the decision about a record that cannot be decoded. */
export type Read<A, Refusal> = (record: KinesisRecord) => E.Either<Refusal, A>

/** `kclts check` recognises a handler that takes the context by the number of its parameters. */
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
