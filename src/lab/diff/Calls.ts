/** The calls of a handler, watched: how long they take, and for which record one is at work, which another thread can see. */
import { isSeveral, type AnyHandler } from '../../core/Handler'
import type { KinesisRecord } from '../../protocol/KinesisRecord'
import * as Position from '../../protocol/Position'
import * as Attempt from '../../run/Attempt'
import * as Clock from '../../run/Clock'
import type { Took } from './Message'

/** The number of the record in the order, from 1 on; 0: the handler is not called. */
const AT = 0
/** Goes up with each call. */
const CALLS = 1
const SLOTS = 2

export const cell = (): SharedArrayBuffer => new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT)

/** What another thread sees. */
export interface Seen {
  readonly at: number
  readonly calls: number
}

export const look = (buffer: SharedArrayBuffer): Seen => {
  const slots = new Int32Array(buffer)
  return { at: Atomics.load(slots, AT), calls: Atomics.load(slots, CALLS) }
}

/** Two shards may have records of one position. */
export const nameOf = (
  record: Pick<KinesisRecord, 'shardId' | 'sequenceNumber' | 'subSequenceNumber'>
): string => `${record.shardId}/${Position.show(record)}`

export class Calls {
  readonly handler: AnyHandler
  readonly #slots: Int32Array
  #numbers: ReadonlyMap<string, number> = new Map()
  #calls = 0
  #millis = 0

  constructor(handler: AnyHandler, buffer: SharedArrayBuffer) {
    this.#slots = new Int32Array(buffer)
    this.handler = isSeveral(handler)
      ? {
          several: (records, context) =>
            this.#watched(records[0], records.length, () => handler.several(records, context))
        }
      : (record, context) => this.#watched(record, 1, () => handler(record, context))
  }

  /** From now on the records have these numbers, by their names. */
  readonly number = (numbers: ReadonlyMap<string, number>): void => {
    this.#numbers = numbers
  }

  /** What the calls took since the last look. */
  readonly took = (): Took => {
    const took = { calls: this.#calls, millis: this.#millis }
    this.#calls = this.#millis = 0
    return took
  }

  #watched(record: KinesisRecord | undefined, count: number, call: () => unknown): unknown {
    this.#calls += count
    Atomics.store(this.#slots, AT, record === undefined ? 0 : (this.#numbers.get(nameOf(record)) ?? 0))
    Atomics.add(this.#slots, CALLS, 1)
    const began = Clock.monotonic()
    try {
      const returned = call()
      if (returned instanceof Promise) this.#follow(returned, began)
      else this.#millis += Clock.monotonic() - began
      return returned
    } finally {
      Atomics.store(this.#slots, AT, 0)
    }
  }

  /** An effect takes until it ends. */
  #follow(effect: Promise<unknown>, began: number): void {
    Attempt.follow(effect, () => {
      this.#millis += Clock.monotonic() - began
    })
  }
}
