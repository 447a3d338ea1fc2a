/**
 * What one session is given, on its way to the thread that writes. It runs on the thread of the handlers, so it copies bytes
 * and appends numbers, and leaves the rest to the other one.
 */
import type { Effect } from '../core/Effect'
import type { Input, Received } from '../core/Input'
import type { Step, State } from '../core/Session'
import type * as Action from '../protocol/Action'
import * as ActionCodec from '../protocol/wire/Action'
import type { Observe } from '../run/Meter'
import * as Answer from './Answer'
import type * as Order from './Order'
import * as Steps from './Steps'

/** The way to the thread that writes. */
export interface Channel {
  /** False: there is no room for so many bytes, and the order is not sent. */
  readonly send: (order: Order.OfSession, bytes: number) => boolean
  /** 1: a batch of the session is in progress; -1: no longer. */
  readonly busy: (change: 1 | -1) => void
  readonly time: () => { readonly wall: number; readonly monotonic: number }
}

/** Numbers of steps in an order. */
const MOST = 4096
const BYTES_OF_NUMBER = 8
/** What an order takes beside its numbers. */
const BYTES_OF_ORDER = 200

const SLOW = 'the recorder could not keep up'

/** The hash is made by the other thread. */
const asIs = (text: string): string => text

/** The line of a batch, in memory of its own. */
const lineOf = (action: Action.ProcessRecords): Uint8Array => {
  const { line } = action.records
  return new Uint8Array(line ?? Buffer.from(ActionCodec.encode(action)))
}

const boundaryOf = ({ batch, child }: State, channel: Channel): Order.Boundary | null => {
  const { turn, slot } = child
  const isFree = batch === null && turn._tag === 'Idle' && slot.inFlight === null && slot.wanted === null
  return isFree ? { ...channel.time(), from: slot.acknowledged } : null
}

class SessionTape {
  readonly #steps = Steps.collector((value) => Answer.of(value, asIs, true))
  #isOpen = false
  /** What came before the shard was known, such as a stop of the worker. */
  readonly #early: Array<Input> = []
  #isOver = false
  #isBusy = false
  /** Nothing is sent until the next batch for which there is room. */
  #missed: { records: number } | null = null

  constructor(
    private readonly session: number,
    private readonly life: string,
    private readonly channel: Channel
  ) {}

  readonly observe: Observe = (input, step, before) => {
    if (this.#isOver) return
    const [{ batch, child }] = step
    this.#busy(batch !== null && child.turn._tag !== 'Over')
    try {
      this.#note(input, step, before)
    } catch {
      // A value that cannot be sent, such as an output with a getter that throws.
      this.#missed ??= { records: 0 }
    }
  }

  #busy(isBusy: boolean): void {
    if (isBusy === this.#isBusy) return
    this.#isBusy = isBusy
    this.channel.busy(isBusy ? 1 : -1)
  }

  #note(input: Input, [after, effects]: Step, before: State): void {
    if (input._tag === 'Received' && input.action._tag === 'Initialize') this.#open(input.action.shardId)
    if (!this.#isOpen) return void this.#early.push(input)
    if (input._tag === 'Received' && input.action._tag === 'ProcessRecords')
      this.#batch(input, input.action, before)
    else if (this.#missed === null) this.#input(input)
    if (this.#missed === null) for (const effect of effects) this.#effect(effect)
    if (this.#missed === null && after.batch === null && before.batch !== null) this.#flush()
    if (after.child.turn._tag === 'Over') this.#end()
  }

  #open(shard: string): void {
    if (this.#isOpen) return
    this.#isOpen = true
    const { session, life } = this
    this.#send({ _tag: 'Opened', session, shard, life, ...this.channel.time() }, BYTES_OF_ORDER)
    for (const input of this.#early.splice(0)) this.#input(input)
  }

  #batch({ now, random }: Received, action: Action.ProcessRecords, before: State): void {
    this.#flush()
    const boundary = boundaryOf(before, this.channel)
    if (this.#missed !== null && boundary === null) {
      this.#missed.records += action.records.length
      return
    }
    const line = lineOf(action)
    const missed = this.#missed === null ? null : { records: this.#missed.records, why: SLOW }
    this.#missed = null
    const { session } = this
    const isSent = this.#send(
      { _tag: 'Batch', session, line, now, random, boundary, missed },
      line.byteLength + BYTES_OF_ORDER
    )
    if (!isSent) this.#missed = { records: (missed?.records ?? 0) + action.records.length }
  }

  #input(input: Input): void {
    if (this.#steps.add(input)) {
      if (this.#steps.length() >= MOST) this.#flush()
      return
    }
    this.#flush()
    this.#send({ _tag: 'Given', session: this.session, input }, BYTES_OF_ORDER)
  }

  #effect(effect: Effect): void {
    if (effect._tag !== 'Write') return
    this.#flush()
    this.#send({ _tag: 'Replied', session: this.session, reply: effect.reply }, BYTES_OF_ORDER)
  }

  #flush(): void {
    const steps = this.#steps.take()
    if (steps === null || this.#missed !== null) return
    const texts = (steps.answers ?? []).flatMap(({ outputs = [] }) => outputs)
    const bytes = texts.reduce((sum, { hash }) => sum + hash.length, steps.steps.length * BYTES_OF_NUMBER)
    this.#send({ _tag: 'Stepped', session: this.session, steps }, bytes + BYTES_OF_ORDER)
  }

  #end(): void {
    this.#flush()
    this.#isOver = true
    const missed = this.#missed === null ? null : { records: this.#missed.records, why: SLOW }
    this.channel.send({ _tag: 'Ended', session: this.session, missed }, 0)
  }

  #send(order: Order.OfSession, bytes: number): boolean {
    const isSent = this.channel.send(order, bytes)
    if (!isSent) this.#missed ??= { records: 0 }
    return isSent
  }
}

/** @param life the name of the session */
export const make = (session: number, life: string, channel: Channel): Observe =>
  new SessionTape(session, life, channel).observe
