/** Runs the handler on the records whose turn it is, and tells the session what came of it, at once or later. */
import * as E from 'fp-ts/Either'
import * as Answers from '../core/Answers'
import * as Decision from '../core/Decision'
import * as Failure from '../core/Failure'
import { isSeveral, type AnyHandler, type One, type Several } from '../core/Handler'
import * as Input from '../core/Input'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Session from '../core/Session'
import * as Attempt from './Attempt'
import type { Capabilities } from './Capabilities'

export interface Runner {
  /**
   * Runs the handler, on a few records when it is quick; false when it is nobody's turn.
   *
   * @param now when the clock was last looked at
   */
  readonly next: (now: number) => boolean
  /** Tells the attempt with this ticket to stop; what it still says is not heard. */
  readonly abort: (ticket: number) => void
}

export interface Options {
  readonly handler: AnyHandler
  /** What the handler's module acquired. */
  readonly resource: unknown
  readonly world: Pick<Capabilities, 'now' | 'random'>
  readonly log: Attempt.Log
  readonly feed: (input: Input.Input) => void
  /** Takes several inputs, over more than one turn of the event loop where they are many. */
  readonly hear: (inputs: ReadonlyArray<Input.Input>) => void
  /** The same with answers that came later: on with the batch. */
  readonly report: (inputs: ReadonlyArray<Input.Input>) => void
  readonly state: () => Session.State
  readonly millisBehindLatest: () => number | null
  readonly admit?: Capabilities['admit']
}

/**
 * A look at the clock costs as much as all else that is done about a record: quick ones share it, so many at most. Where
 * records turn slow all at once, so many are run before anybody knows: their time is that of the last one.
 */
const MOST = 8
/** Milliseconds for all of them, or else each has its own. */
const QUICK = 0.2

const ACK: unknown = Decision.ack()

/** What came of a record, unless it is plainly acknowledged. */
type Outcome = Input.Handled | Input.Begun | Input.Threw

const failed = (thrown: unknown): Attempt.End => ({ _tag: 'Failure', failure: Failure.fromUnknown(thrown) })

export const make = ({ handler, world, feed, state, admit, ...options }: Options): Runner => {
  const around = { resource: options.resource, log: options.log }
  const atWork = new Map<number, Attempt.Attempt>()
  let lastTicket = 0

  const attemptOn = (record: KinesisRecord, attempt: number): Attempt.Attempt =>
    new Attempt.Attempt(attempt, options.millisBehindLatest(), record, around)

  const enter = (attempt: Attempt.Attempt): number => {
    const ticket = (lastTicket += 1)
    atWork.set(ticket, attempt)
    return ticket
  }

  /** An answer that comes after the attempt was aborted is not heard. */
  const follow = (
    ticket: number,
    effect: PromiseLike<unknown>,
    inputsOf: (end: Attempt.End) => ReadonlyArray<Input.Input>
  ): void =>
    Attempt.follow(effect, (end) => {
      if (atWork.delete(ticket)) options.report(inputsOf(end))
    })

  /** How many records share a look at the clock. */
  let pace = 1

  const runOne = (one: One, began: number): boolean => {
    const before = state()
    const first = Session.next(before)
    if (first < 0) return false
    const end = first + Math.min(pace, Session.row(before))
    let index = first
    let last: Outcome | null = null
    for (; index < end && last === null && state() === before; index++) {
      const record = before.batch?.records.at(index)
      if (record === undefined) return false
      if (admit !== undefined && !admit(record, 1)) break
      last = outcome(one, index, record)
    }
    if (index === first) return false
    const now = last === null ? world.now() : last.now
    pace = now - began < QUICK ? Math.min(2 * pace, MOST) : 1
    const acks = last === null ? index - first : index - first - 1
    if (acks > 0) feed(Input.handled(first, ACK, now, 0, acks))
    if (last !== null) feed(last)
    return true
  }

  /** The handler's answer, or that it is at work; null when it is plainly an `ack()`. */
  const outcome = (one: One, index: number, record: KinesisRecord): Outcome | null => {
    try {
      const attempt = attemptOn(record, Session.attemptOf(state(), index))
      const returned = one(record, attempt)
      if (returned === ACK) return null
      const effect = Attempt.begin(returned)
      if (effect === null) return Input.handled(index, returned, world.now())
      const ticket = enter(attempt)
      follow(ticket, effect, (end) => [
        end._tag === 'Failure'
          ? Input.threw(index, end.failure, world.now(), ticket, true, world.random())
          : Input.handled(index, end.value, world.now(), ticket)
      ])
      return Input.begun([index], ticket, world.now())
    } catch (thrown) {
      return Input.threw(index, Failure.fromUnknown(thrown), world.now())
    }
  }

  /** A handler of several records is at work until there is an answer for each. */
  const runSeveral = ({ several }: Several): boolean => {
    const indices = Session.group(state())
    const records = indices.flatMap((index) => state().batch?.records.at(index) ?? [])
    const [record] = records
    if (record === undefined || admit?.(record, records.length) === false) return false
    // Not `Math.max(...indices)`: a batch of aggregated records may have more than a call can have arguments.
    const latest = indices.reduce((most, index) => Math.max(most, Session.attemptOf(state(), index)), 1)
    const attempt = attemptOn(record, latest)
    const ticket = enter(attempt)
    feed(Input.begun(indices, ticket, world.now()))
    try {
      const returned = several(records, attempt)
      const effect = Attempt.begin(returned)
      if (effect !== null) follow(ticket, effect, (end) => answered(indices, ticket, end, true))
      else answeredAtOnce(indices, ticket, { _tag: 'Value', value: returned })
    } catch (thrown) {
      answeredAtOnce(indices, ticket, failed(thrown))
    }
    return true
  }

  const answeredAtOnce = (indices: ReadonlyArray<number>, ticket: number, end: Attempt.End): void => {
    if (atWork.delete(ticket)) options.hear(answered(indices, ticket, end, false))
  }

  /** `retry`: it was an effect, which may end otherwise another time. */
  const answered = (
    indices: ReadonlyArray<number>,
    ticket: number,
    end: Attempt.End,
    retry: boolean
  ): ReadonlyArray<Input.Input> => {
    const [first = 0] = indices
    const now = world.now()
    const fail = (index: number, failure: Failure.Failure, again: boolean): Input.Input =>
      Input.threw(index, failure, now, ticket, again, world.random())
    if (end._tag === 'Failure') return [fail(first, end.failure, retry)]
    const answers = Answers.read(end.value, indices.length)
    if (E.isLeft(answers)) return [fail(first, answers.left, false)]
    const { values, missing } = answers.right
    const inputs: Array<Input.Input> = []
    for (const [i, index] of indices.entries())
      if (values[i] !== undefined) inputs.push(Input.handled(index, values[i], now, ticket))
    // What failed for one fails for all of the ticket that have no answer yet.
    const [without] = missing
    if (without !== undefined)
      inputs.push(fail(indices[without] ?? first, Answers.noAnswer(answers.right), retry))
    return inputs
  }

  return {
    next: isSeveral(handler) ? () => runSeveral(handler) : (now) => runOne(handler, now),
    abort: (ticket) => {
      atWork.get(ticket)?.abort()
      atWork.delete(ticket)
    }
  }
}
