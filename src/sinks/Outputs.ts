/** The handler module's export `outputs`: a codec or a schema for each sink, by its name. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { sinkOf } from '../values/Key'
import type { StandardSchema } from '../core/Schema'
import { found } from '../protocol/wire/Explain'
import { isFields } from '../protocol/Fields'
import * as Failure from '../core/Failure'
import * as Validation from '../payload/Validation'

/**
 * What the sink gets: the value as a codec of io-ts encodes it, or as another schema gives it when it has validated it.
 * Left: the handler gave what the codec or the schema does not take.
 */
export type Encode = (sink: string, value: unknown) => E.Either<Failure.Failure, unknown>

interface Codec {
  readonly name: string
  readonly is: (value: unknown) => boolean
  readonly encode: (value: unknown) => unknown
}

const isCodec = (value: unknown): value is Codec =>
  typeof value === 'object' &&
  value !== null &&
  'is' in value &&
  typeof value.is === 'function' &&
  'encode' in value &&
  typeof value.encode === 'function'

/** Of one sink. */
type EncodeOne = (value: unknown) => E.Either<Failure.Failure, unknown>

const encodeByCodec =
  (codec: Codec): EncodeOne =>
  (value) =>
    codec.is(value)
      ? E.right(codec.encode(value))
      : E.left(Failure.make('InvalidOutput', `found ${found(value)}, expected ${codec.name}`))

const encodeBySchema = (schema: StandardSchema): EncodeOne => {
  const validate = Validation.of(schema)
  return (value) =>
    pipe(
      validate(value),
      E.mapLeft((problem) => Failure.make('InvalidOutput', problem))
    )
}

/** null: it is neither a codec nor a schema. */
const encoderOf = (value: unknown): EncodeOne | null =>
  Validation.isStandard(value) ? encodeBySchema(value) : isCodec(value) ? encodeByCodec(value) : null

const encodeWith =
  (encoders: ReadonlyMap<string, EncodeOne>): Encode =>
  (sink, value) => {
    const encode = encoders.get(sink)
    if (encode === undefined) return E.right(value)
    return E.flatten(E.tryCatch(() => encode(value), Failure.fromUnknown))
  }

/**
 * Compares its keys with the sinks that are configured; one that only takes dead letters needs no codec.
 *
 * Left: a sentence for each that is on one side alone, and for each value that is neither a codec nor a schema.
 */
export const read = (
  outputs: unknown,
  {
    sinks,
    failure
  }: {
    readonly sinks: Readonly<Record<string, unknown>>
    readonly failure: { readonly deadLetters: string }
  }
): E.Either<ReadonlyArray<string>, Encode> => {
  if (outputs === undefined) return E.right((_sink, value) => E.right(value))
  if (!isFields(outputs))
    return E.left([
      `the handler's export \`outputs\` is ${found(outputs)}, expected a record of codecs by sink`
    ])
  const letters = sinkOf(failure.deadLetters)
  const encoders = Object.entries(outputs).map(([name, schema]) => [name, encoderOf(schema)] as const)
  const problems = [
    ...encoders.flatMap(([name, encode]) => [
      ...(Object.hasOwn(sinks, name)
        ? []
        : [`the handler's export \`outputs\` has ${name}, but the configuration has no sinks.${name}`]),
      ...(encode === null
        ? [
            `the handler's export \`outputs.${name}\` is neither an io-ts codec nor a schema of a library that ` +
              'implements Standard Schema'
          ]
        : [])
    ]),
    ...Object.keys(sinks)
      .filter((name) => !Object.hasOwn(outputs, name) && name !== letters)
      .map(
        (name) => `the configuration has sinks.${name}, but the handler's export \`outputs\` has no ${name}`
      )
  ]
  if (problems.length > 0) return E.left(problems)
  return E.right(
    encodeWith(
      new Map(encoders.flatMap(([name, encode]) => (encode === null ? [] : [[name, encode] as const])))
    )
  )
}
