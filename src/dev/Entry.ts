/** One line of input as a record to put on the stream. */
import { isUtf8 } from 'node:buffer'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Base64 from '../payload/Base64'
import { found } from '../protocol/wire/Explain'
import { isFields, type Fields } from '../protocol/Fields'
import * as JsonText from '../payload/JsonText'
import * as Time from '../values/Time'

export interface Entry {
  /** null: the line names none, and the shards take such lines in turn. */
  readonly partitionKey: string | null
  readonly base64: string
  /** Milliseconds since 1970; null: now. */
  readonly arrival: number | null
}

/** Kinesis takes keys of 1 to 256 characters. */
const MAX_KEY = 256

const keyOf = (value: unknown, name: string): E.Either<string, string> =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_KEY
    ? E.right(value)
    : E.left(`${name}: expected text of 1 to ${MAX_KEY} characters, found ${found(value)}`)

/** Half a surrogate pair, which UTF-8 cannot hold. */
const HALF_PAIR = /\p{Surrogate}/u

const utf8 = (text: string): E.Either<string, string> =>
  HALF_PAIR.test(text)
    ? E.left('data: half of a surrogate pair cannot be written in UTF-8; use dataBase64')
    : E.right(Buffer.from(text).toString('base64'))

/** Of data that is no text the bytes as they stand on the line: what JSON.parse made of them may have lost something. */
const dataOf = ({ data, dataBase64 }: Fields, line: Buffer): E.Either<string, string> => {
  if (dataBase64 === undefined) {
    if (data === undefined) return E.left('a record has either data or dataBase64, found neither')
    if (typeof data === 'string') return utf8(data)
    return E.right(Buffer.from(JsonText.at(line, ['data']) ?? []).toString('base64'))
  }
  if (data !== undefined) return E.left('a record has either data or dataBase64, found both')
  return typeof dataBase64 === 'string' && Base64.is(dataBase64)
    ? E.right(dataBase64)
    : E.left(`dataBase64: expected standard base64 with padding, found ${found(dataBase64)}`)
}

const ARRIVAL = 'approximateArrivalTimestamp'

/** The milliseconds that a Date can hold. */
const MAX_MILLIS = 8.64e15

const isMillis = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_MILLIS

const arrivalOf = (value: unknown): E.Either<string, number | null> => {
  if (value === undefined || value === null) return E.right(null)
  if (isMillis(value)) return E.right(value)
  const time = Time.parse(typeof value === 'string' ? value : '')
  if (E.isRight(time)) return time
  const why = typeof value === 'string' ? `, ${time.left}` : ''
  return E.left(
    `${ARRIVAL}: found ${found(value)}${why}; expected ${Time.EXPECTED}, or milliseconds since 1970`
  )
}

const record = (fields: Fields, line: Buffer): E.Either<string, Entry> =>
  pipe(
    keyOf(fields['partitionKey'], 'partitionKey'),
    E.bindTo('partitionKey'),
    E.bind('base64', () => dataOf(fields, line)),
    E.bind('arrival', () => arrivalOf(fields[ARRIVAL]))
  )

/** undefined: not JSON, as what is not UTF-8 never is. */
const parse = (line: Buffer): unknown => {
  if (!isUtf8(line)) return undefined
  try {
    return JSON.parse(line.toString('utf8'))
  } catch {
    return undefined
  }
}

const whole = (line: Buffer, partitionKey: string | null): Entry => ({
  partitionKey,
  base64: line.toString('base64'),
  arrival: null
})

/** The text that the key is written with: of a number its digits, since a large one would share its key with others. */
const keyAt = (line: Buffer, path: string): unknown => {
  const bytes = JsonText.at(line, path.split('.'))
  if (bytes === null) return undefined
  const text = Buffer.from(bytes).toString('utf8')
  const value: unknown = JSON.parse(text)
  return typeof value === 'number' || typeof value === 'boolean' ? text : value
}

/** The whole line is the data, and the value at the path its key. */
const keyed = (line: Buffer, path: string): E.Either<string, Entry> =>
  parse(line) === undefined
    ? E.left(`not JSON, so there is no ${path} (--key)`)
    : pipe(
        keyOf(keyAt(line, path), `${path} (--key)`),
        E.map((text) => whole(line, text))
      )

const BRACE = 0x7b

/**
 * Without a path an object with a `partitionKey` is a record, with `data` (text, or any other JSON, as it is written)
 * or `dataBase64`, and perhaps `approximateArrivalTimestamp`; any other line is data without a key. With a
 * path every line is data, and its key stands at the path.
 *
 * Left: what is wrong with it, without the line's number.
 */
export const read =
  (path: string | null) =>
  (line: Buffer): E.Either<string, Entry> => {
    if (path !== null) return keyed(line, path)
    if (line[0] !== BRACE) return E.right(whole(line, null))
    const value = parse(line)
    return isFields(value) && 'partitionKey' in value ? record(value, line) : E.right(whole(line, null))
  }
