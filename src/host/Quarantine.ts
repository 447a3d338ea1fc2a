/**
 * The records at which a thread of user code ended, or stood still, while they were at work. After the first end a record
 * is a suspect: when it comes again it runs alone. After an end while it ran alone it is charged: the failure policy has
 * it, and no user code runs for it.
 */
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Position from '../protocol/Position'

/** How the life ended. */
export type How =
  /** User code did not return. */
  | 'hung'
  /** User code called process.exit, or failed where nothing could catch it. */
  | 'exited'
  /** The thread was out of memory. */
  | 'memory'
  /** User code failed outside a record: an uncaught exception, an unhandled rejection. */
  | 'crashed'

/** What ran for the record: the handler, the codecs and sinks of its outputs, the sink of its dead letter. */
export type Part = 'handler' | 'outputs' | 'letter'

/** User code at work: for one record both ends are the same, for a batch handler's they are the first and the last. */
export interface Call {
  readonly shardId: string
  readonly from: Position.Position
  readonly to: Position.Position
  readonly part: Part
  /** Nothing else of its thread was at work. */
  readonly isAlone: boolean
}

export interface Entry {
  /** null: it was written by a version that did not note it, and counts for every stream. */
  readonly stream: string | null
  readonly shardId: string
  readonly from: Position.Position
  readonly to: Position.Position
  readonly part: Part
  readonly how: How
  /** When it was found: milliseconds since 1970. */
  readonly time: number
}

export type Entries = ReadonlyArray<Entry>

export interface Known {
  readonly charged: Entries
  readonly suspects: Entries
}

export const nothing: Known = { charged: [], suspects: [] }

export const isOne = ({ from, to }: Pick<Entry, 'from' | 'to'>): boolean => Position.compare(from, to) === 0

const isWithin = (record: KinesisRecord, { shardId, from, to }: Entry): boolean =>
  record.shardId === shardId && Position.compare(from, record) <= 0 && Position.compare(record, to) <= 0

const overlaps = (entry: Entry, records: ReadonlyArray<KinesisRecord>): boolean =>
  records.some((record) => isWithin(record, entry))

/** The entry for which no user code runs for this record; undefined: there is none. */
export const charge = ({ charged }: Known, record: KinesisRecord): Entry | undefined =>
  charged.find((entry) => isWithin(record, entry))

export const isSuspect = ({ suspects }: Known, record: KinesisRecord): boolean =>
  suspects.some((entry) => isWithin(record, entry))

/**
 * An entry that any of several records may be. A batch handler is not called with them: the session then tries them one
 * by one.
 */
export const among = (
  { charged, suspects }: Known,
  records: ReadonlyArray<KinesisRecord>
): Entry | undefined =>
  charged.find((entry) => overlaps(entry, records)) ?? suspects.find((entry) => overlaps(entry, records))

export const isEmpty = ({ charged, suspects }: Known): boolean =>
  charged.length === 0 && suspects.length === 0

/** Those of the stream. */
export const of = ({ charged, suspects }: Known, stream: string): Known => {
  const isOf = (entry: Entry): boolean => entry.stream === null || entry.stream === stream
  return { charged: charged.filter(isOf), suspects: suspects.filter(isOf) }
}

/** Without those that a checkpoint at this position covers: they do not come again. The same object: there are none. */
export const uncovered = (known: Known, shardId: string, position: Position.Position): Known => {
  const isOpen = (entry: Entry): boolean =>
    entry.shardId !== shardId || Position.compare(entry.to, position) > 0
  const [charged, suspects] = [known.charged.filter(isOpen), known.suspects.filter(isOpen)]
  return charged.length === known.charged.length && suspects.length === known.suspects.length
    ? known
    : { charged, suspects }
}

// -- what is remembered -----------------------------------------------------------------------------------------------

/** What becomes known, in any order and any number of times. */
export type Event =
  | { readonly _tag: 'Suspected'; readonly entry: Entry }
  | { readonly _tag: 'Charged'; readonly entry: Entry }
  /** A checkpoint at this position was acknowledged: older entries up to it are done with. */
  | {
      readonly _tag: 'Covered'
      readonly stream: string
      readonly shardId: string
      readonly position: Position.Position
      readonly time: number
    }

/** What the end of a life says of the calls that were open. One record that ran alone is charged. */
export const events = (
  calls: ReadonlyArray<Call>,
  stream: string,
  how: How,
  time: number
): ReadonlyArray<Event> =>
  calls.map(({ shardId, from, to, part, isAlone }) => ({
    _tag: isAlone && isOne({ from, to }) ? 'Charged' : 'Suspected',
    entry: { stream, shardId, from, to, part, how, time }
  }))

/** The longest that Kinesis keeps a record: one that was found before that never comes again. */
const RETENTION_MS = 365 * 24 * 60 * 60 * 1000

const keyOf = ({ stream, shardId, from, to }: Entry): string =>
  [stream ?? '', shardId, Position.show(from), Position.show(to)].join(' ')

const latest = (entries: Entries): Entries => {
  const by = new Map<string, Entry>()
  for (const entry of entries) {
    const before = by.get(keyOf(entry))
    if (before === undefined || before.time < entry.time) by.set(keyOf(entry), entry)
  }
  return [...by.values()]
}

/** Laws: the order of the events, and how often each is there, make no difference to what is known. */
export const fold = (before: Known, all: ReadonlyArray<Event>, now: number): Known => {
  const covers = all.filter((event) => event._tag === 'Covered')
  const isOpen = (entry: Entry): boolean =>
    now - entry.time < RETENTION_MS &&
    !covers.some(
      ({ stream, shardId, position, time }) =>
        (entry.stream === null || entry.stream === stream) &&
        entry.shardId === shardId &&
        entry.time <= time &&
        Position.compare(entry.to, position) <= 0
    )
  const entriesOf = (tag: 'Suspected' | 'Charged'): Entries =>
    all.flatMap((event) => (event._tag === tag ? [event.entry] : []))
  const charged = latest([...before.charged, ...entriesOf('Charged')].filter(isOpen))
  const isCharged = new Set(charged.map(keyOf))
  const suspects = latest([...before.suspects, ...entriesOf('Suspected')].filter(isOpen))
  return { charged, suspects: suspects.filter((entry) => !isCharged.has(keyOf(entry))) }
}
