/** A schema in front of a handler. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'io-ts'
import * as Decision from '../core/Decision'
import type { StandardSchema } from '../core/Schema'
import * as KinesisRecord from '../protocol/KinesisRecord'
import * as Decoded from './Decoded'
import * as Gzip from './Gzip'
import * as Validation from './Validation'

/** How the payload becomes a value, before the schema sees it. */
export interface DecodeOptions {
  /** Parses the text of the payload, and throws if it cannot; `JSON.parse` by default. */
  readonly parse?: KinesisRecord.Parse
  /** Decompresses a payload that begins like gzip. */
  readonly gzip?: boolean
}

interface DecodeJson {
  /**
   * With a schema of zod, valibot, arktype or any other library that implements Standard Schema.
   *
   * @param schema what the value must be
   * @param options how the payload becomes a value
   * @returns a function that takes yours and returns the handler
   * @throws TypeError when the handler is called, if the schema validates asynchronously
   */
  <A>(schema: StandardSchema<unknown, A>, options?: DecodeOptions): Decoded.Decoded<A>
  /**
   * With a codec of io-ts.
   *
   * @param codec what the value must be
   * @param options how the payload becomes a value
   * @returns a function that takes yours and returns the handler, which throws only if yours does
   */
  <A>(codec: t.Decoder<unknown, A>, options?: DecodeOptions): Decoded.Decoded<A>
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
    <A>(schema: StandardSchema<unknown, A>, options?: DecodeOptions): Decoded.DecodedEffect<A>
    <A>(codec: t.Decoder<unknown, A>, options?: DecodeOptions): Decoded.DecodedEffect<A>
  }
}

const reading = <A>(
  schema: Validation.Schema<A>,
  { parse = JSON.parse, gzip = false }: DecodeOptions
): Decoded.Read<A, Decision.Reject> => {
  const validate = Validation.of(schema)
  const json = gzip ? Gzip.jsonWith(parse) : KinesisRecord.jsonWith(parse)
  return (record) =>
    pipe(
      json(record),
      E.mapLeft((problem) => problem.message),
      E.chain(validate),
      E.mapLeft(Decision.reject)
    )
}

/**
 * Builds a handler from a schema and a function of the decoded value. The schema is a codec of io-ts, or one of zod,
 * valibot, arktype or any other library that implements Standard Schema. A record that is not UTF-8, not JSON or not what
 * the schema expects becomes a `reject` whose reason says where, what was expected and what was found.
 *
 * `JSON.parse` rounds integers above 2^53, such as 64-bit ids. `decodeJson(Order, { parse: exactIntegers })`, with
 * `exactIntegers` from `kclts/decoders`, reads them as bigints.
 *
 * A schema that validates asynchronously is a mistake in the program: the handler throws, which is a failure.
 *
 * @function
 */
export const decodeJson: DecodeJson = Object.assign(
  <A>(schema: Validation.Schema<A>, options: DecodeOptions = {}) => Decoded.pure(reading(schema, options)),
  {
    effect: <A>(schema: Validation.Schema<A>, options: DecodeOptions = {}) =>
      Decoded.effectful(reading(schema, options))
  }
)
