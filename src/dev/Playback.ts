/**
 * A recording as a local stream: the recorded shards, each with its records once, in the batches in which they came. The line of
 * a record is its number among those of its shard.
 */
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Reader from '../lab/Reader'
import type * as Recording from '../lab/Recording'
import * as Action from '../protocol/Action'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as KinesisRecords from '../protocol/KinesisRecords'
import * as Position from '../protocol/Position'
import type { Shard } from './Shard'
import type { Fetched, Stream } from './Stream'

export interface Playback {
  readonly shards: ReadonlyArray<Shard>
  readonly stream: Stream
  /** What is known from the start of what a handler will not get, or not as it was: a sentence each. */
  readonly notices: ReadonlyArray<string>
  /** What is missing from what has been read so far, a sentence each. */
  readonly missing: () => ReadonlyArray<string>
  /** Why the rest could not be read; null: it could. */
  readonly problem: () => string | null
}

interface Batch {
  /** The line of its first record. */
  readonly first: number
  /** At least one. */
  readonly records: ReadonlyArray<KinesisRecord>
}

const last = ({ records }: Batch): KinesisRecord | undefined => records[records.length - 1]

const isBefore = (one: Position.Position | undefined, other: Position.Position): boolean =>
  one !== undefined && Position.compare(one, other) < 0

/** Records of the entry, if it is a batch. */
const recordsOf = (entry: Recording.Entry): ReadonlyArray<KinesisRecord> =>
  entry._tag === 'Took' && entry.input._tag === 'Received' && entry.input.action._tag === 'ProcessRecords'
    ? KinesisRecords.toArray(entry.input.action.records)
    : []

const endsShard = (entry: Recording.Entry): boolean =>
  entry._tag === 'Took' &&
  entry.input._tag === 'Received' &&
  entry.input.action._tag !== 'Checkpointed' &&
  Action.meaningOf(entry.input.action) === 'shardEnded'

/** Why something is missing before the entry; null: nothing is. */
const lackOf = (entry: Recording.Entry, { header, isWhole }: Reader.Life): string | null => {
  if (entry._tag === 'Gap') return entry.why
  if (entry._tag !== 'Closed' || entry.complete) return null
  if (entry.damage !== null) return entry.damage
  if (entry.dropped > 0) return `${entry.dropped} records were dropped while the session was recorded`
  return `the session ${header.life} is not complete${isWhole ? '' : ': its first files are missing'}`
}

/** Old batches are kept for a lease that comes back; what is older is read again. */
const BATCHES_KEPT = 8

/** One shard of a recording, read forwards. */
class Lane {
  #kept: Array<Batch> = []
  #coming: Generator<Batch, void>
  #hasEnded = false
  readonly missing = new Set<string>()
  problem: string | null = null

  constructor(
    readonly shardId: string,
    private readonly lives: ReadonlyArray<Reader.Life>
  ) {
    this.#coming = this.#read()
  }

  /** Whether the end of the shard was reached when it was recorded; known at the end of the lane. */
  hasEnded(): boolean {
    return this.#hasEnded && this.problem === null
  }

  /** The batch with the first record after the line. */
  after(line: number): Batch | null {
    return this.#find(
      ({ first }) => first <= line + 1,
      ({ first, records }) => first + records.length > line + 1
    )
  }

  /** How many records are at or before the position. */
  lineOf(position: Position.Position): number {
    const batch = this.#find(
      ({ records }) => !isBefore(position, records[0] ?? position),
      (one) => !isBefore(last(one), position)
    )
    if (batch === null) return this.#end()
    const after = batch.records.findIndex((record) => isBefore(position, record))
    return batch.first - 1 + (after < 0 ? batch.records.length : after)
  }

  #end(): number {
    const newest = this.#kept.at(-1)
    return newest === undefined ? 0 : newest.first - 1 + newest.records.length
  }

  /**
   * @param begins whether what is looked for cannot be before the batch
   * @param reaches whether it cannot be after the batch
   */
  #find(begins: (batch: Batch) => boolean, reaches: (batch: Batch) => boolean): Batch | null {
    const [oldest] = this.#kept
    if (oldest !== undefined && oldest.first > 1 && !begins(oldest)) {
      this.#kept = []
      this.#coming = this.#read()
    }
    const kept = this.#kept.find(reaches)
    if (kept !== undefined) return kept
    for (let batch = this.#next(); batch !== null; batch = this.#next()) if (reaches(batch)) return batch
    return null
  }

  #next(): Batch | null {
    try {
      const { value } = this.#coming.next()
      if (value === undefined) return null
      this.#kept.push(value)
      if (this.#kept.length > BATCHES_KEPT) this.#kept.shift()
      return value
    } catch (thrown) {
      this.problem = `the recording of ${this.shardId} cannot be read: ${Failure.describe(thrown)}`
      return null
    }
  }

  /** Sessions that went on after one that was killed got records again: those are left out. */
  *#read(): Generator<Batch, void> {
    let first = 1
    let newest: Position.Position | undefined
    for (const life of this.lives)
      for (const entries of Reader.entries(life))
        for (const entry of entries) {
          const lack = lackOf(entry, life)
          if (lack !== null) this.missing.add(`${this.shardId}: ${lack}`)
          this.#hasEnded ||= endsShard(entry)
          const records = recordsOf(entry).filter(
            (record) => newest === undefined || isBefore(newest, record)
          )
          if (records.length === 0) continue
          yield { first, records }
          first += records.length
          newest = records[records.length - 1]
        }
  }
}

/** Nothing is after the line. */
const ended = (line: number, isShardEnd: boolean): Fetched => ({
  records: [],
  lines: [],
  line,
  isEnd: true,
  isIdle: false,
  isShardEnd
})

const streamOf = (lanes: ReadonlyMap<string, Lane>): Stream => {
  let seen = 0
  const fetch = ({ id }: Shard, after: number, limit: number): Fetched => {
    const lane = lanes.get(id)
    const batch = lane?.after(after) ?? null
    if (batch === null) return ended(after, lane?.hasEnded() ?? false)
    const first = after + 1 - batch.first
    const records = batch.records.slice(first, first + limit)
    const line = after + records.length
    seen = Math.max(seen, line)
    const lines = records.map((_, i) => after + 1 + i)
    return { records, lines, line, isEnd: false, isIdle: false, isShardEnd: false }
  }
  return {
    fetch,
    count: (_, after, upTo) => Math.max(0, upTo - after),
    lineOf: (shardId, position) => lanes.get(shardId)?.lineOf(position) ?? 0,
    seen: () => ({ line: seen, offset: 0, unreadable: 0 }),
    size: () => null
  }
}

const shardOf = (id: string): Shard => ({ id, parent: null, after: 0, until: null })

const withoutData = (place: string, data: Recording.Data): string =>
  `${place} was recorded with data: ${data}, so it has no payloads that a handler could be given; record again with ` +
  'record.data: full, and mask what must not be kept'

const noticesOf = (lives: ReadonlyArray<Reader.Life>, all: number): ReadonlyArray<string> => {
  const sampling = Math.min(...lives.map(({ header }) => header.sampling))
  return [
    ...(lives.length === all
      ? []
      : [`${all - lives.length} of ${all} sessions are left out: they were recorded without data`]),
    ...(sampling < 1 ? [`the recording has a sample of the partition keys: ${sampling * 100} %`] : []),
    ...(lives.some(({ header }) => header.masked)
      ? ['the recording was masked: handlers get what the mask left']
      : [])
  ]
}

/** Left: there is nothing that could be played, and why. */
export const open = (place: string): E.Either<string, Playback> => {
  const opened = Reader.open(place)
  if (E.isLeft(opened)) return opened
  const { lives, problems } = opened.right
  const full = lives.filter(({ header }) => header.data === 'full')
  if (full.length === 0) return E.left(withoutData(place, lives[0]?.header.data ?? 'none'))
  const streams = [...new Set(full.map(({ header }) => header.stream ?? 'one without a name'))]
  if (streams.length > 1)
    return E.left(
      `${place} is of several streams (${streams.join(', ')}); copy the files of one of them into a folder, and play that`
    )
  const ids = [...new Set(full.map(({ header }) => header.shard))]
  const lanes = new Map(
    ids.map((id) => {
      const own = full.filter(({ header }) => header.shard === id)
      return [id, new Lane(id, own)]
    })
  )
  return E.right({
    shards: ids.map(shardOf),
    stream: streamOf(lanes),
    notices: [...problems, ...noticesOf(full, lives.length)],
    missing: () => [...lanes.values()].flatMap(({ missing }) => [...missing]),
    problem: () => [...lanes.values()].find(({ problem }) => problem !== null)?.problem ?? null
  })
}
