/** Writes the parts of one life, on the thread that writes. What cannot be written is dropped and counted. */
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import type * as Input from '../core/Input'
import type { Position } from '../protocol/Position'
import * as ActionCodec from '../protocol/wire/Action'
import * as Answer from './Answer'
import * as Columns from './Columns'
import * as Line from './Line'
import type { Mask } from './Mask'
import type * as Order from './Order'
import * as Part from './Part'
import type * as Recording from './Recording'
import * as Selection from './Selection'
import * as Steps from './Steps'

export interface Settings {
  readonly folder: string
  /** What the headers of all parts have in common. */
  readonly header: Omit<Recording.Header, 'shard' | 'life' | 'part' | 'started' | 'from'>
  readonly mask: Mask | null
  /** Of partition keys, payloads and, unless payloads are kept as they are, of outputs. */
  readonly hash: (text: string) => string
  readonly hashOutput: (text: string) => string
  /** Bytes of a part after which the next one begins. */
  readonly partSize: number
  /** A part was begun. */
  readonly onPart: (file: string) => void
  readonly onProblem: (problem: string) => void
  /** Milliseconds by the monotonic clock. */
  readonly now: () => number
}

/** How long after a failure it is tried again. */
const AGAIN_MS = 10_000

/** Nothing can be written since then. */
interface Lost {
  records: number
  readonly why: string
  readonly until: number
}

type Place = Pick<Recording.Header, 'started' | 'from'>

export class LifeWriter {
  #part: Part.Part | null = null
  #number = 0
  #dropped = 0
  #isWhole = true
  #lost: Lost | null = null
  #places: Int32Array | null = null

  constructor(
    private readonly settings: Settings,
    private readonly opened: Order.Opened
  ) {
    const { wall, monotonic } = opened
    this.#attempt(() => this.#begin({ started: { wall, monotonic }, from: null }))
  }

  /** The file that is being written. */
  file(): string | null {
    return this.#part?.file ?? null
  }

  take(order: Order.Batch | Order.Stepped | Order.Given | Order.Replied): void {
    if (order._tag === 'Batch') return this.#batch(order)
    const part = this.#part
    if (part === null) return
    this.#attempt(() => {
      switch (order._tag) {
        case 'Stepped':
          return this.#steps(part, order.steps)
        case 'Given':
          return this.#input(part, order.input)
        case 'Replied':
          return part.append(Line.reply(order.reply))
      }
    })
  }

  flush(): void {
    this.#attempt(() => this.#part?.flush())
  }

  /** The session is over; or this process ends, and the life has no end. */
  end(missed: Order.Missed | null, isOver: boolean): void {
    if (missed !== null) this.#miss(missed)
    this.#attempt(() => {
      const complete = this.#isWhole && isOver
      this.#part?.end({ complete, dropped: this.#dropped, more: false })
    })
    this.#part = null
  }

  #attempt(write: () => void): void {
    try {
      write()
    } catch (thrown) {
      const why = `the recording cannot be written: ${Failure.describe(thrown)}`
      this.#part?.abandon()
      this.#part = null
      this.#isWhole = false
      this.#lost = { records: 0, why, until: this.settings.now() + AGAIN_MS }
      this.settings.onProblem(why)
    }
  }

  #begin(place: Place): void {
    const { folder, header, onPart } = this.settings
    const { shard, life } = this.opened
    this.#part = Part.create(folder, { ...header, shard, life, part: this.#number, ...place })
    this.#number += 1
    onPart(this.#part.file)
  }

  #batch(order: Order.Batch): void {
    const { boundary } = order
    const action = ActionCodec.read(this.opened.shard, order.line)
    if (E.isLeft(action) || action.right._tag !== 'ProcessRecords') return
    const { records, millisBehindLatest } = action.right
    this.#attempt(() => {
      this.#ready(order)
      if (this.#part === null) return this.#drop(records.length)
      if (order.missed !== null) this.#gap(this.#part, order.missed, boundary?.from ?? null)
      const { header, mask, hash } = this.settings
      const selection = Selection.of(records, header.sampling, mask)
      this.#places = selection.places
      if (selection.failed > 0) this.#unmasked(selection.failed)
      const columns = Columns.of(selection.records, { data: header.data, hash })
      const line = Line.batch(columns, millisBehindLatest, order)
      if (columns.packed === undefined) this.#part.append(line)
      else this.#part.appendPacked(line)
    })
    records.release?.()
  }

  /** The part for the batch: the next one where this one is large, or where the disk has failed. */
  #ready({ boundary }: Order.Batch): void {
    if (boundary === null) return
    const { wall, monotonic, from } = boundary
    const place: Place = { started: { wall, monotonic }, from }
    if (this.#lost !== null && this.settings.now() >= this.#lost.until) {
      const { records, why } = this.#lost
      this.#begin(place)
      if (this.#part !== null) this.#part.append(Line.gap(records, why, from))
      this.#lost = null
    } else if (this.#part !== null && this.#part.bytes() >= this.settings.partSize) {
      this.#part.end({ complete: this.#isWhole, dropped: this.#dropped, more: true })
      this.#part = null
      this.#begin(place)
    }
  }

  /** What the mask threw may quote what it was to hide. */
  #unmasked(records: number): void {
    this.#drop(records)
    this.settings.onProblem('the mask failed for a record, which is left out')
  }

  #drop(records: number): void {
    this.#dropped += records
    this.#isWhole = false
    if (this.#lost !== null) this.#lost.records += records
  }

  #miss({ records }: Order.Missed): void {
    this.#dropped += records
    this.#isWhole = false
  }

  #gap(part: Part.Part, missed: Order.Missed, from: Position | null): void {
    this.#miss(missed)
    part.append(Line.gap(missed.records, missed.why, from))
  }

  #steps(part: Part.Part, steps: Steps.Steps): void {
    const answers = steps.answers?.map(this.#answer)
    const kept: Steps.Steps = answers === undefined ? steps : { ...steps, answers }
    if (this.#places === null) return part.append(Line.steps(kept))
    const left = this.#sampled(this.#places, kept)
    if (left !== null) part.append(Line.steps(left))
  }

  /** Where payloads are not kept as they are, no reason is kept, as it may quote one. */
  readonly #answer = ({ tag, reason, outputs }: Answer.Answer): Answer.Answer => ({
    tag,
    ...(reason === undefined || !this.#isOpen() ? {} : { reason }),
    ...(outputs === undefined ? {} : { outputs: outputs.map(this.#output) })
  })

  readonly #output = ({ sink, key, hash }: Answer.Output): Answer.Output => ({
    sink,
    ...(this.#isOpen() ? (key === undefined ? {} : { key }) : Answer.keyed(key, this.settings.hash)),
    hash: this.settings.hashOutput(hash)
  })

  #isOpen(): boolean {
    const { data, masked } = this.settings.header
    return data === 'full' && !masked
  }

  #sampled(places: Int32Array, steps: Steps.Steps): Steps.Steps | null {
    const collector = Steps.collector(Answer.again)
    for (const given of Steps.read(steps) ?? []) {
      const kept = Selection.input(places, given)
      if (kept !== null) collector.add(kept)
    }
    return collector.take()
  }

  #input(part: Part.Part, given: Input.Input): void {
    const kept = this.#places === null ? given : Selection.input(this.#places, given)
    if (kept !== null) part.append(Line.input(kept, this.#isOpen()))
  }
}
