/** The user code of one session: each call of it for records is noted, and none is made for a record that is charged. */
import * as Batch from '../core/Batch'
import * as Decision from '../core/Decision'
import type { AnyHandler, One, Several } from '../core/Handler'
import { isSeveral } from '../core/Handler'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import type * as Session from '../core/Session'
import type { Prepared } from '../edge/Startup'
import * as Attempt from '../run/Attempt'
import type { Observe } from '../run/Meter'
import type * as Gate from './Gate'
import * as Quarantine from './Quarantine'
import * as Watchdog from './Watchdog'

/** What of a session runs user code. */
export type UserCode = Pick<Prepared, 'handler' | 'bury' | 'deliver'>

export interface Options {
  readonly code: UserCode
  readonly notes: Watchdog.Notes
  readonly gate: Gate.Gate
  readonly known: Quarantine.Known
  /** How long a handler may take; milliseconds. */
  readonly deadline: number
}

/** The result in place of the call of user code. */
export class Charged extends Error {
  override readonly name: string

  constructor({ how, part }: Quarantine.Entry, deadline: number) {
    super(`${reasonOf(how, part, deadline)} when it last had this record; it was not called again`)
    this.name = how === 'hung' ? 'DeadlineExceeded' : 'ThreadEnded'
    // The place where we throw it says nothing about the handler.
    Reflect.deleteProperty(this, 'stack')
  }
}

const WHO: Readonly<Record<Quarantine.Part, string>> = {
  handler: 'the handler',
  outputs: "the outputs' codec or sink",
  letter: 'the sink of dead letters'
}

const reasonOf = (how: Quarantine.How, part: Quarantine.Part, deadline: number): string => {
  switch (how) {
    case 'hung':
      return `${WHO[part]} did not return within ${deadline} ms`
    case 'exited':
      return `${WHO[part]} ended its thread`
    case 'memory':
      return `${WHO[part]} ran out of memory`
    case 'crashed':
      return `${WHO[part]} failed with an error that nothing caught`
  }
}

/** A call that has begun an effect. */
interface Effect {
  readonly slot: number
  readonly promise: PromiseLike<unknown>
}

const ACK: unknown = Decision.ack()
const CHECKPOINT: unknown = Decision.checkpoint()

/** To read it runs no code of the user's. */
const isPlain = (returned: unknown): boolean =>
  returned === ACK ||
  returned === CHECKPOINT ||
  (typeof returned !== 'object' && typeof returned !== 'function')

export class Calls implements Gate.Party {
  readonly code: UserCode
  #known: Quarantine.Known
  #state: (() => Session.State) | null = null
  #resume = (): void => undefined
  /** Of a call that has returned what is still to be read: a getter is user code, too. */
  #unread: number | null = null
  /** In the batch, of the record that was admitted last. */
  #index = 0
  /** Records of the batch that need no slot: the version of the row that has them, the first one, and how many. */
  #version = 0
  #first = 0
  #count = 0
  /** A call has begun an effect: from now on each has a slot from the beginning. */
  #hasEffects = false
  /** What the last call has begun, until its ticket is known. */
  #begun: Effect | null = null
  /** The ticket of a call of several records, which is known before it is made. */
  #ticket: number | null = null
  readonly #effects = new Map<number, Effect>()
  readonly #slots = new Set<number>()
  /** Calls whose attempt was aborted and that still run. */
  readonly #lingering = new Set<Effect>()
  /** To be called when the session is over and none of them is left. */
  #onHandlersEnded: (() => void) | null = null

  constructor(private readonly options: Options) {
    const { handler, bury, deliver } = options.code
    this.#known = options.known
    this.code = {
      handler: this.#guard(handler),
      bury: this.#guardBury(bury),
      deliver: this.#guardDeliver(deliver)
    }
    options.gate.enter(this)
  }

  /** To be called before the first line. */
  follow(state: () => Session.State, resume: () => void): void {
    this.#state = state
    this.#resume = resume
  }

  readonly isIdle = (): boolean => {
    const batch = this.#state?.().batch ?? null
    return batch === null || Batch.isIdle(batch)
  }

  readonly resume = (): void => this.#resume()

  /** Whether the first of the given number of records may begin now. */
  readonly admit = (record: KinesisRecord, count: number, index: number): boolean => {
    this.#index = index
    const isSuspect =
      count === 1 &&
      this.#known.suspects.length > 0 &&
      Quarantine.isSuspect(this.#known, record) &&
      Quarantine.charge(this.#known, record) === undefined
    return this.options.gate.admit(this, isSuspect)
  }

  /** A checkpoint at this position was acknowledged. Whether it covers what was known. */
  covered(shardId: string, position: Parameters<typeof Quarantine.uncovered>[2]): boolean {
    const left = Quarantine.uncovered(this.#known, shardId, position)
    if (left === this.#known) return false
    this.#known = left
    return true
  }

  /**
   * The session is over. `onHandlersEnded` is called once no handler of it runs: at once, or when the last aborted one
   * has ended.
   */
  end(onHandlersEnded: () => void): void {
    this.#read()
    for (const ticket of [...this.#effects.keys()]) this.#aborted(ticket)
    const lingering = new Set([...this.#lingering].map(({ slot }) => slot))
    for (const slot of [...this.#slots]) if (!lingering.has(slot)) this.#close(slot)
    this.options.gate.leave(this)
    this.#onHandlersEnded = onHandlersEnded
    this.#settled()
  }

  #settled(): void {
    if (this.#lingering.size > 0) return
    this.#onHandlersEnded?.()
    this.#onHandlersEnded = null
  }

  /** Observes every step of the session, before its effects are performed. */
  readonly observe: Observe = (input, [after, effects]) => {
    if (input._tag === 'Received') this.#count = 0
    if (input._tag === 'Begun') this.#hasBegun(input.ticket)
    else if (input._tag === 'Handled' || input._tag === 'Threw') this.#answered(input.ticket, after)
    for (const effect of effects) if (effect._tag === 'Abort') this.#aborted(effect.ticket)
    this.options.gate.mayHaveEnded(this)
  }

  #hasBegun(ticket: number): void {
    if (this.#begun === null) this.#ticket = ticket
    else this.#effects.set(ticket, this.#begun)
    this.#begun = null
  }

  #answered(ticket: number, { batch }: Session.State): void {
    if (batch !== null && ticket !== 0 && Batch.isKnown(batch, ticket)) return
    this.#read()
    const effect = this.#effects.get(ticket)
    if (effect === undefined) return
    this.#effects.delete(ticket)
    this.#close(effect.slot)
  }

  /** It is over for the session, but user code may go on. */
  #aborted(ticket: number): void {
    const effect = this.#effects.get(ticket)
    if (effect === undefined) return
    this.#effects.delete(ticket)
    this.#lingering.add(effect)
    const close = (): void => {
      this.#lingering.delete(effect)
      this.#close(effect.slot)
      this.#settled()
    }
    effect.promise.then(close, close)
  }

  #close(slot: number): void {
    if (this.#slots.delete(slot)) this.options.notes.close(slot)
  }

  /** User code has returned and left something that goes on. */
  #suspend(slot: number): void {
    this.#slots.add(slot)
    this.options.notes.suspend()
  }

  /** The session has read what the last call gave. */
  #read(): void {
    if (this.#unread !== null) this.options.notes.end(this.#unread)
    this.#unread = null
  }

  // -- the handler ------------------------------------------------------------------------------------------------------

  #guard(handler: AnyHandler): AnyHandler {
    if (!isSeveral(handler)) return this.#guardOne(handler)
    return this.#guardSeveral(handler)
  }

  #guardOne(handler: One): One {
    return (record, context) => {
      const number = this.#index - this.#first
      const isInRow =
        (number >= 0 && number < this.#count && this.#beginAt(number)) || this.#beginRow(record.shardId)
      if (isInRow) return this.#call(Watchdog.NONE, record, handler, record, context)
      if (!Quarantine.isEmpty(this.#known)) this.#refuse([record])
      return this.#call(this.#begin(record, record), record, handler, record, context)
    }
  }

  #guardSeveral({ several }: Several): Several {
    return {
      several: (records, context) => {
        const first = records[0]
        if (first === undefined) return several(records, context)
        this.#refuse(records)
        const slot = this.#begin(first, records[records.length - 1] ?? first)
        return this.#call(slot, null, several, records, context)
      }
    }
  }

  #refuse(records: ReadonlyArray<KinesisRecord>): void {
    if (Quarantine.isEmpty(this.#known)) return
    const [first] = records
    const entry =
      records.length === 1 && first !== undefined
        ? Quarantine.charge(this.#known, first)
        : Quarantine.among(this.#known, records)
    if (entry !== undefined) throw new Charged(entry, this.options.deadline)
  }

  /** False: other records are in the row. */
  #beginAt(number: number): boolean {
    if (!this.options.notes.beginAt(this.#version, number)) return false
    this.#unread = Watchdog.NONE
    return true
  }

  /** Most calls need no slot: no record is known, and no call goes on when it has returned. False: this one needs a slot. */
  #beginRow(shardId: string): boolean {
    const { notes, gate } = this.options
    if (this.#hasEffects || !Quarantine.isEmpty(this.#known) || gate.isAlone(this)) return false
    const records = this.#state?.().batch?.records
    const part = records === undefined ? null : notes.row(records, this.#index, shardId)
    if (part === null) return false
    this.#version = part.version
    this.#first = part.first
    this.#count = part.count
    return this.#beginAt(this.#index - part.first)
  }

  #begin(first: KinesisRecord, last: KinesisRecord): number {
    const { notes, gate } = this.options
    const slot = notes.begin(first, last, 'handler', gate.isAlone(this))
    // Until the session has read what is returned or thrown, the call is not over.
    this.#unread = slot
    return slot
  }

  /**
   * An effect is begun here, so that what it does before its first promise is noted too.
   *
   * @param slot that of the call, or NONE
   * @param one the only record of the call; null: there are several
   */
  #call<G, C>(
    slot: number,
    one: KinesisRecord | null,
    f: (given: G, context: C) => unknown,
    given: G,
    context: C
  ): unknown {
    const { notes } = this.options
    const ticket = this.#ticket
    this.#ticket = null
    const returned = f(given, context)
    if (isPlain(returned)) {
      this.#unread = null
      notes.end(slot)
      return returned
    }
    const effect = Attempt.begin(returned)
    if (effect === null) return returned
    const promise = effect instanceof Promise ? effect : Promise.resolve(effect)
    this.#unread = null
    this.#hasEffects = true
    this.#count = 0
    const held = slot === Watchdog.NONE && one !== null ? this.#hold(one) : slot
    this.#suspend(held)
    if (ticket === null) this.#begun = { slot: held, promise }
    else this.#effects.set(ticket, { slot: held, promise })
    return promise
  }

  #hold(record: KinesisRecord): number {
    return this.options.notes.hold(record, record, 'handler', this.options.gate.isAlone(this))
  }

  // -- outputs and dead letters -----------------------------------------------------------------------------------------

  #guardDeliver(deliver: UserCode['deliver']): UserCode['deliver'] {
    return (delivery, then) => {
      const { notes, gate } = this.options
      const { record } = delivery
      const slot = notes.begin(record, record, 'outputs', gate.isAlone(this))
      this.#slots.add(slot)
      deliver(delivery, (end) => {
        this.#close(slot)
        then(end)
      })
      notes.suspend()
    }
  }

  #guardBury(bury: UserCode['bury']): UserCode['bury'] {
    return (letter) => {
      const { notes, gate } = this.options
      const slot = notes.begin(letter, letter, 'letter', gate.isAlone(this))
      const buried = bury(letter)
      if (!(buried instanceof Promise)) {
        notes.end(slot)
        return buried
      }
      this.#suspend(slot)
      const close = (): void => this.#close(slot)
      buried.then(close, close)
      return buried
    }
  }
}
