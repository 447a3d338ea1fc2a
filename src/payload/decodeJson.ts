/** An io-ts codec in front of a handler. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'io-ts'
import * as Decision from '../core/Decision'
import type { Context } from '../core/Handler'
import * as KinesisRecord from '../protocol/KinesisRecord'
import { explain } from '../protocol/wire/Explain'

/** A pure function gives a pure handler; one that asks for the context gives an effectful one. */
export type DecodeJson<A> = <R, Rest extends readonly [] | readonly [context: Context<unknown>]>(
  f: (value: A, record: KinesisRecord.KinesisRecord, ...rest: Rest) => R
) => (record: KinesisRecord.KinesisRecord, ...rest: Rest) => R | Decision.Reject

export interface DecodeOptions {
  /** Makes a value of the payload's text, and throws when it cannot; `JSON.parse` by default. */
  readonly parse?: KinesisRecord.Parse
}

/**
 * Builds a handler from a codec and a function of the decoded value. A record that is not UTF-8, not JSON or
 * not what the codec expects becomes a `reject` whose reason says where, what was expected and what was found.
 *
 * `JSON.parse` rounds integers above 2^53, such as ids of 64 bits. To get them exactly give another parser:
 * `decodeJson(Order, { parse: LosslessJSON.parse })`, with a codec of what it makes of numbers.
 */
export const decodeJson =
  <A>(codec: t.Decoder<unknown, A>, { parse = JSON.parse }: DecodeOptions = {}): DecodeJson<A> =>
  (f) =>
  (record, ...rest) =>
    pipe(
      KinesisRecord.jsonWith(parse)(record),
      E.mapLeft((problem) => problem.message),
      E.chain((value) =>
        pipe(
          codec.decode(value),
          E.mapLeft((errors) => explain(errors).join('; '))
        )
      ),
      E.matchW(Decision.reject, (value) => f(value, record, ...rest))
    )
