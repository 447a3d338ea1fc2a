/**
 * Finds a handler that never returns. While it runs nothing else of its thread does, so its thread notes each call in
 * memory that the main thread shares, and the main thread looks from time to time whether it is still the same call.
 */
import type { AnyHandler } from '../core/Handler'
import { isSeveral } from '../core/Handler'
import type { KinesisRecord } from '../core/KinesisRecord'
import type * as Position from '../core/Position'
import * as Attempt from '../run/Attempt'
import * as Hung from './Hung'

/** What the two threads share. */
export type Cell = SharedArrayBuffer

/** Grows by one when the handler is called and when it has returned: odd while it runs. */
const TURN = 0
/** Grows while the thread's event loop turns. */
const BEAT = 1
const LENGTH = 2
const HEADER = 16
const TEXT = 1024

export const cell = (): Cell => new SharedArrayBuffer(HEADER + TEXT)

/** The call that has not returned: of one record, or from the first to the last of several. */
export type Call = Pick<Hung.Entry, 'shardId' | 'from' | 'to'>

// -- within the thread ------------------------------------------------------------------------------------------------

export interface Notes {
  readonly begin: (first: KinesisRecord, last: KinesisRecord) => void
  readonly end: () => void
  readonly beat: () => void
}

const show = ({ sequenceNumber, subSequenceNumber }: Position.Position): string =>
  `${sequenceNumber} ${subSequenceNumber}`

export const notes = (shared: Cell): Notes => {
  const numbers = new Int32Array(shared, 0, HEADER / 4)
  const text = Buffer.from(shared, HEADER, TEXT)
  return {
    // Written out before the turn is counted. Some 0.2 us, once for each record.
    begin: (first, last) => {
      const ends = first === last ? show(first) : `${show(first)} ${show(last)}`
      numbers[LENGTH] = text.write(`${first.shardId} ${ends}`, 0, 'latin1')
      Atomics.add(numbers, TURN, 1)
    },
    end: () => void Atomics.add(numbers, TURN, 1),
    beat: () => void Atomics.add(numbers, BEAT, 1)
  }
}

/** What the handler would have come to, in place of it. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded'

  constructor(deadline: number) {
    super(
      `the handler did not return within ${deadline} ms when it last had this record; it was not called again`
    )
    // Where we throw it says nothing of the handler.
    Reflect.deleteProperty(this, 'stack')
  }
}

/**
 * The handler with each of its calls noted; one that never returned before is not made again.
 *
 * A Task is begun here, so that what it does before its first promise is noted too.
 */
export const guard = (
  handler: AnyHandler,
  { begin, end }: Notes,
  entries: Hung.Entries,
  deadline: number
): AnyHandler => {
  const call = (records: ReadonlyArray<KinesisRecord>, first: KinesisRecord, f: () => unknown): unknown => {
    if (entries.length > 0 && Hung.forbids(entries, records)) throw new DeadlineExceeded(deadline)
    begin(first, records[records.length - 1] ?? first)
    try {
      const returned = f()
      return Attempt.begin(returned) ?? returned
    } finally {
      end()
    }
  }
  if (!isSeveral(handler)) return (record, context) => call([record], record, () => handler(record, context))
  const { several } = handler
  return {
    several: (records, context) => {
      const [first] = records
      return first === undefined
        ? several(records, context)
        : call(records, first, () => several(records, context))
    }
  }
}

// -- from outside -----------------------------------------------------------------------------------------------------

/** What stands still, and for how long: milliseconds. */
export interface Stuck {
  /** null: user code runs outside a call of the handler, such as after an `await`. */
  readonly call: Call | null
  readonly ms: number
}

export interface Watch {
  /** Looks at the thread. null: it has moved within the limit. */
  readonly look: () => Stuck | null
}

const INTERVAL_MS = 1000

/** How often to look for what stands still for so long: milliseconds, both. */
export const intervalOf = (limit: number): number => Math.min(INTERVAL_MS, limit / 4)

const callOf = (text: string): Call | null => {
  const [shardId, sequenceNumber, sub, lastNumber = sequenceNumber, lastSub = sub] = text.split(' ')
  return shardId === undefined || sequenceNumber === undefined || lastNumber === undefined
    ? null
    : {
        shardId,
        from: { sequenceNumber, subSequenceNumber: Number(sub) },
        to: { sequenceNumber: lastNumber, subSequenceNumber: Number(lastSub) }
      }
}

/**
 * Counts looks, not the time between them: when the whole process was held up (SIGSTOP, a laptop that slept) the handler
 * was held up too.
 */
export const watch = (shared: Cell, limit: number): Watch => {
  const numbers = new Int32Array(shared, 0, HEADER / 4)
  const text = Buffer.from(shared, HEADER, TEXT)
  const interval = intervalOf(limit)
  let seen = { turn: -1, beat: -1, looks: 0 }
  return {
    look: () => {
      const turn = Atomics.load(numbers, TURN)
      const beat = Atomics.load(numbers, BEAT)
      const isSame = turn === seen.turn && beat === seen.beat
      seen = { turn, beat, looks: isSame ? seen.looks + 1 : 0 }
      const ms = seen.looks * interval
      if (ms < limit) return null
      return { call: turn % 2 === 0 ? null : callOf(text.toString('latin1', 0, numbers[LENGTH])), ms }
    }
  }
}
