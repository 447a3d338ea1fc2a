/**
 * The local stream: lines become records on shards, and each shard reads at its own pace and again from any place.
 * Bounded memory: the input is cut into chunks, of which a few are kept; the same place always falls into the same
 * chunk.
 */
import * as E from 'fp-ts/Either'
import * as KinesisRecord from '../protocol/KinesisRecord'
import type { Position } from '../protocol/Position'
import * as Entry from './Entry'
import * as HashRange from './HashRange'
import * as SequenceNumber from './SequenceNumber'
import * as Shard from './Shard'
import type * as Source from './Source'

/** What a shard gets for one question. */
export interface Fetched {
  readonly records: ReadonlyArray<KinesisRecord.KinesisRecord>
  /** The line of each of them. */
  readonly lines: ReadonlyArray<number>
  /** Everything up to this line has been delivered, or is not of this shard: where to ask next. */
  readonly line: number
  /** Nothing will follow. */
  readonly isEnd: boolean
  /** Nothing is there now, but something may come. */
  readonly isIdle: boolean
  /** The shard itself ends at this line. */
  readonly isShardEnd: boolean
}

export interface Stream {
  /** At most this many records of the shard, from the lines after the given one. */
  readonly fetch: (shard: Shard.Shard, after: number, limit: number) => Fetched
  /** How many records the shard has on the lines after one and up to another. */
  readonly count: (shard: Shard.Shard, after: number, upTo: number) => number
  /** The last line at or before a position of the shard. */
  readonly lineOf: (shardId: string, position: Position) => number
  /** How many lines have been seen, and how much there is. */
  readonly seen: () => { readonly line: number; readonly offset: number; readonly unreadable: number }
  readonly size: Source.Source['size']
}

export interface Options {
  readonly source: Source.Source
  /** Nothing before it is asked for. */
  readonly from: Source.Cursor
  readonly shards: ReadonlyArray<Shard.Ranged>
  /** Where a line's key stands; null: see `Entry.read`. */
  readonly key: string | null
  /** How many lines a chunk has at most. */
  readonly lines: number
  /** Milliseconds since 1970: when what names no time arrives. */
  readonly wall: () => number
  readonly onUnreadable: (line: number, problem: string) => void
}

interface Lane {
  readonly lines: Array<number>
  readonly records: Array<KinesisRecord.KinesisRecord>
}

interface Chunk {
  readonly from: Source.Cursor
  readonly next: Source.Cursor
  readonly isFull: boolean
  readonly isEnd: boolean
  /** By shard. */
  readonly lanes: ReadonlyMap<string, Lane>
}

/** 8 MB of input at a time, a few of them in memory. */
const CHUNK_BYTES = 8 << 20
const CHUNKS_KEPT = 3

const empty: Lane = { lines: [], records: [] }

/** The index of the first line after the given one. */
const firstAfter = (lines: ReadonlyArray<number>, line: number): number => {
  let [low, high] = [0, lines.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((lines[middle] ?? 0) <= line) low = middle + 1
    else high = middle
  }
  return low
}

const HASHES_KEPT = 10_000

/** Keys come again and again, and an MD5 costs more than all the rest of a record. */
const remembering = (hashOf: (key: string) => bigint): ((key: string) => bigint) => {
  const known = new Map<string, bigint>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    if (known.size >= HASHES_KEPT) known.clear()
    const hash = hashOf(key)
    known.set(key, hash)
    return hash
  }
}

const CARRIAGE_RETURN = 0x0d

/** Without the carriage return of a file from Windows. */
const trimmed = (line: Buffer): Buffer =>
  line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, -1) : line

/** Puts an entry into the lane of the shard that holds its key at that line. */
const putter = ({ shards, wall }: Pick<Options, 'shards' | 'wall'>) => {
  const hashOf = remembering(HashRange.hashOf)
  const ranges = shards.filter(({ parent }) => parent === null).map(({ range }) => range)
  return (lanes: Map<string, Lane>, entry: Entry.Entry, line: number): void => {
    const { partitionKey, base64, arrival } = entry
    const hash = partitionKey === null ? HashRange.inTurn(ranges, line) : hashOf(partitionKey)
    const shard = shards.find((one) => Shard.holds(one, hash, line))
    if (shard === undefined) return
    const lane = lanes.get(shard.id) ?? { lines: [], records: [] }
    lanes.set(shard.id, lane)
    lane.lines.push(line)
    lane.records.push(
      KinesisRecord.make({
        shardId: shard.id,
        sequenceNumber: SequenceNumber.ofLine(line),
        subSequenceNumber: 0,
        partitionKey: partitionKey ?? `line-${line}`,
        approximateArrivalTimestamp: arrival ?? Math.floor(wall()),
        base64
      })
    )
  }
}

const emptyFrom = (from: Source.Cursor): Chunk => ({
  from,
  next: from,
  isFull: false,
  isEnd: false,
  lanes: new Map()
})

/** The input, cut into chunks: where each begins, and the last few that were read. */
class Chunks {
  readonly #read: ReturnType<typeof Entry.read>
  readonly #put: ReturnType<typeof putter>
  /** Where chunks begin, as far as it is known. */
  readonly #starts: Array<Source.Cursor>
  readonly #kept = new Map<number, Chunk>()
  #seen: ReturnType<Stream['seen']>

  constructor(private readonly options: Options) {
    this.#read = Entry.read(options.key)
    this.#put = putter(options)
    this.#starts = [options.from]
    this.#seen = { ...options.from, unreadable: 0 }
  }

  seen(): ReturnType<Stream['seen']> {
    return this.#seen
  }

  /** The chunk that the line after the given one is in, with what has been added to the input since it was read. */
  after(line: number): Chunk {
    const index = this.#locate(line)
    const before = this.#kept.get(index) ?? emptyFrom(this.#startOf(index))
    const chunk = before.isFull || before.isEnd ? before : this.#grown(before)
    this.#kept.delete(index)
    this.#kept.set(index, chunk)
    for (const oldest of this.#kept.keys()) if (this.#kept.size > CHUNKS_KEPT) this.#kept.delete(oldest)
    if (chunk.isFull && this.#starts.length === index + 1) this.#starts.push(chunk.next)
    return chunk
  }

  #startOf(index: number): Source.Cursor {
    return this.#starts[index] ?? this.options.from
  }

  /** Finds where chunks begin, up to the one that the line is in, without looking at what the lines say. */
  #locate(after: number): number {
    const { source, lines } = this.options
    for (;;) {
      const last = this.#starts.length - 1
      const from = this.#startOf(last)
      if (after <= from.line || this.#kept.has(last)) break
      const piece = source.read(from, { lines, bytes: CHUNK_BYTES })
      if (!piece.isFull) break
      this.#starts.push(piece.next)
    }
    let index = this.#starts.length - 1
    while (index > 0 && this.#startOf(index).line > after) index--
    return index
  }

  #grown(chunk: Chunk): Chunk {
    const { source, lines } = this.options
    const piece = source.read(chunk.next, {
      lines: lines - (chunk.next.line - chunk.from.line),
      bytes: CHUNK_BYTES - (chunk.next.offset - chunk.from.offset)
    })
    const lanes = new Map(chunk.lanes)
    piece.lines.forEach((bytes, i) => {
      const line = chunk.next.line + i + 1
      const text = trimmed(bytes)
      if (text.length === 0) return
      const entry = this.#read(text)
      if (E.isLeft(entry)) this.#unreadable(line, entry.left)
      else this.#put(lanes, entry.right, line)
    })
    if (piece.next.line > this.#seen.line) this.#seen = { ...this.#seen, ...piece.next }
    return { from: chunk.from, next: piece.next, isFull: piece.isFull, isEnd: piece.isEnd, lanes }
  }

  #unreadable(line: number, problem: string): void {
    if (line <= this.#seen.line) return
    this.#seen = { ...this.#seen, unreadable: this.#seen.unreadable + 1 }
    this.options.onUnreadable(line, problem)
  }
}

export const make = (options: Options): Stream => {
  const chunks = new Chunks(options)

  const fetch = (shard: Shard.Shard, after: number, limit: number): Fetched => {
    const chunk = chunks.after(after)
    const lane = chunk.lanes.get(shard.id) ?? empty
    const first = firstAfter(lane.lines, after)
    const records = lane.records.slice(first, first + limit)
    const isRest = first + limit < lane.lines.length
    const isAll = records.length === 0 && !chunk.isFull
    const line = isRest ? (lane.lines[first + limit - 1] ?? after) : Math.max(after, chunk.next.line)
    return {
      records,
      lines: lane.lines.slice(first, first + limit),
      line,
      isEnd: isAll && chunk.isEnd,
      isIdle: isAll && !chunk.isEnd,
      isShardEnd: shard.until !== null && line >= shard.until
    }
  }

  const count = (shard: Shard.Shard, after: number, upTo: number): number => {
    let [found, line] = [0, after]
    while (line < upTo) {
      const fetched = fetch(shard, line, options.lines)
      found += fetched.lines.filter((one) => one <= upTo).length
      if (fetched.line === line) break
      line = fetched.line
    }
    return found
  }

  return {
    fetch,
    count,
    lineOf: (_, { sequenceNumber }) => SequenceNumber.lineOf(sequenceNumber),
    seen: () => chunks.seen(),
    size: options.source.size
  }
}

/** An estimate of the number of records, by the size of what was read. */
export const total = (stream: Stream): number | null => {
  const [size, seen] = [stream.size(), stream.seen()]
  if (size === null) return null
  if (size.line !== undefined) return size.line
  return size.offset === undefined || seen.offset === 0
    ? null
    : Math.round((seen.line * size.offset) / seen.offset)
}
