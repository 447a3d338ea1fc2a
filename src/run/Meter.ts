/**
 * What one session counts, for those who watch it. It is fed what the interpreter feeds the session, so that it needs no
 * clock and no place in the code of its own; what it gives is plain data that threads send each other.
 */
import * as Batch from '../core/Batch'
import type * as Decision from '../core/Decision'
import type { Effect } from '../core/Effect'
import type * as Filter from '../core/Filter'
import type { Input, Received } from '../core/Input'
import * as KinesisRecords from '../protocol/KinesisRecords'
import * as Session from '../core/Session'
import * as Verdict from '../core/Verdict'
import * as Histogram from './Histogram'

/** Since the session began. None ever goes down. */
export interface Counts {
  /** Records that the daemon sent, and the bytes of their payloads. */
  readonly records: number
  readonly bytes: number
  readonly batches: number
  /** What the session took the handler's answers for. */
  readonly verdicts: Verdict.Verdicts
  /** Records that the filter dropped, by what of them it looked at. */
  readonly filtered: Readonly<Record<Filter.Drop['by'], number>>
  /** Attempts after the first of a record, or of a group of them. */
  readonly retries: number
  /** Outputs that their sink acknowledged, of records whose outputs all were, by sink. */
  readonly delivered: Readonly<Record<string, number>>
  /** How long an attempt of the handler took; an effect that was given up counts until then. */
  readonly handler: Histogram.Histogram
  /** When a batch came or a record was last run to its end; by the monotonic clock, 0: never. */
  readonly movedAt: number
}

/** The session took the input: what followed, and its state before. */
export type Observe = (input: Input, step: Session.Step, before: Session.State) => void

export interface Meter {
  readonly observe: Observe
  readonly counts: () => Counts
}

export const empty: Counts = {
  records: 0,
  bytes: 0,
  batches: 0,
  verdicts: Verdict.none,
  filtered: { age: 0, key: 0 },
  retries: 0,
  delivered: {},
  handler: Histogram.empty,
  movedAt: 0
}

export const make = (): Meter => new Counting()

class Counting implements Meter {
  #records = 0
  #bytes = 0
  #batches = 0
  readonly #verdicts = { ...Verdict.none }
  readonly #filtered = { age: 0, key: 0 }
  #retries = 0
  readonly #delivered = new Map<string, number>()
  readonly #handler = Histogram.make()
  #movedAt = 0
  /** When the last input came: a handler that returns at once began then. */
  #last = 0
  #handled = 0
  /** When the attempts at work began, by their tickets. */
  readonly #began = new Map<number, number>()
  /** The outputs under way, by the index of their record. */
  readonly #outputs = new Map<number, ReadonlyArray<Decision.Output>>()

  readonly counts = (): Counts => ({
    records: this.#records,
    bytes: this.#bytes,
    batches: this.#batches,
    verdicts: { ...this.#verdicts },
    filtered: { ...this.#filtered },
    retries: this.#retries,
    delivered: Object.fromEntries(this.#delivered),
    handler: this.#handler.read(),
    movedAt: this.#movedAt
  })

  readonly observe: Observe = (input, step, before) => {
    const after = step[0]
    const effects = step[1]
    const verdict = step[2]
    if (verdict !== undefined) this.#verdicts[verdict] += step[3] ?? 1
    switch (input._tag) {
      case 'Handled':
        if (verdict === undefined && after !== before) this.#verdicts.ack += input.count
        if (input.count === 1) this.#ended(input.ticket, input.now)
        else this.#handler.addSeveral(input.count, (input.now - this.#last) / 1000 / input.count)
        break
      case 'Dropped':
        if (after !== before) this.#filtered[input.drop.by] += 1
        break
      case 'Threw':
        this.#ended(input.ticket, input.now)
        break
      case 'Begun':
        // What it did before its first promise counts too.
        this.#began.set(input.ticket, this.#last)
        if (attemptOf(after, input.indices) > 1) this.#retries += 1
        break
      case 'Received':
        this.#received(input)
        break
      case 'Delivered':
        for (const index of input.indices) this.#deliver(index)
        break
      case 'Undelivered':
        this.#outputs.delete(input.index)
        break
      case 'Buried':
      case 'Ticked':
      case 'Drained':
      case 'Crashed':
      case 'Closed':
      case 'Broken':
        break
    }
    if (input._tag !== 'Closed' && input._tag !== 'Broken') this.#last = input.now
    // An ordinary record wants nothing: it costs a look here.
    if (effects.length > 0) for (const effect of effects) this.#wanted(effect, input)
    if (after.progress !== before.progress) this.#move(after)
  }

  #received({ action, now }: Received): void {
    if (action._tag !== 'ProcessRecords') return
    this.#batches += 1
    this.#movedAt = now
    this.#records += action.records.length
    this.#bytes += KinesisRecords.bytes(action.records)
    this.#outputs.clear()
  }

  #wanted(effect: Effect, cause: Input): void {
    if (effect._tag === 'Deliver') this.#outputs.set(effect.index, effect.outputs)
    else if (effect._tag === 'Abort') this.#aborted(effect.ticket, cause)
  }

  /** A deadline comes with a tick; what is aborted for another reason was neither good nor bad. */
  #aborted(ticket: number, cause: Input): void {
    if (cause._tag !== 'Ticked') return void this.#began.delete(ticket)
    this.#ended(ticket, cause.now)
  }

  /** All records of a group share a ticket, and the time that it took. */
  #ended(ticket: number, now: number): void {
    const began = ticket === 0 ? this.#last : this.#began.get(ticket)
    if (began === undefined) return
    this.#began.delete(ticket)
    this.#handler.add((now - began) / 1000)
  }

  #deliver(index: number): void {
    for (const { sink } of this.#outputs.get(index) ?? [])
      this.#delivered.set(sink, (this.#delivered.get(sink) ?? 0) + 1)
    this.#outputs.delete(index)
  }

  #move(after: Session.State): void {
    const handled = Session.handledCount(after)
    if (handled > this.#handled) this.#movedAt = this.#last
    this.#handled = handled
  }
}

const attemptOf = ({ batch }: Session.State, [index = 0]: ReadonlyArray<number>): number =>
  batch === null ? 1 : (Batch.attemptOn(batch, index)?.attempt ?? 1)

// -- summing ----------------------------------------------------------------------------------------------------------

const addEach = <K extends string>(
  a: Readonly<Record<K, number>>,
  b: Readonly<Record<K, number>>
): Record<K, number> => {
  const sum: Record<K, number> = { ...a }
  for (const key in b) sum[key] = (sum[key] ?? 0) + b[key]
  return sum
}

/** Of two sessions together. */
export const add = (a: Counts, b: Counts): Counts => ({
  records: a.records + b.records,
  bytes: a.bytes + b.bytes,
  batches: a.batches + b.batches,
  verdicts: addEach(a.verdicts, b.verdicts),
  filtered: addEach(a.filtered, b.filtered),
  retries: a.retries + b.retries,
  delivered: addEach(a.delivered, b.delivered),
  handler: Histogram.add(a.handler, b.handler),
  movedAt: Math.max(a.movedAt, b.movedAt)
})
