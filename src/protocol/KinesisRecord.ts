/** One user record as the handler sees it. Aggregated (KPL) records arrive already taken apart by the daemon. */
import * as E from 'fp-ts/Either'
import type { Position } from './Position'
import * as Signature from './Signature'

/**
 * The bytes of a payload: a Buffer of Node's. Only what differs from Uint8Array is declared here, so that a handler compiles
 * without `@types/node`.
 */
export interface Payload extends Uint8Array {
  /**
   * The bytes as text; UTF-8 unless another encoding is named. A byte that is not UTF-8 becomes U+FFFD: `text(record)` reports
   * it.
   */
  toString(
    encoding?: 'utf8' | 'utf-8' | 'base64' | 'base64url' | 'hex' | 'latin1' | 'ascii' | 'utf16le'
  ): string
}

/** What a handler gets: a Kinesis record, or one user record of an aggregated (KPL) record. */
export interface KinesisRecord extends Position {
  /** The shard that the record comes from, such as `shardId-000000000000`. */
  readonly shardId: string
  /** The partition key that the producer chose, 1 to 256 characters. */
  readonly partitionKey: string
  /** Milliseconds since 1970, set by Kinesis when it stored the record; null when the daemon does not know. */
  readonly approximateArrivalTimestamp: number | null
  /** The payload as it came over the wire: standard base64 with padding. */
  readonly base64: string
  /** The payload. Decoded from base64 when first asked for, then kept. */
  readonly data: Payload
}

export interface Fields {
  readonly shardId: string
  readonly sequenceNumber: string
  readonly subSequenceNumber: number
  readonly partitionKey: string
  readonly approximateArrivalTimestamp: number | null
  readonly base64: string
}

class Lazy implements KinesisRecord {
  readonly shardId: string
  readonly sequenceNumber: string
  readonly subSequenceNumber: number
  readonly partitionKey: string
  readonly approximateArrivalTimestamp: number | null
  readonly base64: string
  #data: Payload | undefined

  constructor(fields: Fields) {
    this.shardId = fields.shardId
    this.sequenceNumber = fields.sequenceNumber
    this.subSequenceNumber = fields.subSequenceNumber
    this.partitionKey = fields.partitionKey
    this.approximateArrivalTimestamp = fields.approximateArrivalTimestamp
    this.base64 = fields.base64
    this.#data = undefined
  }

  get data(): Payload {
    return (this.#data ??= Buffer.from(this.base64, 'base64'))
  }
}

export const make = (fields: Fields): KinesisRecord => new Lazy(fields)

/** The bytes of the payload, known without decoding it. */
export const size = ({ base64 }: Fields): number => {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return (base64.length / 4) * 3 - padding
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A scratch buffer that payloads are decoded into on their way to a text: no result refers to it. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/** Up to here `atob`, which makes a text at once, and a look through it are sooner done than a copy and another one. */
const SHORT = 400

/** Looked up once: a global name is a function of Node's. */
const decodeShort = atob
const NodeBuffer = Buffer

/** null: not all of it is ASCII, or it is no base64 of the standard alphabet. */
const ascii = (base64: string): string | null => {
  try {
    const found = decodeShort(base64)
    return NodeBuffer.byteLength(found, 'utf8') === found.length ? found : null
  } catch {
    return null
  }
}

/** With U+FFFD in the place of broken bytes. */
const loose = ({ base64 }: KinesisRecord): string => {
  const short = base64.length > SHORT ? null : ascii(base64)
  if (short !== null) return short
  if (base64.length > scratch.length) return Buffer.from(base64, 'base64').toString('utf8')
  return scratch.toString('utf8', 0, scratch.write(base64, 'base64'))
}

/** What the payload seems to be instead. */
const begun = ({ data }: KinesisRecord): string | null => {
  const name = Signature.nameOf(data)
  if (name === null) return null
  return Signature.hasMark(data) ? `it begins with ${name}` : `it begins as ${name} does`
}

const notText = (record: KinesisRecord): Error => {
  const beginning = begun(record)
  return new Error(`the data is not UTF-8 text${beginning === null ? '' : `: ${beginning}`}`)
}

/** The parser's own words would show an invisible character, or none at all. */
const notJson = (record: KinesisRecord, problem: unknown): Error =>
  new Error(`the data is not JSON: ${begun(record) ?? E.toError(problem).message}`)

/**
 * The payload as UTF-8 text, including a byte order mark. Left: the payload is not UTF-8; no character is replaced
 * silently. The error says so if the payload looks compressed.
 *
 * @param record the record
 * @returns Right: the text. Left: why it is not text. It never throws.
 */
export const text = (record: KinesisRecord): E.Either<Error, string> => {
  const found = loose(record)
  // Only a text with U+FFFD can have come from broken bytes: the exact and slower decoder decides then.
  return found.includes('\ufffd')
    ? E.tryCatch(
        () => strict.decode(record.data),
        () => notText(record)
      )
    : E.right(found)
}

/** Takes the text of a payload; throws when it cannot. */
export type Parse = (text: string) => unknown

/**
 * The payload as JSON, read by a parser of your own. Use it for integers above 2^53, which `JSON.parse` rounds:
 * `jsonWith(LosslessJSON.parse)` with the package `lossless-json`. Left: the payload is not UTF-8, or the parser
 * threw.
 *
 * @param parse takes the text, and throws if it is not JSON
 * @returns a function of the record. Right: the value. Left: why there is none. It never throws.
 */
export const jsonWith =
  (parse: Parse) =>
  (record: KinesisRecord): E.Either<Error, unknown> => {
    const found = text(record)
    if (E.isLeft(found)) return found
    try {
      return E.right(parse(found.right))
    } catch (problem) {
      return E.left(notJson(record, problem))
    }
  }

/**
 * The payload as JSON. Its numbers become those of JavaScript: an integer above 2^53 is rounded (see `jsonWith`).
 *
 * Left: not UTF-8, or not JSON (with the parser's words). A byte order mark and compressed data are named.
 *
 * @function
 * @param record the record
 * @returns Right: the value. Left: why there is none. It never throws.
 */
export const json: (record: KinesisRecord) => E.Either<Error, unknown> = jsonWith(JSON.parse)
