/** Records of several lines of text. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'io-ts'
import * as Decision from '../core/Decision'
import type { StandardSchema } from '../core/Schema'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import type { DecodeOptions } from './decodeJson'
import * as Decoded from './Decoded'
import * as Gzip from './Gzip'
import * as Validation from './Validation'

/** The lines without their ends, `\n` or `\r\n`. An end after the last line begins no other. */
const split = (text: string): ReadonlyArray<string> => {
  const lines = text.split(/\r?\n/)
  return lines[lines.length - 1] === '' ? lines.slice(0, -1) : lines
}

const linesOf = (record: KinesisRecord): E.Either<string, ReadonlyArray<string>> =>
  pipe(
    Gzip.text(record),
    E.bimap((problem) => problem.message, split)
  )

const reading: Decoded.Read<ReadonlyArray<string>, Decision.Reject> = (record) =>
  pipe(linesOf(record), E.mapLeft(Decision.reject))

/**
 * Builds a handler of the lines of a text. A payload that begins like gzip is decompressed first; one that is not UTF-8
 * becomes a `reject`.
 *
 * @function
 * @param f takes the lines and the record, and the context if it is effectful
 * @returns the handler
 * @example
 * export const handler = decodeLines((lines) => to.logs.all(lines)(ack()))
 */
export const decodeLines = Object.assign(Decoded.pure(reading), { effect: Decoded.effectful(reading) })

type ParseOptions = Pick<DecodeOptions, 'parse'>

type Values<A> = ReadonlyArray<A>

interface DecodeJsonLines {
  /**
   * With a schema of zod, valibot, arktype or any other library that implements Standard Schema.
   *
   * @param schema what the value of a line must be
   * @param options how a line becomes a value
   * @returns a function that takes yours and returns the handler
   * @throws TypeError when the handler is called, if the schema validates asynchronously
   */
  <A>(schema: StandardSchema<unknown, A>, options?: ParseOptions): Decoded.Decoded<Values<A>>
  /**
   * With a codec of io-ts.
   *
   * @param codec what the value of a line must be
   * @param options how a line becomes a value
   * @returns a function that takes yours and returns the handler, which throws only if yours does
   */
  <A>(codec: t.Decoder<unknown, A>, options?: ParseOptions): Decoded.Decoded<Values<A>>
  /** The same in front of an effectful handler. */
  readonly effect: {
    <A>(schema: StandardSchema<unknown, A>, options?: ParseOptions): Decoded.DecodedEffect<Values<A>>
    <A>(codec: t.Decoder<unknown, A>, options?: ParseOptions): Decoded.DecodedEffect<Values<A>>
  }
}

const parsed =
  <A>(validate: Validation.Validate<A>, parse: (text: string) => unknown) =>
  (line: string): E.Either<string, A> =>
    pipe(
      E.tryCatch(
        () => parse(line),
        (thrown) => `not JSON: ${E.toError(thrown).message}`
      ),
      E.chain(validate)
    )

const valuesOf =
  <A>(decode: (line: string) => E.Either<string, A>) =>
  (lines: ReadonlyArray<string>): E.Either<string, Values<A>> => {
    const values: Array<A> = []
    for (const [index, line] of lines.entries()) {
      if (line.trim() === '') continue
      const value = decode(line)
      if (E.isLeft(value)) return E.left(`line ${index + 1}: ${value.left}`)
      values.push(value.right)
    }
    return E.right(values)
  }

const readingValues = <A>(
  schema: Validation.Schema<A>,
  { parse = JSON.parse }: ParseOptions
): Decoded.Read<Values<A>, Decision.Reject> => {
  const values = valuesOf(parsed(Validation.of(schema), parse))
  return (record) => pipe(linesOf(record), E.chain(values), E.mapLeft(Decision.reject))
}

/**
 * Builds a handler of the values of a text with a JSON value on each line (NDJSON); blank lines are ignored. One line
 * that is not JSON, or not what the schema expects, makes the whole record a `reject` that names it.
 *
 * @function
 */
export const decodeJsonLines: DecodeJsonLines = Object.assign(
  <A>(schema: Validation.Schema<A>, options: ParseOptions = {}) =>
    Decoded.pure(readingValues(schema, options)),
  {
    effect: <A>(schema: Validation.Schema<A>, options: ParseOptions = {}) =>
      Decoded.effectful(readingValues(schema, options))
  }
)
