/** Where the lines of the stream come from. Reading changes nothing: any place can be read again. */
import type { Chance } from './Chance'

/** A place between two lines. */
export interface Cursor {
  /** How many lines are before it. */
  readonly line: number
  /** How many bytes. */
  readonly offset: number
}

export const start: Cursor = { line: 0, offset: 0 }

export interface Limits {
  readonly lines: number
  readonly bytes: number
}

export interface Piece {
  /** Without their newlines. */
  readonly lines: ReadonlyArray<Buffer>
  readonly next: Cursor
  /** It ends because a limit was reached. */
  readonly isFull: boolean
  /** Nothing follows it, now or ever. */
  readonly isEnd: boolean
  /** Its last line has no newline: more may be added to it, though not in this run. */
  readonly isCut: boolean
}

export interface Source {
  /** The lines after a place, up to the limit that is reached first. A single line may exceed the bytes. */
  readonly read: (from: Cursor, limits: Limits) => Piece
  /** How much there is to be seen, in the units of a cursor; null as long as it cannot be known. */
  readonly size: () => Partial<Cursor> | null
  /** Where the input's present content begins: at `start`, unless a followed file was truncated or replaced meanwhile. */
  readonly origin: () => Cursor
  /** Why something of the input may be missing from what was read; null: nothing is. */
  readonly problem: () => string | null
  readonly close: () => void
}

/** Nothing can be read at this place any more. */
export const ended = (at: Cursor): Piece => ({
  lines: [],
  next: at,
  isFull: false,
  isEnd: true,
  isCut: false
})

const CUSTOMERS = 100
/** One order in this many is free, so that a handler has something to skip. */
const FREE = 50

/** An order made up from the seed and its number: the same whenever it is asked for. */
const madeUp = (chance: Chance, n: number): string => {
  const pick = (about: string, below: number): number => Math.floor(chance(about, n) * below)
  const customer = `customer-${pick('customer', CUSTOMERS)}`
  const total = pick('free', FREE) === 0 ? 0 : (1 + pick('total', 100_000)) / 100
  return JSON.stringify({ partitionKey: customer, data: { id: `o-${n}`, customer, total } })
}

/** This many orders without a file. */
export const generated = (count: number, chance: Chance): Source => ({
  read: (from, limits) => {
    const last = Math.max(from.line, Math.min(count, from.line + limits.lines))
    const lines: Array<Buffer> = []
    for (let n = from.line + 1; n <= last; n++) lines.push(Buffer.from(madeUp(chance, n)))
    return {
      lines,
      next: { line: last, offset: 0 },
      isFull: last === from.line + limits.lines,
      isEnd: last === count,
      isCut: false
    }
  },
  size: () => ({ line: count }),
  origin: () => start,
  problem: () => null,
  close: () => undefined
})
