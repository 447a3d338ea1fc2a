/**
 * Which user code is at work for which records, in memory that a thread of user code shares with the one that watches it:
 * it can be read when the first one stands still, and when it has ended.
 */
import type { KinesisRecords } from '../protocol/KinesisRecords'
import type * as Position from '../protocol/Position'
import type { Call, Part } from './Quarantine'
import * as Row from './Row'

/** What the two threads share. */
export type Cell = SharedArrayBuffer

/** Grows by one when user code is called for a record and when it has returned: odd while it runs. */
const TURN = 0
/** Grows while the thread's event loop turns. */
const BEAT = 1
/** The slot of the call that runs, while TURN is odd. */
const CURRENT = 2
/** The number of the call's record in the row, if CURRENT is IN_ROW. */
const NUMBER = 3
/** Numbers of the header. */
const HEADER = 4
const ROW_FROM = 4 * HEADER

/** A call has a slot: what it is (0: the slot is free), the length of its text, the text. */
const KIND = 0
const LENGTH = 1
const NUMBERS = 2
const SLOT_BYTES = 512
const SLOTS_FROM = ROW_FROM + Row.BYTES
const TEXT_BYTES = SLOT_BYTES - 4 * NUMBERS
/** More calls than this may wait at the same time; those beyond are not noted. */
const SLOTS = 4096
/** No slot: all are taken, or the names are longer than any of Kinesis. */
export const NONE = -1
/** In place of a slot: the call is for a record of the row. */
const IN_ROW = -2

const PARTS: ReadonlyArray<Part> = ['handler', 'outputs', 'letter']
/** Beside the part, in KIND. */
const ALONE = 4

/**
 * @param slots how many calls may be open at the same time. All of the memory may become the process's: the C library clears
 *   what was used before.
 */
export const cell = (slots = SLOTS): Cell => new SharedArrayBuffer(SLOTS_FROM + slots * SLOT_BYTES)

const slotsOf = ({ byteLength }: Cell): number => (byteLength - SLOTS_FROM) / SLOT_BYTES

interface Place {
  readonly shardId: string
  readonly sequenceNumber: string
  readonly subSequenceNumber: number
}

// -- within the thread ------------------------------------------------------------------------------------------------

export interface Notes {
  /** User code is called for the records from the first to the last; gives the slot of the call. */
  readonly begin: (first: Place, last: Place, part: Part, isAlone: boolean) => number
  /** Puts a record and its neighbours into the row. null: that is not possible. */
  readonly row: (records: KinesisRecords, index: number, shardId: string) => Row.Part | null
  /**
   * The handler is called for the record with this number in this version of the row; the call has no slot: `end` it with
   * NONE. False: the row has other records, and nothing is noted.
   */
  readonly beginAt: (version: number, number: number) => boolean
  /** Gives a slot to a call that has begun without one. */
  readonly hold: (first: Place, last: Place, part: Part, isAlone: boolean) => number
  /** It has returned; what it began goes on. */
  readonly suspend: () => void
  /** It has returned, and all is done. */
  readonly end: (slot: number) => void
  /** What was begun is done. */
  readonly close: (slot: number) => void
  /** The records from the first to the last are at work, in place of those before; of these no call is noted. */
  readonly cover: (first: Place, last: Place) => void
  /** They are done. */
  readonly uncover: () => void
  readonly beat: () => void
  /** The calls that are open now. */
  readonly open: () => Open
}

const BLANK = 0x20
const ZERO = 0x30

/** Without a text of the parts, which would take as long as all the rest. Gives where it ends. */
const writeNumbers = (text: Buffer, from: number, { sequenceNumber, subSequenceNumber }: Place): number => {
  const end = from + text.write(sequenceNumber, from, 'latin1')
  text[end] = BLANK
  if (subSequenceNumber !== 0) return end + 1 + text.write(String(subSequenceNumber), end + 1, 'latin1')
  text[end + 1] = ZERO
  return end + 2
}

/** Gives where they end. */
const writeBoth = (text: Buffer, from: number, first: Place, last: Place): number => {
  const end = writeNumbers(text, from, first)
  if (first === last) return end
  text[end] = BLANK
  return writeNumbers(text, end + 1, last)
}

const writeShard = (text: Buffer, from: number, { shardId }: Place): number => {
  const end = from + text.write(shardId, from, 'latin1')
  text[end] = BLANK
  return end + 1
}

/** The blanks and both numbers within their sequences at their longest. */
const BESIDE_NAMES = 64

/** A name that is cut would be that of another record. */
const fits = (first: Place, last: Place): boolean =>
  first.shardId.length + first.sequenceNumber.length + last.sequenceNumber.length + BESIDE_NAMES <= TEXT_BYTES

/** The cell as the thread of user code sees it. */
class CellNotes implements Notes {
  readonly #numbers: Int32Array
  readonly #text: Buffer
  readonly #row: Row.Row
  /** The slots that are free, and those never used yet: so only as much memory is touched as calls were open at once. */
  readonly #free: Array<number> = []
  #fresh = 0
  /** By slot, the shard whose name stands there already, and where it ends: to write it again takes as long as a number. */
  readonly #shards: Array<string> = []
  readonly #named: Array<number> = []
  /** The slot of `cover`, which it keeps. */
  #covered = NONE

  constructor(private readonly shared: Cell) {
    this.#numbers = new Int32Array(shared)
    this.#text = Buffer.from(shared)
    this.#row = new Row.Row(shared, ROW_FROM)
  }

  // Written out before the turn is counted. Some 0.2 us, once for each call.
  readonly begin = (first: Place, last: Place, part: Part, isAlone: boolean): number => {
    const slot = this.hold(first, last, part, isAlone)
    this.#numbers[CURRENT] = slot
    this.suspend()
    return slot
  }

  readonly row = (records: KinesisRecords, index: number, shardId: string): Row.Part | null =>
    this.#row.write(records, index, shardId)

  readonly beginAt = (version: number, number: number): boolean => {
    if (this.#row.version !== version) return false
    this.#numbers[NUMBER] = number
    this.#numbers[CURRENT] = IN_ROW
    this.suspend()
    return true
  }

  readonly hold = (first: Place, last: Place, part: Part, isAlone: boolean): number => {
    const slot = this.#take()
    if (slot === NONE) return NONE
    const kind = this.#write(slot, first, last) ? 1 + PARTS.indexOf(part) + (isAlone ? ALONE : 0) : 0
    this.#numbers[indexOf(slot) + KIND] = kind
    return slot
  }

  readonly suspend = (): void => {
    this.#grow(TURN)
  }

  readonly end = (slot: number): void => {
    this.suspend()
    this.close(slot)
  }

  readonly close = (slot: number): void => {
    if (slot === NONE) return
    this.#numbers[indexOf(slot) + KIND] = 0
    this.#free.push(slot)
  }

  readonly cover = (first: Place, last: Place): void => {
    if (this.#covered === NONE) this.#covered = this.#take()
    if (this.#covered === NONE) return
    this.uncover()
    if (this.#write(this.#covered, first, last))
      this.#numbers[indexOf(this.#covered) + KIND] = 1 + PARTS.indexOf('handler')
  }

  readonly uncover = (): void => {
    if (this.#covered !== NONE) this.#numbers[indexOf(this.#covered) + KIND] = 0
  }

  readonly beat = (): void => {
    this.#grow(BEAT)
  }

  readonly open = (): Open => openIn(this.shared)

  // Only this thread writes it, and its reader looks once a second: an atomic add takes several times as long.
  #grow(at: typeof TURN | typeof BEAT): void {
    this.#numbers[at] = ((this.#numbers[at] ?? 0) + 1) | 0
  }

  /** Whether there is room for the names. */
  #write(slot: number, first: Place, last: Place): boolean {
    if (!fits(first, last)) return false
    const from = textOf(slot)
    if (this.#shards[slot] !== first.shardId) {
      this.#shards[slot] = first.shardId
      this.#named[slot] = writeShard(this.#text, from, first)
    }
    const end = writeBoth(this.#text, this.#named[slot] ?? from, first, last)
    this.#numbers[indexOf(slot) + LENGTH] = end - from
    return true
  }

  #take(): number {
    return this.#free.pop() ?? (this.#fresh < slotsOf(this.shared) ? this.#fresh++ : NONE)
  }
}

/** To be called once for a cell. */
export const notes = (shared: Cell): Notes => new CellNotes(shared)

const indexOf = (slot: number): number => (SLOTS_FROM + slot * SLOT_BYTES) / 4
const textOf = (slot: number): number => 4 * (indexOf(slot) + NUMBERS)

// -- from outside -----------------------------------------------------------------------------------------------------

/** The calls that are open. */
export interface Open {
  /** The one that runs; null: user code runs outside a call, such as after an `await`, or none does. */
  readonly running: Call | null
  /** Those that have returned and have begun something that is not done. */
  readonly waiting: ReadonlyArray<Call>
}

const callOf = (text: string, kind: number): Call | null => {
  const [shardId, sequenceNumber, sub, lastNumber = sequenceNumber, lastSub = sub] = text.split(' ')
  const part = PARTS[(kind - 1) % ALONE]
  if (shardId === undefined || sequenceNumber === undefined || lastNumber === undefined || part === undefined)
    return null
  const from: Position.Position = { sequenceNumber, subSequenceNumber: Number(sub) }
  const to: Position.Position = { sequenceNumber: lastNumber, subSequenceNumber: Number(lastSub) }
  return { shardId, from, to, part, isAlone: kind > ALONE }
}

/** To be asked for when the thread stands still or has ended. */
export const openIn = (shared: Cell): Open => {
  const numbers = new Int32Array(shared)
  const text = Buffer.from(shared)
  const at = (slot: number): Call | null => {
    const index = indexOf(slot)
    const [kind = 0, length = 0] = [numbers[index + KIND], numbers[index + LENGTH]]
    return kind === 0 ? null : callOf(text.toString('latin1', textOf(slot), textOf(slot) + length), kind)
  }
  const isRunning = Atomics.load(numbers, TURN) % 2 !== 0
  const current = isRunning ? (numbers[CURRENT] ?? NONE) : NONE
  const waiting: Array<Call> = []
  for (let slot = 0; slot < slotsOf(shared); slot++) {
    const call = slot === current ? null : at(slot)
    if (call !== null) waiting.push(call)
  }
  if (current === NONE) return { running: null, waiting }
  return { running: current === IN_ROW ? inRow(shared, numbers[NUMBER] ?? 0) : at(current), waiting }
}

const inRow = (shared: Cell, number: number): Call => {
  const { shardId, position } = Row.read(shared, ROW_FROM, number)
  return { shardId, from: position, to: position, part: 'handler', isAlone: false }
}

/** The calls that may have ended their thread, or hold it up: the one that runs, or else all that wait. */
export const suspects = ({ running, waiting }: Open): ReadonlyArray<Call> =>
  running === null ? waiting : [running]

/** The same where memory ran out: any of them may have it. */
export const all = ({ running, waiting }: Open): ReadonlyArray<Call> =>
  running === null ? waiting : [running, ...waiting]

/** What stands still, and for how long: milliseconds. */
export interface Stuck {
  readonly open: Open
  readonly ms: number
}

export interface Watch {
  /** Looks at the thread. null: it has moved within the limit. */
  readonly look: () => Stuck | null
}

const INTERVAL_MS = 1000

/** How often to look for code that stands still for the given time, both in milliseconds. */
export const intervalOf = (limit: number): number => Math.min(INTERVAL_MS, limit / 4)

/**
 * Counts looks, not the time between them: when the whole process was held up (SIGSTOP, a laptop that slept) the handler
 * was held up too.
 */
export const watch = (shared: Cell, limit: number): Watch => {
  const numbers = new Int32Array(shared, 0, HEADER)
  const interval = intervalOf(limit)
  let seen = { turn: -1, beat: -1, looks: 0 }
  return {
    look: () => {
      const turn = Atomics.load(numbers, TURN)
      const beat = Atomics.load(numbers, BEAT)
      const isSame = turn === seen.turn && beat === seen.beat
      seen = { turn, beat, looks: isSame ? seen.looks + 1 : 0 }
      const ms = seen.looks * interval
      return ms < limit ? null : { open: openIn(shared), ms }
    }
  }
}
