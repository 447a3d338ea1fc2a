/** The codec of a key: how its values are written, read and shown, and what an editor can know of them. */
import * as t from 'io-ts'

/** The part of JSON Schema that says what may be written. */
export interface Json {
  readonly type?: string | ReadonlyArray<string>
  readonly enum?: ReadonlyArray<string | number | boolean>
  /** Of text. */
  readonly pattern?: string
  readonly minLength?: number
  /** Of numbers. */
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  /** Of lists. */
  readonly items?: Json
  readonly minItems?: number
  /** Of maps. */
  readonly additionalProperties?: Json
  readonly anyOf?: ReadonlyArray<Json>
}

/**
 * How text is read. `file`: its home folder and variables are replaced, and it becomes absolute, relative to the file or
 * folder that it is said in. `path`: they are replaced. `verbatim`: it is not ours to read. `plain`: a variable is refused.
 */
export type Reading = 'file' | 'path' | 'verbatim' | 'plain'

/** `A` is what a value is in the program, `W` how it is written. */
export class Codec<A, W = A> extends t.Type<A, W> {
  constructor(
    type: Pick<t.Type<A, W>, 'name' | 'is' | 'validate' | 'encode'>,
    readonly json: Json,
    readonly reading: Reading = 'plain'
  ) {
    super(type.name, type.is, type.validate, type.encode)
  }
}

/** Any codec, where the type of its values is not known. */
export interface Any extends Pick<Codec<unknown>, 'name' | 'json' | 'reading' | 'is' | 'decode'> {
  // A method, whose parameter is compared both ways: who encodes has a value of the codec's own.
  encode(value: unknown): unknown
}

/** A codec of the values that `is` accepts; its name is the text of messages. */
export const guarded = <A>(
  name: string,
  json: Json,
  is: (u: unknown) => u is A,
  reading?: Reading
): Codec<A> =>
  new Codec(
    { name, is, validate: (u, c) => (is(u) ? t.success(u) : t.failure(u, c)), encode: t.identity },
    json,
    reading
  )

interface Parsing<A, W> {
  readonly is: (u: unknown) => u is A
  readonly parse: (u: unknown) => unknown
  readonly encode: (a: A) => W
}

/** A codec by `parse`; of a wrong value, `parse` returns something that `is` does not accept. */
export const parsed = <A, W>(
  name: string,
  json: Json,
  { is, parse, encode }: Parsing<A, W>,
  reading?: Reading
): Codec<A, W> =>
  new Codec(
    {
      name,
      is,
      validate: (u, c) => {
        const value = parse(u)
        return is(value) ? t.success(value) : t.failure(u, c)
      },
      encode
    },
    json,
    reading
  )
