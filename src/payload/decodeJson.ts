/** A schema in front of a handler. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'io-ts'
import * as Decision from '../core/Decision'
import type { Answer, Context, Effect } from '../core/Handler'
import type { StandardSchema } from '../core/Schema'
import * as KinesisRecord from '../protocol/KinesisRecord'
import * as Gzip from './Gzip'
import * as Validation from './Validation'

/** What a pure function may give. A promise, or nothing for want of a `return`, is a compile error. */
export type PureAnswer = Answer<Decision.Output>

/** What a function that asks for the context may give. */
export type EffectAnswer = PureAnswer | Effect<PureAnswer>

/** Without the context a function is pure. */
type AnswerFor<Rest> = Rest extends readonly [] ? PureAnswer : EffectAnswer

/** A pure function gives a pure handler; one that asks for the context gives an effectful one. */
export type Decoded<A> = <
  R extends AnswerFor<Rest>,
  Rest extends readonly [] | readonly [context: Context<unknown>]
>(
  f: (value: A, record: KinesisRecord.KinesisRecord, ...rest: Rest) => R
) => (record: KinesisRecord.KinesisRecord, ...rest: Rest) => R | Decision.Reject

/** Gives an effectful handler, of a function that may do without the context. */
export type DecodedEffect<A> = <R extends EffectAnswer, Resource = undefined>(
  f: (value: A, record: KinesisRecord.KinesisRecord, context: Context<Resource>) => R
) => (record: KinesisRecord.KinesisRecord, context: Context<Resource>) => R | Decision.Reject

export interface DecodeOptions {
  /** Makes a value of the payload's text, and throws when it cannot; `JSON.parse` by default. */
  readonly parse?: KinesisRecord.Parse
  /** A payload that begins as gzip does is decompressed first. */
  readonly gzip?: boolean
}

interface DecodeJson {
  <A>(schema: StandardSchema<unknown, A>, options?: DecodeOptions): Decoded<A>
  <A>(codec: t.Decoder<unknown, A>, options?: DecodeOptions): Decoded<A>
  /**
   * The same in front of an effectful handler.
   *
   * @example
   * export const handler = decodeJson.effect(Order)(async (order, record, { resource }: Context<Database>) => {
   *   await resource.insert(order)
   *   return ack()
   * })
   */
  readonly effect: {
    <A>(schema: StandardSchema<unknown, A>, options?: DecodeOptions): DecodedEffect<A>
    <A>(codec: t.Decoder<unknown, A>, options?: DecodeOptions): DecodedEffect<A>
  }
}

const reading = <A>(
  schema: Validation.Schema<A>,
  { parse = JSON.parse, gzip = false }: DecodeOptions
): ((record: KinesisRecord.KinesisRecord) => E.Either<string, A>) => {
  const validate = Validation.of(schema)
  const json = gzip ? Gzip.jsonWith(parse) : KinesisRecord.jsonWith(parse)
  return (record) =>
    pipe(
      json(record),
      E.mapLeft((problem) => problem.message),
      E.chain(validate)
    )
}

const decoding = <A>(schema: Validation.Schema<A>, options: DecodeOptions = {}): Decoded<A> => {
  const read = reading(schema, options)
  return (f) =>
    (record, ...rest) =>
      pipe(
        read(record),
        E.matchW(Decision.reject, (value) => f(value, record, ...rest))
      )
}

const decodingEffect = <A>(schema: Validation.Schema<A>, options: DecodeOptions = {}): DecodedEffect<A> => {
  const read = reading(schema, options)
  return (f) => (record, context) =>
    pipe(
      read(record),
      E.matchW(Decision.reject, (value) => f(value, record, context))
    )
}

/**
 * Builds a handler from a schema and a function of the decoded value. The schema is a codec of io-ts, or one of zod,
 * valibot, arktype or any other library that implements Standard Schema. A record that is not UTF-8, not JSON or not what
 * the schema expects becomes a `reject` whose reason says where, what was expected and what was found.
 *
 * `JSON.parse` rounds integers above 2^53, such as ids of 64 bits. To get them exactly give another parser:
 * `decodeJson(Order, { parse: LosslessJSON.parse })`, with a schema of what it makes of numbers.
 *
 * A schema that validates asynchronously is a mistake of the program: the handler throws, which is a failure.
 */
export const decodeJson: DecodeJson = Object.assign(decoding, { effect: decodingEffect })
