/**
 * Reads a batch fast, by the positions at which the daemon always writes the bytes of its line.
 *
 * Jackson writes the properties of `ProcessRecordsMessage` and `JsonFriendlyRecord` in one order and without white space. Only a
 * line of exactly that layout is read here. Any other line (another order, an unknown field, an escape, white space) is left to
 * `JSON.parse`, which gives the same records or says what is wrong.
 *
 * No copy of the whole line is made. The scan notes where each record begins and ends, and a record is made when it is asked for,
 * from strings. So a record stays valid as long as it is referenced, and keeps no part of the line: its payload may share a string
 * of up to 8 KiB with its neighbours, and its names share one with those of 16 records.
 */
import * as KinesisRecord from '../KinesisRecord'
import type { KinesisRecords, Outline, Places } from '../KinesisRecords'
import * as BufferPool from './BufferPool'
import { NOTES, type Program } from './scan/Program'
import * as Programs from './scan/Programs'

export interface Batch {
  /** Each record is made from the line when it is asked for, so the line must not change until the last one is made. */
  readonly records: KinesisRecords
  readonly millisBehindLatest: number | null
}

/** How much of a line is scanned at a time: at first as much as stays in a core's cache. */
const WINDOW = 256 * 1024
/** By which factor the window grows if a record does not fit. */
const WIDER = 4
/** A Kinesis record has at most 10 MiB, and a third more in base64. One that does not fit is left to JSON.parse. */
const WIDEST = 16 * 1024 * 1024

const COMMA = 0x2c
const CLOSING_BRACKET = 0x5d

/** No other action begins like this or has a name at this position. */
const INITIAL = 0x70
const INITIAL_AT = '{"action":"'.length

/**
 * Returns the batch on a line, or null if the line has another layout or is not a batch.
 *
 * @param line its bytes, without the newline. They belong to the batch from now on, and are released with its records.
 * @param width how many bytes of the line are scanned at a time; more if a record does not fit
 */
export const batch = (shardId: string, line: Buffer, width = WINDOW): Batch | null => {
  const scanner = line[INITIAL_AT] === INITIAL ? Programs.of(line) : null
  if (scanner === null || !scanner.look(line, 0, width)) return null
  const opened = scanner.open()
  if (opened < 0) return null
  const notes = Notes.take()
  const end = line[opened] === CLOSING_BRACKET ? opened : note(scanner, line, opened, notes, width)
  const behind = end < 0 ? -1 : scanner.close(end)
  if (behind < 0) {
    notes.release()
    return null
  }
  return {
    records: new Records(shardId, line, notes),
    millisBehindLatest: Number.isNaN(behind) ? null : behind
  }
}

/** Notes the records of a list. Returns the position of its closing bracket, or -1. */
const note = (scanner: Program, line: Buffer, opened: number, notes: Notes, width: number): number => {
  let from = opened
  let size = width
  for (;;) {
    const after = scanner.scan(from, notes.named)
    if (scanner.isStrange) return -1
    if (scanner.count === 0) {
      // The window may be too small for a record.
      if (scanner.isAtEnd || size >= WIDEST) return -1
      size *= WIDER
      if (!scanner.look(line, from, size)) return -1
      continue
    }
    const isLast = line[after] === CLOSING_BRACKET
    notes.add(scanner, isLast, line.length / (after - opened))
    if (isLast) {
      return scanner.isAtEnd || scanner.look(line, after, size) ? after : -1
    }
    if (line[after] !== COMMA) return -1
    from = after + 1
    if (!scanner.look(line, from, size)) return -1
  }
}

// -- records ----------------------------------------------------------------------------------------------------------

/** The notes about a record, in the order of the assembly. The end of one name is where the next one begins. */
const DATA_FROM = 0
const DATA_TO = 1
const KEY_TO = 2
const SEQUENCE_TO = 3
const ARRIVED = 4
const SUB_SEQUENCE = 5

/** The bytes that most names take. */
const BYTES_OF_NAMES = 80

/** By which factor the rest of a line, and the next line, may have more records than expected. */
const MARGIN = 1.25

/** Copies the contents of `before` into `larger`. */
const enlarged = <A extends Float64Array | Uint8Array>(before: A, larger: A): A => {
  larger.set(before)
  return larger
}

class Notes {
  /** A free instance for all shards of the thread, as in BufferPool. */
  static #spare: Notes | null = null

  #sheet = new Float64Array(NOTES * 64)
  #names = Buffer.allocUnsafeSlow(BYTES_OF_NAMES * 64)
  count = 0
  /** All names of a few records, in place of their bytes. */
  #text: string | null = null
  /** Bytes of the names. */
  named = 0
  isAscii = true
  /** The bytes of all payloads. */
  payload = 0

  static take(): Notes {
    const found = Notes.#spare ?? new Notes()
    Notes.#spare = null
    found.count = 0
    found.#text = null
    found.named = 0
    found.isAscii = true
    found.payload = 0
    return found
  }

  /** Releases the notes, which are no longer used. */
  release(): void {
    const spare = Notes.#spare
    if (spare === null || this.#sheet.length > spare.#sheet.length) Notes.#spare = this
  }

  of(index: number, note: number): number {
    return this.#sheet[index * NOTES + note] ?? NaN
  }

  /** Where the key of a record begins among the names. */
  nameOf(index: number): number {
    return index === 0 ? 0 : this.of(index - 1, SEQUENCE_TO)
  }

  /** A name in ASCII. */
  names(from: number, to: number): string {
    return this.#text === null ? this.#names.toString('latin1', from, to) : this.#text.slice(from, to)
  }

  /** A name in UTF-8. */
  name(from: number, to: number): string {
    return this.#names.toString('utf8', from, to)
  }

  /**
   * @param isLast whether it is the last part of the line
   * @param parts how many times as long the line is as the part that was scanned so far
   */
  add(scanner: Program, isLast: boolean, parts: number): void {
    const count = this.count + scanner.count
    const named = this.named + scanner.named
    if (count * NOTES > this.#sheet.length)
      this.#sheet = enlarged(this.#sheet, new Float64Array(Math.ceil(count * parts * MARGIN) * NOTES))
    if (named > this.#names.length)
      this.#names = enlarged(this.#names, Buffer.allocUnsafeSlow(Math.ceil(named * parts * MARGIN)))
    scanner.copyNotes(this.#sheet, this.count * NOTES)
    this.isAscii = this.isAscii && scanner.isAscii
    const isAll = this.count === 0 && isLast
    this.#text = isAll && this.isAscii && count <= NEIGHBOURS ? scanner.names() : null
    if (this.#text === null) scanner.copyNames(this.#names, this.named)
    this.count = count
    this.named = named
    this.payload += scanner.payload
  }
}

/** The characters of payloads that share a string, with what is between them, as Node's buffers share a pool. */
const SHARED = 8192
/** The number of records that share a string of their names. */
const NEIGHBOURS = 16

/** The records of a line, each made from the line when it is asked for. */
class Records implements KinesisRecords {
  readonly length: number
  readonly bytes: number
  /** The record that was made last, which is asked for again when it is finished. */
  #last: KinesisRecord.KinesisRecord | undefined = undefined
  #lastIndex = -1
  #isReleased = false

  /** Payloads of the records from the first index up to the second, and where they begin on the line. */
  #data = ''
  #dataFirst = 0
  #dataEnd = 0
  #dataOrigin = 0
  /** The same for names. */
  #names = ''
  #namesFirst = 0
  #namesEnd = 0
  #namesOrigin = 0

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
    this.#data = ''
    this.#names = ''
    this.notes.release()
    BufferPool.release(this.line)
  }

  places(index: number, into: Float64Array): Places | null {
    const { notes } = this
    if (!notes.isAscii || index < 0 || index >= this.length || this.#isReleased) return null
    if (index < this.#namesFirst || index >= this.#namesEnd) this.#readNames(index)
    const [text, first, origin] = [this.#names, this.#namesFirst, this.#namesOrigin]
    const count = Math.min(this.#namesEnd - first, Math.floor(into.length / 3))
    for (let i = 0; i < count; i++) {
      into[3 * i] = notes.of(first + i, KEY_TO) - origin
      into[3 * i + 1] = notes.of(first + i, SEQUENCE_TO) - origin
      into[3 * i + 2] = notes.of(first + i, SUB_SEQUENCE)
    }
    return { text, first, count }
  }

  outline(index: number): Outline | null {
    const { notes } = this
    if (index < 0 || index >= this.length || this.#isReleased) return null
    const keyTo = notes.of(index, KEY_TO)
    const arrived = notes.of(index, ARRIVED)
    return {
      sequenceNumber: this.#nameOf(index, keyTo, notes.of(index, SEQUENCE_TO)),
      subSequenceNumber: notes.of(index, SUB_SEQUENCE),
      partitionKey: this.#nameOf(index, notes.nameOf(index), keyTo),
      approximateArrivalTimestamp: Number.isNaN(arrived) ? null : arrived,
      from: notes.of(index, DATA_FROM),
      to: notes.of(index, DATA_TO)
    }
  }

  #make(index: number): KinesisRecord.KinesisRecord {
    const { notes } = this
    if (index < this.#dataFirst || index >= this.#dataEnd) this.#readData(index)
    const data = notes.of(index, DATA_FROM) - this.#dataOrigin
    const dataTo = notes.of(index, DATA_TO) - this.#dataOrigin
    const key = notes.nameOf(index)
    const keyTo = notes.of(index, KEY_TO)
    const sequenceTo = notes.of(index, SEQUENCE_TO)
    const arrived = notes.of(index, ARRIVED)
    return KinesisRecord.make({
      shardId: this.shardId,
      sequenceNumber: this.#nameOf(index, keyTo, sequenceTo),
      subSequenceNumber: notes.of(index, SUB_SEQUENCE),
      partitionKey: this.#nameOf(index, key, keyTo),
      approximateArrivalTimestamp: Number.isNaN(arrived) ? null : arrived,
      base64: this.#data.slice(data, dataTo)
    })
  }

  #readData(index: number): void {
    const { notes, line } = this
    const from = notes.of(index, DATA_FROM)
    let end = index + 1
    while (end < this.length && notes.of(end, DATA_TO) - from <= SHARED) end += 1
    this.#dataFirst = index
    this.#dataEnd = end
    this.#dataOrigin = from
    this.#data = line.toString('latin1', from, notes.of(end - 1, DATA_TO))
  }

  /** For ASCII, a part of an existing string; in UTF-8, an index of bytes is not an index of characters. */
  #nameOf(index: number, from: number, to: number): string {
    if (!this.notes.isAscii) return this.notes.name(from, to)
    if (index < this.#namesFirst || index >= this.#namesEnd) this.#readNames(index)
    return this.#names.slice(from - this.#namesOrigin, to - this.#namesOrigin)
  }

  /** Apart from the payloads: a key that a handler keeps must not keep those. */
  #readNames(index: number): void {
    const { notes } = this
    const end = Math.min(index + NEIGHBOURS, this.length)
    const from = notes.nameOf(index)
    this.#namesFirst = index
    this.#namesEnd = end
    this.#namesOrigin = from
    this.#names = notes.names(from, notes.of(end - 1, SEQUENCE_TO))
  }
}
