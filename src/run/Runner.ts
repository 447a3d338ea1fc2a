/** Runs the handler on the records whose turn it is, and feeds the results back to the session, at once or later. */
import * as E from 'fp-ts/Either'
import * as Answers from '../core/Answers'
import * as Decision from '../core/Decision'
import * as Failure from '../core/Failure'
import type { Filter, Drop } from '../core/Filter'
import { isSeveral, type AnyHandler, type One, type Several } from '../core/Handler'
import * as Input from '../core/Input'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Session from '../core/Session'
import * as Attempt from './Attempt'
import type { Capabilities } from './Capabilities'
import * as Current from './Current'
import { Sieve } from './Sieve'

export interface Runner {
  /**
   * Runs the handler, on a few records when it is quick; false when no record's turn has come.
   *
   * @param now when the clock was last looked at
   */
  readonly next: (now: number) => boolean
  /** Stops the attempt with this ticket; its result is ignored. */
  readonly abort: (ticket: number) => void
}

/** Whose records they are: takes what comes of them. */
export interface Owner {
  readonly feed: (input: Input.Input) => void
  /** Takes several inputs, over more than one turn of the event loop where they are many. */
  readonly hear: (inputs: ReadonlyArray<Input.Input>) => void
  /** The same with answers that came later: on with the batch. */
  readonly report: (inputs: ReadonlyArray<Input.Input>) => void
  readonly state: () => Session.State
  readonly millisBehindLatest: () => number | null
}

export interface Options {
  readonly handler: AnyHandler
  /** undefined: the handler gets every record. */
  readonly filter: Filter | undefined
  readonly world: Pick<Capabilities, 'now' | 'wall' | 'random' | 'admit'>
  readonly around: Attempt.Surroundings
}

/**
 * A look at the clock costs as much as all else that is done about a record: quick ones share one look, up to this many. Where
 * records become slow all at once, this many run before that is noticed, and their time is that of the last one.
 */
const MOST = 8
/** Milliseconds for all of them, or else each has its own. */
const QUICK = 0.2

const ACK: unknown = Decision.ack()

/** The result of a record, unless it is a plain acknowledgement. */
type Outcome = Input.Handled | Input.Begun | Input.Threw | Input.Dropped

const failed = (thrown: unknown): Attempt.End => ({ _tag: 'Failure', failure: Failure.fromUnknown(thrown) })

/** `isAgain`: it was an effect, which may end otherwise another time. */
interface Ended {
  readonly indices: ReadonlyArray<number>
  readonly ticket: number
  readonly end: Attempt.End
  readonly isAgain: boolean
}

interface Sifted {
  readonly indices: ReadonlyArray<number>
  readonly records: ReadonlyArray<KinesisRecord>
  readonly dropped: ReadonlyArray<readonly [index: number, drop: Drop]>
}

class HandlerRunner implements Runner {
  readonly #world: Options['world']
  readonly #around: Attempt.Surroundings
  readonly #sieve: Sieve | null
  readonly #atWork = new Map<number, Attempt.Attempt>()
  #lastTicket = 0
  /** The handler is an effect: by its form, or because it has begun one before. */
  #hasEffects = Current.followsEffects()
  /** The index of the record that the handler is called for. */
  #called = -1
  /** One for all records, so that a call costs nothing but the index: it makes an attempt when something is printed. */
  readonly #speaker: Current.Speaker = {
    log: (level, message) => {
      const state = this.owner.state()
      const record = state.batch?.records.at(this.#called)
      if (record === undefined) return this.#around.log(level, message, {})
      this.#attemptOn(record, Session.attemptOf(state, this.#called)).log(level, message)
    }
  }
  /** How many records share a look at the clock. */
  #pace = 1
  readonly next: Runner['next']

  constructor(
    private readonly owner: Owner,
    { handler, filter, world, around }: Options
  ) {
    this.#world = world
    this.#around = around
    this.#sieve = filter === undefined ? null : new Sieve(filter, world.wall)
    this.next = isSeveral(handler) ? () => this.#runSeveral(handler) : (now) => this.#runOne(handler, now)
  }

  abort(ticket: number): void {
    this.#atWork.get(ticket)?.abort()
    this.#atWork.delete(ticket)
  }

  // -- attempts -------------------------------------------------------------------------------------------------------

  #attemptOn(record: KinesisRecord, attempt: number): Attempt.Attempt {
    return new Attempt.Attempt(attempt, this.owner.millisBehindLatest(), record, this.#around)
  }

  #enter(attempt: Attempt.Attempt): number {
    const ticket = (this.#lastTicket += 1)
    this.#atWork.set(ticket, attempt)
    return ticket
  }

  /** An answer that comes after the attempt was aborted is not heard. */
  #follow(
    ticket: number,
    effect: PromiseLike<unknown>,
    inputsOf: (end: Attempt.End) => ReadonlyArray<Input.Input>
  ): void {
    Attempt.follow(effect, (end) => {
      if (this.#atWork.delete(ticket)) this.owner.report(inputsOf(end))
    })
  }

  // -- a record at a time ---------------------------------------------------------------------------------------------

  #runOne(one: One, began: number): boolean {
    const { admit } = this.#world
    const before = this.owner.state()
    const first = Session.next(before)
    if (first < 0) return false
    const end = first + Math.min(this.#pace, Session.row(before))
    let index = first
    let last: Outcome | null = null
    Current.enter(this.#speaker)
    try {
      for (; index < end && last === null && this.owner.state() === before; index++) {
        const record = before.batch?.records.at(index)
        if (record === undefined) return false
        const drop = this.#sieve === null ? null : this.#sieve.dropOf(before, index, record)
        if (drop !== null) {
          last = Input.dropped(index, drop, this.#world.now())
          continue
        }
        if (admit !== undefined && !admit(record, 1, index)) break
        last = this.#outcome(one, index, record)
      }
    } finally {
      Current.leave()
    }
    if (index === first) return false
    const now = last === null ? this.#world.now() : last.now
    this.#pace = now - began < QUICK ? Math.min(2 * this.#pace, MOST) : 1
    const acks = last === null ? index - first : index - first - 1
    if (acks > 0) this.owner.feed(Input.handled(first, ACK, now, 0, acks))
    if (last !== null) this.owner.feed(last)
    return true
  }

  /** The handler's answer, or that it is running; null for a plain `ack()`. */
  #outcome(one: One, index: number, record: KinesisRecord): Outcome | null {
    this.#called = index
    try {
      const attempt = this.#attemptOn(record, Session.attemptOf(this.owner.state(), index))
      const returned = this.#hasEffects ? this.#followedOne(one, record, attempt) : one(record, attempt)
      if (returned === ACK) return null
      const effect = Attempt.begin(returned)
      return effect === null
        ? Input.handled(index, returned, this.#world.now())
        : this.#begun(index, attempt, effect)
    } catch (thrown) {
      return Input.threw(index, Failure.fromUnknown(thrown), this.#world.now())
    }
  }

  /** Apart: where a closure is made, its surroundings are made for every record. */
  #followedOne(one: One, record: KinesisRecord, attempt: Attempt.Attempt): unknown {
    return this.#followed(attempt, () => one(record, attempt))
  }

  /** What the call begins belongs to the attempt. A Task is begun here, and so is what is a promise by its `then` alone. */
  #followed(attempt: Attempt.Attempt, call: () => unknown): unknown {
    return Current.within(attempt, () => {
      const returned = call()
      const effect = Attempt.begin(returned)
      return effect === null ? returned : Promise.resolve(effect)
    })
  }

  #begun(index: number, attempt: Attempt.Attempt, effect: PromiseLike<unknown>): Outcome {
    if (!this.#hasEffects) {
      this.#hasEffects = true
      Current.followEffects()
    }
    const ticket = this.#enter(attempt)
    this.#follow(ticket, effect, (end) => [
      end._tag === 'Failure'
        ? this.#threwLater(index, end.failure, ticket)
        : Input.handled(index, end.value, this.#world.now(), ticket)
    ])
    return Input.begun([index], ticket, this.#world.now())
  }

  #threwLater(index: number, failure: Failure.Failure, ticket: number): Input.Threw {
    const isRetried = true
    return Input.threw(index, failure, this.#world.now(), ticket, isRetried, this.#world.random())
  }

  // -- several at once ------------------------------------------------------------------------------------------------

  /** A handler of several records is at work until there is an answer for each. */
  #runSeveral({ several }: Several): boolean {
    const state = this.owner.state()
    if (this.#sieve !== null && this.#droppedNext(this.#sieve, state)) return true
    const group = Session.group(state)
    const { indices, records, dropped } = this.#sifted(state, group)
    const [record] = records
    const [index] = indices
    if (record === undefined || index === undefined) return false
    if (this.#world.admit?.(record, records.length, index) === false) return false
    // Not `Math.max(...indices)`: a batch of aggregated records may have more than a call can have arguments.
    const latest = indices.reduce((most, index) => Math.max(most, Session.attemptOf(state, index)), 1)
    const attempt = this.#attemptOn(record, latest)
    const ticket = this.#enter(attempt)
    this.owner.feed(Input.begun(group, ticket, this.#world.now()))
    for (const [index, drop] of dropped)
      this.owner.feed(Input.dropped(index, drop, this.#world.now(), ticket))
    try {
      Current.enter(attempt)
      const returned = this.#followed(attempt, () => several(records, attempt))
      Current.leave()
      const effect = Attempt.begin(returned)
      if (effect === null) this.#answeredAtOnce(indices, ticket, { _tag: 'Value', value: returned })
      else this.#follow(ticket, effect, (end) => this.#answered({ indices, ticket, end, isAgain: true }))
    } catch (thrown) {
      Current.leave()
      this.#answeredAtOnce(indices, ticket, failed(thrown))
    }
    return true
  }

  /** The record whose turn it is, which need not wait for the others of its group. */
  #droppedNext(sieve: Sieve, state: Session.State): boolean {
    const index = Session.next(state)
    const record = state.batch?.records.at(index)
    const drop = index < 0 || record === undefined ? null : sieve.dropOf(state, index, record)
    if (drop !== null) this.owner.feed(Input.dropped(index, drop, this.#world.now()))
    return drop !== null
  }

  /** What of a group the handler gets, and what the filter drops. */
  #sifted(state: Session.State, group: ReadonlyArray<number>): Sifted {
    const indices: Array<number> = []
    const records: Array<KinesisRecord> = []
    const dropped: Array<readonly [number, Drop]> = []
    for (const index of group) {
      const record = state.batch?.records.at(index)
      if (record === undefined) continue
      const drop = this.#sieve === null ? null : this.#sieve.dropOf(state, index, record)
      if (drop === null) {
        indices.push(index)
        records.push(record)
      } else dropped.push([index, drop])
    }
    return { indices, records, dropped }
  }

  #answeredAtOnce(indices: ReadonlyArray<number>, ticket: number, end: Attempt.End): void {
    if (this.#atWork.delete(ticket)) this.owner.hear(this.#answered({ indices, ticket, end, isAgain: false }))
  }

  #answered({ indices, ticket, end, isAgain }: Ended): ReadonlyArray<Input.Input> {
    const [first = 0] = indices
    const now = this.#world.now()
    const fail = (index: number, failure: Failure.Failure, again: boolean): Input.Input =>
      Input.threw(index, failure, now, ticket, again, this.#world.random())
    if (end._tag === 'Failure') return [fail(first, end.failure, isAgain)]
    const answers = Answers.read(end.value, indices.length)
    if (E.isLeft(answers)) return [fail(first, answers.left, false)]
    const { values, missing } = answers.right
    const inputs: Array<Input.Input> = []
    for (const [i, index] of indices.entries())
      if (values[i] !== undefined) inputs.push(Input.handled(index, values[i], now, ticket))
    // What failed for one fails for all of the ticket that have no answer yet.
    const [without] = missing
    if (without !== undefined)
      inputs.push(fail(indices[without] ?? first, Answers.noAnswer(answers.right), isAgain))
    return inputs
  }
}

export const make = (owner: Owner, options: Options): Runner => new HandlerRunner(owner, options)
