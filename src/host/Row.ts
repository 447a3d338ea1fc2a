/**
 * The positions of some records that follow each other, in memory that a thread of user code shares with the one that watches
 * it. They are written all at once, so that a call for one of them is noted by its index alone: to write one position takes as
 * long as all else that the host does about a short record.
 */
import type { Places } from '../protocol/KinesisRecords'
import type { Position } from '../protocol/Position'

/** More records than this are not given at once. */
const MOST = 16
/** Of each, see Places. */
const NUMBERS = 3
/** Before those: the length of the shard's name, which the text begins with. */
const HEADER = 1
const TEXT_FROM = 8 * (HEADER + NUMBERS * MOST)

/** A partition key has at most 256 characters, and a sequence number some 60. */
export const BYTES = 8192

/** The row as the thread of user code sees it. */
export class Row {
  readonly #numbers: Float64Array
  readonly #text: Buffer
  #places: Places | null = null

  /** @param from where BYTES of the shared memory begin: a multiple of 8 */
  constructor(shared: SharedArrayBuffer, from: number) {
    this.#numbers = new Float64Array(shared, from, HEADER + NUMBERS * MOST)
    this.#text = Buffer.from(shared, from + TEXT_FROM, BYTES - TEXT_FROM)
  }

  /** Gives whether they stand there now; false: there is no room. */
  write(places: Places, shardId: string): boolean {
    if (places === this.#places) return true
    const { text, numbers } = places
    if (numbers.length > NUMBERS * MOST || shardId.length + text.length > this.#text.length) return false
    this.#places = places
    this.#text.write(shardId, 0, 'latin1')
    this.#text.write(text, shardId.length, 'latin1')
    this.#numbers[0] = shardId.length
    for (let i = 0; i < numbers.length; i++) this.#numbers[HEADER + i] = numbers[i] ?? 0
    return true
  }
}

/** The record at an index of the row. */
export const read = (
  shared: SharedArrayBuffer,
  from: number,
  index: number
): { readonly shardId: string; readonly position: Position } => {
  const numbers = new Float64Array(shared, from, HEADER + NUMBERS * MOST)
  const text = Buffer.from(shared, from + TEXT_FROM, BYTES - TEXT_FROM)
  const [name = 0] = numbers
  const [begin = 0, end = 0, subSequenceNumber = 0] = numbers.subarray(HEADER + NUMBERS * index)
  const sequenceNumber = text.toString('latin1', name + begin, name + end)
  return { shardId: text.toString('latin1', 0, name), position: { sequenceNumber, subSequenceNumber } }
}
