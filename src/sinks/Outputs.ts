/** The handler module's export `outputs`: a codec for each sink, by its name. */
import * as E from 'fp-ts/Either'
import * as Config from '../config/Config'
import { found } from '../protocol/wire/Explain'
import * as Failure from '../core/Failure'

/** The value as its sink's codec encodes it; Left: the handler gave what the codec does not take. */
export type Encode = (sink: string, value: unknown) => E.Either<Failure.Failure, unknown>

interface Codec {
  readonly name: string
  readonly is: (value: unknown) => boolean
  readonly encode: (value: unknown) => unknown
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCodec = (value: unknown): value is Codec =>
  typeof value === 'object' &&
  value !== null &&
  'is' in value &&
  typeof value.is === 'function' &&
  'encode' in value &&
  typeof value.encode === 'function'

const encodeWith =
  (codecs: ReadonlyMap<string, Codec>): Encode =>
  (sink, value) => {
    const codec = codecs.get(sink)
    if (codec === undefined) return E.right(value)
    return E.flatten(
      E.tryCatch(
        () =>
          codec.is(value)
            ? E.right(codec.encode(value))
            : E.left(Failure.make('InvalidOutput', `found ${found(value)}, expected ${codec.name}`)),
        Failure.fromUnknown
      )
    )
  }

/**
 * Compares its keys with the sinks that are configured; one that only takes dead letters needs no codec.
 *
 * Left: a sentence for each that is on one side alone, and for each value that is no codec.
 */
export const read = (
  outputs: unknown,
  {
    sinks,
    failure
  }: {
    readonly sinks: Config.Config['sinks']
    readonly failure: Pick<Config.Config['failure'], 'deadLetters'>
  }
): E.Either<ReadonlyArray<string>, Encode> => {
  if (outputs === undefined) return E.right((_sink, value) => E.right(value))
  if (!isFields(outputs))
    return E.left([
      `the handler's export \`outputs\` is ${found(outputs)}, expected a record of codecs by sink`
    ])
  const letters = Config.sinkOf(failure.deadLetters)
  const problems = [
    ...Object.entries(outputs).flatMap(([name, codec]) => [
      ...(Object.hasOwn(sinks, name)
        ? []
        : [`the handler's export \`outputs\` has ${name}, and the configuration has no sinks.${name}`]),
      ...(isCodec(codec) ? [] : [`the handler's export \`outputs.${name}\` is no io-ts codec`])
    ]),
    ...Object.keys(sinks)
      .filter((name) => !Object.hasOwn(outputs, name) && name !== letters)
      .map((name) => `there is sinks.${name}, and the handler's export \`outputs\` has no ${name}`)
  ]
  if (problems.length > 0) return E.left(problems)
  return E.right(
    encodeWith(
      new Map(Object.entries(outputs).flatMap(([name, codec]) => (isCodec(codec) ? [[name, codec]] : [])))
    )
  )
}
