/**
 * The local stream: lines become records on shards, and each shard reads at its own pace and again from any place.
 * Bounded memory: the input is cut into chunks, of which a few are kept; the same place always falls into the same
 * chunk.
 */
import * as E from 'fp-ts/Either'
import * as KinesisRecord from '../protocol/KinesisRecord'
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
}

export interface Stream {
  /** At most so many records of the shard from the lines after the given one. */
  readonly fetch: (shard: Shard.Shard, after: number, limit: number) => Fetched
  /** How many records the shard has on the lines after one and up to another. */
  readonly count: (shard: Shard.Shard, after: number, upTo: number) => number
  /** How many lines have been seen, and how much there is. */
  readonly seen: () => { readonly line: number; readonly offset: number; readonly unreadable: number }
  readonly size: Source.Source['size']
}

export interface Options {
  readonly source: Source.Source
  /** Nothing before it is asked for. */
  readonly from: Source.Cursor
  readonly shards: ReadonlyArray<Shard.Shard>
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

const nobody: Lane = { lines: [], records: [] }

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

export const make = ({ source, from: begin, shards, key, lines, wall, onUnreadable }: Options): Stream => {
  const read = Entry.read(key)
  const hashOf = remembering(HashRange.hashOf)
  const ranges = shards.filter(({ parent }) => parent === null).map(({ range }) => range)
  /** Where chunks begin, as far as it is known. */
  const starts: Array<Source.Cursor> = [begin]
  const kept = new Map<number, Chunk>()
  let seen = { ...begin, unreadable: 0 }

  const put = (lanes: Map<string, Lane>, entry: Entry.Entry, line: number): void => {
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

  const unreadable = (line: number, problem: string): void => {
    if (line <= seen.line) return
    seen = { ...seen, unreadable: seen.unreadable + 1 }
    onUnreadable(line, problem)
  }

  /** The chunk with what has been added to the input since it was read. */
  const grown = (chunk: Chunk): Chunk => {
    const piece = source.read(chunk.next, {
      lines: lines - (chunk.next.line - chunk.from.line),
      bytes: CHUNK_BYTES - (chunk.next.offset - chunk.from.offset)
    })
    const lanes = new Map(chunk.lanes)
    piece.lines.forEach((bytes, i) => {
      const line = chunk.next.line + i + 1
      const text = trimmed(bytes)
      if (text.length === 0) return
      const entry = read(text)
      if (E.isLeft(entry)) unreadable(line, entry.left)
      else put(lanes, entry.right, line)
    })
    if (piece.next.line > seen.line) seen = { ...seen, ...piece.next }
    return { from: chunk.from, next: piece.next, isFull: piece.isFull, isEnd: piece.isEnd, lanes }
  }

  /** Finds where chunks begin, up to the one that the line is in, without looking at what the lines say. */
  const locate = (after: number): number => {
    for (;;) {
      const last = starts.length - 1
      const from = starts[last] ?? begin
      if (after <= from.line || kept.has(last)) break
      const piece = source.read(from, { lines, bytes: CHUNK_BYTES })
      if (!piece.isFull) break
      starts.push(piece.next)
    }
    let index = starts.length - 1
    while (index > 0 && (starts[index]?.line ?? 0) > after) index--
    return index
  }

  const chunkAt = (index: number): Chunk => {
    const from = starts[index] ?? begin
    const before =
      kept.get(index) ?? ({ from, next: from, isFull: false, isEnd: false, lanes: new Map() } satisfies Chunk)
    const chunk = before.isFull || before.isEnd ? before : grown(before)
    kept.delete(index)
    kept.set(index, chunk)
    for (const oldest of kept.keys()) if (kept.size > CHUNKS_KEPT) kept.delete(oldest)
    if (chunk.isFull && starts.length === index + 1) starts.push(chunk.next)
    return chunk
  }

  const fetch = (shard: Shard.Shard, after: number, limit: number): Fetched => {
    const chunk = chunkAt(locate(after))
    const lane = chunk.lanes.get(shard.id) ?? nobody
    const first = firstAfter(lane.lines, after)
    const records = lane.records.slice(first, first + limit)
    const isRest = first + limit < lane.lines.length
    const isAll = records.length === 0 && !chunk.isFull
    return {
      records,
      lines: lane.lines.slice(first, first + limit),
      line: isRest ? (lane.lines[first + limit - 1] ?? after) : Math.max(after, chunk.next.line),
      isEnd: isAll && chunk.isEnd,
      isIdle: isAll && !chunk.isEnd
    }
  }

  const count = (shard: Shard.Shard, after: number, upTo: number): number => {
    let [found, line] = [0, after]
    while (line < upTo) {
      const fetched = fetch(shard, line, lines)
      found += fetched.lines.filter((one) => one <= upTo).length
      if (fetched.line === line) break
      line = fetched.line
    }
    return found
  }

  return { fetch, count, seen: () => seen, size: source.size }
}
