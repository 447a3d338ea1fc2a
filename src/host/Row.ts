/**
 * The positions of some records that follow each other, in memory that a thread of user code shares with the one that watches
 * it. They are written all at once, so that a call for one of them is noted by its number alone: to write one position takes as
 * long as all else that the host does about a short record.
 */
import type { KinesisRecords } from '../protocol/KinesisRecords'
import type { Position } from '../protocol/Position'

/** The scan gives no more at once. */
const MOST = 16
/** Of each, see KinesisRecords. */
const NUMBERS = 3
/** Before those: the length of the shard's name, which the text begins with. */
const HEADER = 1
const TEXT_FROM = 8 * (HEADER + NUMBERS * MOST)

/** A partition key has at most 256 characters, and a sequence number some 60. */
export const BYTES = 8192

/** Which records are in a row. */
export interface Part {
  /** That of the row that has them. */
  readonly version: number
  /** The index of the first one, and how many there are. */
  readonly first: number
  readonly count: number
}

/** The row as the thread of user code sees it. */
export class Row {
  /** Another one whenever others are written. */
  version = 0
  readonly #header: Float64Array
  readonly #numbers: Float64Array
  readonly #text: Buffer

  /** @param from where BYTES of the shared memory begin: a multiple of 8 */
  constructor(shared: SharedArrayBuffer, from: number) {
    this.#header = new Float64Array(shared, from, HEADER)
    this.#numbers = new Float64Array(shared, from + 8 * HEADER, NUMBERS * MOST)
    this.#text = Buffer.from(shared, from + TEXT_FROM, BYTES - TEXT_FROM)
  }

  /** Writes a record and its neighbours. null: their positions are not known yet, or there is no room for them. */
  write(records: KinesisRecords, index: number, shardId: string): Part | null {
    const version = (this.version += 1)
    const places = records.places?.(index, this.#numbers) ?? null
    if (places === null || shardId.length + places.text.length > this.#text.length) return null
    this.#header[0] = shardId.length
    this.#text.write(shardId, 0, 'latin1')
    this.#text.write(places.text, shardId.length, 'latin1')
    return { version, first: places.first, count: places.count }
  }
}

/** The record with this number in the row. */
export const read = (
  shared: SharedArrayBuffer,
  from: number,
  number: number
): { readonly shardId: string; readonly position: Position } => {
  const numbers = new Float64Array(shared, from, HEADER + NUMBERS * MOST)
  const text = Buffer.from(shared, from + TEXT_FROM, BYTES - TEXT_FROM)
  const [name = 0] = numbers
  const [begin = 0, end = 0, subSequenceNumber = 0] = numbers.subarray(HEADER + NUMBERS * number)
  const sequenceNumber = text.toString('latin1', name + begin, name + end)
  return { shardId: text.toString('latin1', 0, name), position: { sequenceNumber, subSequenceNumber } }
}
