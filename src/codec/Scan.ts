/**
 * The fast way to read a batch: by the bytes of its line, where the daemon always puts them.
 *
 * Jackson writes the properties of `ProcessRecordsMessage` and `JsonFriendlyRecord` in one order and without white
 * space. A line of exactly that layout is taken here; whatever is different (another order, an unknown field, an escape,
 * white space, a control character) is left to `JSON.parse`, which gives the same records or says what is wrong.
 *
 * Nothing as long as the line is made: where each record begins and ends is noted, and a record is made when it is asked
 * for, of strings of its own. So it is valid for as long as somebody holds it, and holds nothing of the line.
 */
import { isAscii } from 'node:buffer'
import * as KinesisRecord from '../core/KinesisRecord'
import type { KinesisRecords } from '../core/KinesisRecords'
import * as Lines from './Lines'

export interface Batch {
  /** Made from the line when asked for: until the last one is made, the line has to stay as it is. */
  readonly records: KinesisRecords
  readonly millisBehindLatest: number | null
}

/** Bytes that a line has to have at some place, compared four at a time; the last four may overlap those before. */
interface Expected {
  readonly length: number
  readonly places: ReadonlyArray<number>
  readonly words: Int32Array
}

const WORD = 4

const expected = (text: string): Expected => {
  const { length } = text
  const places = Array.from({ length: Math.ceil(length / WORD) }, (_, i) => Math.min(i * WORD, length - WORD))
  const bytes = Buffer.from(text, 'latin1')
  return { length, places, words: Int32Array.from(places, (place) => bytes.readInt32LE(place)) }
}

const OPENING = expected('{"action":"processRecords","records":[')
const DATA = expected('{"data":"')
const KEY = expected('","partitionKey":"')
const SEQUENCE = expected('","sequenceNumber":"')
const ARRIVAL = expected('","approximateArrivalTimestamp":')
const SUB = expected(',"subSequenceNumber":')
const CLOSING = expected(',"action":"record"}')
const BEHIND = expected('],"millisBehindLatest":')
const NULL = expected('null')

const QUOTE = 0x22
const COMMA = 0x2c
const ZERO = 0x30
const NINE = 0x39
const PAD = 0x3d
const BACKSLASH = 0x5c
const CLOSING_BRACKET = 0x5d
const CLOSING_BRACE = 0x7d

/** A number of so many digits is exact. */
const MAX_DIGITS = 15

/** A line, to be read byte by byte or by words at any place. */
interface Line {
  readonly bytes: Buffer
  readonly words: DataView
  /** The same at places that 4 divides. */
  readonly integers: Int32Array
}

const lineOf = (bytes: Buffer): Line => ({
  bytes,
  words: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  integers: new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
})

/**
 * The batch on a line, or null: the line has another layout, or is no batch.
 *
 * @param bytes of the line, without its newline. They are taken over, and released with the records.
 */
export const batch = (shardId: string, bytes: Buffer): Batch | null => {
  const line = lineOf(bytes.byteOffset % WORD === 0 ? bytes : Buffer.concat([bytes]))
  const opened = after(line, 0, OPENING)
  if (opened < 0 || bytes.includes(BACKSLASH) || !isAscii(bytes)) return null
  const notes = new Notes()
  const found = batchOf(line, opened, shardId, notes)
  if (found === null) notes.release()
  return found
}

const batchOf = (line: Line, opened: number, shardId: string, notes: Notes): Batch | null => {
  const from = after(line, noteRecords(line, opened, notes), BEHIND)
  const to = afterNumber(line, from)
  const { bytes } = line
  return to >= 0 && bytes[to] === CLOSING_BRACE && to + 1 === bytes.length
    ? { records: new Records(shardId, bytes, notes), millisBehindLatest: numberAt(line, from, to) }
    : null
}

// -- bytes ------------------------------------------------------------------------------------------------------------

/** The place after what is expected, or -1: something else is there, or the place is -1 already. */
const after = ({ words }: Line, at: number, { length, places, words: wanted }: Expected): number => {
  if (at < 0 || at + length > words.byteLength) return -1
  for (let i = 0; i < wanted.length; i++)
    if (words.getInt32(at + (places[i] ?? 0), true) !== wanted[i]) return -1
  return at + length
}

/** The place of the next quote, or -1. For keys, which are short. */
const quote = ({ bytes }: Line, from: number): number => {
  if (from < 0) return -1
  for (let at = from; at < bytes.length; at++) if (bytes[at] === QUOTE) return at
  return -1
}

/** The same for payloads: the search costs a call, but takes many bytes at a time. */
const quoteFar = ({ bytes }: Line, from: number): number => (from < 0 ? -1 : bytes.indexOf(QUOTE, from))

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE

/** Whether these are four digits: they are 3x, and still are with 6 added to each x. */
const areDigits = (word: number): boolean =>
  (word & 0xf0f0f0f0) === 0x30303030 && ((word + 0x06060606) & 0xf0f0f0f0) === 0x30303030

/** The place after a whole number as JSON has it, without a sign, or -1. */
const afterDigits = ({ bytes, words }: Line, from: number): number => {
  if (from < 0) return -1
  let to = from
  while (to + WORD <= bytes.length && areDigits(words.getInt32(to, true))) to += WORD
  while (isDigit(bytes[to])) to += 1
  return to === from || (bytes[from] === ZERO && to > from + 1) ? -1 : to
}

/** The place after a number of few digits, or `null`. */
const afterNumber = (line: Line, from: number): number => {
  const to = afterDigits(line, from)
  return to < 0 ? after(line, from, NULL) : to - from > MAX_DIGITS ? -1 : to
}

/** What `afterNumber` has passed. */
const numberAt = ({ bytes }: Line, from: number, to: number): number | null => {
  if (!isDigit(bytes[from])) return null
  let number = 0
  for (let i = from; i < to; i++) number = number * 10 + (bytes[i] ?? 0) - ZERO
  return number
}

const HIGH_BITS = 0x80808080 | 0
/** Added to a byte of ASCII it sets the high bit, unless the byte is below a space. */
const TO_HIGH = 0x60606060

/**
 * Whether a text of a line of ASCII has a control character, which JSON does not allow there. Four bytes at a time, and a
 * few more than the text, which is harmless: around it is what was expected there.
 */
const hasControl = ({ integers }: Line, from: number, to: number): boolean => {
  const last = (to + WORD - 1) >> 2
  let high = HIGH_BITS
  let at = from >> 2
  for (; at + 4 <= last; at += 4) {
    const first = ((integers[at] ?? 0) + TO_HIGH) & ((integers[at + 1] ?? 0) + TO_HIGH)
    high &= first & ((integers[at + 2] ?? 0) + TO_HIGH) & ((integers[at + 3] ?? 0) + TO_HIGH)
  }
  for (; at < last; at++) high &= (integers[at] ?? 0) + TO_HIGH
  return (high & HIGH_BITS) !== HIGH_BITS
}

// -- records ----------------------------------------------------------------------------------------------------------

/** What is noted of a record: where its data, its key and its sequence number are, and its two numbers. */
const DATA_FROM = 0
const DATA_TO = 1
const KEY_TO = 2
const SEQUENCE_TO = 3
const ARRIVED = 4
const SUB_SEQUENCE = 5
const NOTES = 6

class Notes {
  /** One that is free, for all shards of the thread, as Lines has one place. */
  static #spare: Float64Array | null = null

  #sheet = Notes.#take()
  #count = 0
  /** The bytes of all payloads. */
  payload = 0

  get count(): number {
    return this.#count
  }

  of(index: number, note: number): number {
    return this.#sheet[index * NOTES + note] ?? NaN
  }

  /** `arrived`: NaN for null. */
  add(
    dataFrom: number,
    dataTo: number,
    keyTo: number,
    sequenceTo: number,
    arrived: number,
    subSequence: number
  ): void {
    const at = this.#count * NOTES
    this.#count += 1
    if (at + NOTES > this.#sheet.length) this.#grow()
    const sheet = this.#sheet
    sheet[at + DATA_FROM] = dataFrom
    sheet[at + DATA_TO] = dataTo
    sheet[at + KEY_TO] = keyTo
    sheet[at + SEQUENCE_TO] = sequenceTo
    sheet[at + ARRIVED] = arrived
    sheet[at + SUB_SEQUENCE] = subSequence
  }

  /** Nobody looks at them any more. */
  release(): void {
    if (this.#sheet.length > (Notes.#spare?.length ?? 0)) Notes.#spare = this.#sheet
  }

  static #take(): Float64Array {
    const found = Notes.#spare ?? new Float64Array(NOTES * 64)
    Notes.#spare = null
    return found
  }

  #grow(): void {
    const larger = new Float64Array(this.#sheet.length * 4)
    larger.set(this.#sheet)
    this.#sheet = larger
  }
}

const padding = ({ bytes }: Line, to: number): number =>
  bytes[to - 1] !== PAD ? 0 : bytes[to - 2] !== PAD ? 1 : 2

/** Notes the records of a list whose opening bracket has been passed; gives the place of its closing one, or -1. */
const noteRecords = (line: Line, opened: number, notes: Notes): number => {
  if (line.bytes[opened] === CLOSING_BRACKET) return opened
  for (let at = opened; ; at += 1) {
    const dataFrom = after(line, at, DATA)
    const dataTo = quoteFar(line, dataFrom)
    const keyTo = quote(line, after(line, dataTo, KEY))
    const sequenceTo = afterDigits(line, after(line, keyTo, SEQUENCE))
    const arrivalFrom = after(line, sequenceTo, ARRIVAL)
    const arrivalTo = afterNumber(line, arrivalFrom)
    const subFrom = after(line, arrivalTo, SUB)
    const subTo = afterNumber(line, subFrom)
    at = after(line, subTo, CLOSING)
    if (at < 0 || hasControl(line, dataFrom, keyTo)) return -1
    notes.add(
      dataFrom,
      dataTo,
      keyTo,
      sequenceTo,
      numberAt(line, arrivalFrom, arrivalTo) ?? NaN,
      numberAt(line, subFrom, subTo) ?? 0
    )
    notes.payload += ((dataTo - dataFrom) / 4) * 3 - padding(line, dataTo)
    if (line.bytes[at] !== COMMA) return at
  }
}

/** The records of a line, each made of the line when it is asked for. */
class Records implements KinesisRecords {
  readonly length: number
  readonly bytes: number
  /** The one made last: it is asked for again when it is finished. */
  #last: KinesisRecord.KinesisRecord | undefined = undefined
  #lastIndex = -1
  #isReleased = false

  constructor(
    readonly shardId: string,
    readonly line: Buffer,
    readonly notes: Notes
  ) {
    this.length = notes.count
    this.bytes = notes.payload
  }

  at(index: number): KinesisRecord.KinesisRecord | undefined {
    if (index === this.#lastIndex) return this.#last
    if (index < 0 || index >= this.length || this.#isReleased) return undefined
    this.#lastIndex = index
    this.#last = this.#make(index)
    return this.#last
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#lastIndex = -1
    this.#last = undefined
    this.notes.release()
    Lines.release(this.line)
  }

  /** Two strings: a key that somebody keeps must not keep the payload. */
  #make(index: number): KinesisRecord.KinesisRecord {
    const { shardId, line, notes } = this
    const dataTo = notes.of(index, DATA_TO)
    const names = line.toString('latin1', dataTo + KEY.length, notes.of(index, SEQUENCE_TO))
    const keyLength = notes.of(index, KEY_TO) - dataTo - KEY.length
    const arrived = notes.of(index, ARRIVED)
    return KinesisRecord.make({
      shardId,
      sequenceNumber: names.slice(keyLength + SEQUENCE.length),
      subSequenceNumber: notes.of(index, SUB_SEQUENCE),
      partitionKey: names.slice(0, keyLength),
      approximateArrivalTimestamp: Number.isNaN(arrived) ? null : arrived,
      base64: line.toString('latin1', notes.of(index, DATA_FROM), dataTo)
    })
  }
}
