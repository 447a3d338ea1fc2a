/** The batches of a recording, as both handlers get them: each record once, with what the recorded filter made of it. */
import * as E from 'fp-ts/Either'
import type * as Input from '../../core/Input'
import type { Fields } from '../../protocol/KinesisRecord'
import * as KinesisRecords from '../../protocol/KinesisRecords'
import * as Position from '../../protocol/Position'
import * as Reader from '../Reader'
import * as Recording from '../Recording'
import { fieldsOf, type Aged, type Batch } from './Batch'

export interface Facts {
  readonly lives: number
  readonly shards: number
  /** Whether the module of the recorded handler masked the data. */
  readonly masked: boolean
  /** Which part of the partition keys was recorded. */
  readonly sampling: number
  /** Records that the recording has again, since they were read again: they are compared once. */
  readonly repeated: number
  /** What cannot be read or is missing, a sentence each. */
  readonly problems: ReadonlyArray<string>
}

export interface Recorded {
  readonly batches: () => Generator<Batch>
  /** What is known so far. */
  readonly facts: () => Facts
}

const withoutData = (place: string, data: Recording.Data): string =>
  `${place} was recorded with data: ${data}, so it has no payloads that a handler could be called with; record again ` +
  'with record.data: full, and mask what must not be kept'

/** Records that were seen, as ranges of positions of one shard: most recordings have few. */
class Ranges {
  readonly #ranges: Array<{ readonly first: Position.Position; last: Position.Position }> = []

  has(position: Position.Position): boolean {
    return this.#ranges.some(
      ({ first, last }) => Position.compare(first, position) <= 0 && Position.compare(position, last) <= 0
    )
  }

  /** A range that grows. */
  begin(first: Position.Position): (last: Position.Position) => void {
    const range = { first, last: first }
    this.#ranges.push(range)
    return (last) => {
      range.last = last
    }
  }
}

interface Open {
  readonly records: ReadonlyArray<Fields>
  readonly aged: Array<Aged>
  readonly now: number
  readonly millisBehindLatest: number | null
}

/** What an input says of the age of records of the open batch. */
const note = ({ aged }: Open, input: Input.Input): void => {
  const fresh = (index: number): void => {
    if (index < aged.length) aged[index] = 'fresh'
  }
  if (input._tag === 'Dropped') aged[input.index] = input.drop.by === 'age' ? 'old' : 'unknown'
  else if (input._tag === 'Begun') input.indices.forEach(fresh)
  else if (input._tag === 'Handled') for (let i = input.index; i < input.index + input.count; i++) fresh(i)
  else if (input._tag === 'Threw') fresh(input.index)
}

class Life {
  #open: Open | null = null
  #grow: ((last: Position.Position) => void) | null = null

  constructor(
    private readonly header: Recording.Header,
    private readonly seen: Ranges,
    private readonly onRepeated: (count: number) => void
  ) {}

  /** Gives the batch that the entry ends. */
  take(entry: Recording.Entry): Batch | null {
    if (entry._tag === 'Wrote') return null
    if (entry._tag === 'Took') {
      const { input } = entry
      if (input._tag === 'Received' && input.action._tag === 'ProcessRecords') {
        const before = this.#close()
        const { records, millisBehindLatest } = input.action
        const fields = KinesisRecords.toArray(records).map(fieldsOf)
        this.#open = {
          records: fields,
          aged: fields.map(() => 'unknown'),
          now: input.now,
          millisBehindLatest
        }
        return before
      }
      if (this.#open !== null) note(this.#open, input)
      return null
    }
    const before = this.#close()
    if (entry._tag === 'Gap') this.#grow = null
    return before
  }

  /** The open batch without the records that were seen before. */
  #close(): Batch | null {
    if (this.#open === null) return null
    const { records, aged, now, millisBehindLatest } = this.#open
    this.#open = null
    const isNew = [...records.entries()].filter(([, record]) => !this.seen.has(record))
    this.onRepeated(records.length - isNew.length)
    const last = isNew.at(-1)?.[1]
    if (last === undefined) return null
    this.#grow ??= this.seen.begin(isNew[0]?.[1] ?? last)
    this.#grow(last)
    return {
      shardId: this.header.shard,
      millisBehindLatest,
      wall: Recording.wallOf(this.header, now),
      maxAge: this.header.env.filter?.maxAge ?? null,
      records: isNew.map(([, record]) => record),
      aged: isNew.map(([index]) => aged[index] ?? 'unknown')
    }
  }
}

class Reading implements Recorded {
  #repeated = 0
  readonly #problems: Array<string>

  constructor(
    private readonly lives: ReadonlyArray<Reader.Life>,
    problems: ReadonlyArray<string>
  ) {
    this.#problems = [...problems]
  }

  *batches(): Generator<Batch> {
    const shards = new Map<string, Ranges>()
    for (const life of this.lives) {
      const { stream, shard } = life.header
      const name = JSON.stringify([stream, shard])
      const seen = shards.get(name) ?? new Ranges()
      shards.set(name, seen)
      const open = new Life(life.header, seen, (count) => (this.#repeated += count))
      for (const entries of Reader.entries(life))
        for (const entry of entries) {
          const batch = open.take(entry)
          if (batch !== null) yield batch
          if (entry._tag === 'Gap') this.#problems.push(`${shard}: ${entry.why}`)
          if (entry._tag === 'Closed' && entry.damage !== null) this.#problems.push(entry.damage)
        }
    }
  }

  readonly facts = (): Facts => ({
    lives: this.lives.length,
    shards: new Set(this.lives.map(({ header: { stream, shard } }) => JSON.stringify([stream, shard]))).size,
    masked: this.lives.some(({ header }) => header.masked),
    sampling: Math.min(...this.lives.map(({ header }) => header.sampling)),
    repeated: this.#repeated,
    problems: this.#problems
  })
}

/** Left: there is no recording, or it has no data. */
export const open = (place: string): E.Either<string, Recorded> => {
  const opened = Reader.open(place)
  if (E.isLeft(opened)) return opened
  const { lives, problems } = opened.right
  const full = lives.filter(({ header }) => header.data === 'full')
  const without = lives.filter(({ header }) => header.data !== 'full')
  const [first] = without
  if (full.length === 0) return E.left(withoutData(place, first?.header.data ?? 'none'))
  return E.right(
    new Reading(full, [
      ...problems,
      ...(without.length === 0
        ? []
        : [`${without.length} of ${lives.length} sessions were left out: they were recorded without data`])
    ])
  )
}
