/**
 * What one session is given, on its way to the thread that writes. It runs on the thread of the handlers, so it only notes
 * what comes. When the event loop turns, it copies bytes and appends numbers, and leaves the rest to the other thread. Mostly
 * the daemon has its reply by then, so that no round trip waits for a copy or a message.
 */
import * as Decision from '../core/Decision'
import type { Effect } from '../core/Effect'
import type * as Input from '../core/Input'
import type { Step, State } from '../core/Session'
import type * as Action from '../protocol/Action'
import * as ActionCodec from '../protocol/wire/Action'
import * as BufferPool from '../protocol/wire/BufferPool'
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
  /** Calls back when the event loop turns, or when the recorder is closed if that is sooner. */
  readonly soon: (then: () => void) => void
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

const ACK: unknown = Decision.ack()

/** An answer of a handler as it was when it came: user code may change the objects of its outputs later. */
class Kept {
  constructor(readonly answer: () => Answer.Answer) {}
}

const answerOf = (value: unknown): Answer.Answer =>
  value instanceof Kept ? value.answer() : Answer.of(value, asIs, true)

/** It may have a getter that throws: then there is no answer to record. */
const keep = (value: unknown): Kept => {
  try {
    const answer = answerOf(value)
    return new Kept(() => answer)
  } catch (thrown) {
    return new Kept(() => {
      throw thrown
    })
  }
}

/** What is noted of a step. */
interface Note {
  readonly input: Input.Input
  readonly effects: ReadonlyArray<Effect>
  /** Before a batch; null: there is none. */
  readonly boundary: Order.Boundary | null
  readonly endsBatch: boolean
  readonly endsSession: boolean
}

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

type Batch = Input.Received & { readonly action: Action.ProcessRecords }

const isBatch = (input: Input.Input): input is Batch =>
  input._tag === 'Received' && input.action._tag === 'ProcessRecords'

const isPlain = (input: Input.Input): boolean => input._tag === 'Handled' && input.value === ACK

const lasting = (input: Input.Input): Input.Input =>
  input._tag === 'Handled' && !isPlain(input) ? { ...input, value: keep(input.value) } : input

class SessionTape {
  readonly #steps = Steps.collector(answerOf)
  /** An input alone is a record that was acknowledged, and the batch goes on without any effect. */
  #notes: Array<Note | Input.Input> = []
  #isOpen = false
  /** What came before the shard was known, such as a stop of the worker. */
  readonly #early: Array<Input.Input> = []
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
    const goesOn = step[1].length === 0 && step[0].batch !== null
    this.#notes.push(goesOn && isPlain(input) ? input : this.#noteOf(input, step, before))
    if (this.#notes.length === 1) this.channel.soon(this.#write)
    // At once: the first order starts the thread, and the daemon waits for the start.
    if (input._tag === 'Received' && input.action._tag === 'Initialize') this.#write()
  }

  #noteOf(input: Input.Input, [after, effects]: Step, before: State): Note {
    const { batch, child } = after
    const endsSession = child.turn._tag === 'Over'
    this.#isOver = endsSession
    this.#busy(batch !== null && !endsSession)
    if (isBatch(input) && input.action.records.line !== undefined) BufferPool.hold(input.action.records.line)
    return {
      input: lasting(input),
      effects,
      boundary: isBatch(input) ? boundaryOf(before, this.channel) : null,
      endsBatch: batch === null && before.batch !== null,
      endsSession
    }
  }

  #busy(isBusy: boolean): void {
    if (isBusy === this.#isBusy) return
    this.#isBusy = isBusy
    this.channel.busy(isBusy ? 1 : -1)
  }

  readonly #write = (): void => {
    const notes = this.#notes
    this.#notes = []
    for (const note of notes) {
      try {
        if ('effects' in note) this.#take(note)
        else this.#given(note)
      } catch {
        // A value that cannot be sent, or a thread that cannot be started.
        this.#missed ??= { records: 0 }
      }
    }
  }

  #take(note: Note): void {
    const { input, effects } = note
    if (input._tag === 'Received' && input.action._tag === 'Initialize') this.#open(input.action.shardId)
    if (isBatch(input)) this.#held(input, note.boundary)
    else this.#given(input)
    if (!this.#isOpen) return
    if (this.#missed === null) for (const effect of effects) this.#effect(effect)
    if (this.#missed === null && note.endsBatch) this.#flush()
    if (note.endsSession) this.#end()
  }

  #given(input: Input.Input): void {
    if (!this.#isOpen) this.#early.push(input)
    else if (this.#missed === null) this.#input(input)
  }

  /** The line was kept until now, even if the batch is over. */
  #held(input: Batch, boundary: Order.Boundary | null): void {
    const { records } = input.action
    const missed = this.#missed?.records ?? 0
    try {
      if (this.#isOpen) this.#batch(input, input.action, boundary)
      else this.#missed = { records: missed + records.length }
    } catch {
      this.#missed = { records: missed + records.length }
    } finally {
      if (records.line !== undefined) BufferPool.unhold(records.line)
    }
  }

  #open(shard: string): void {
    if (this.#isOpen) return
    this.#isOpen = true
    const { session, life } = this
    this.#send({ _tag: 'Opened', session, shard, life, ...this.channel.time() }, BYTES_OF_ORDER)
    for (const input of this.#early.splice(0)) this.#input(input)
  }

  #batch(
    { now, random }: Input.Received,
    action: Action.ProcessRecords,
    boundary: Order.Boundary | null
  ): void {
    this.#flush()
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

  #input(input: Input.Input): void {
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
