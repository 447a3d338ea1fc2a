/**
 * A session over a recording: our half of the conversation is the session's own fold, the daemon's half is `protocol/Daemon`.
 * Under the policy in force the checkpoints are answered as they were. Under another policy other checkpoints are sent, and
 * each is answered after the time, and with the result, that the recorded ones had.
 */
import type * as Effect from '../../core/Effect'
import * as Input from '../../core/Input'
import * as Session from '../../core/Session'
import * as Action from '../../protocol/Action'
import * as Child from '../../protocol/Child'
import * as Daemon from '../../protocol/Daemon'
import type { Reply } from '../../protocol/Reply'
import * as ReplyCodec from '../../protocol/wire/Reply'

/** How the lease table answered lately. */
export interface Answering {
  /** Milliseconds from the request to the answer. */
  readonly latency: number
  /** The error of an attempt that is tried again; null: the checkpoint is stored. */
  readonly error: string | null
}

/** What the checkpoints of a session came to. */
export interface Checkpoints {
  readonly sent: number
  /** Requests that a newer one replaced before they were sent. */
  readonly coalesced: number
  /** Sent, and answered with an error. */
  readonly failed: number
  /** Updates of the lease table. */
  readonly writes: number
}

export const none: Checkpoints = { sent: 0, coalesced: 0, failed: 0, writes: 0 }

export const add = (one: Checkpoints, other: Checkpoints): Checkpoints => ({
  sent: one.sent + other.sent,
  coalesced: one.coalesced + other.coalesced,
  failed: one.failed + other.failed,
  writes: one.writes + other.writes
})

export interface Trial {
  readonly state: () => Session.State
  /** From now on the answers are not those of the recording: they come as this says when a checkpoint is sent. */
  readonly estimate: (answering: () => Answering) => void
  /** Takes an input of the recording, at its own time or at that of the session where this is later. */
  readonly take: (input: Input.Input) => void
  /** When the checkpoint in flight is answered; Infinity: there is none, or the recording has its answer. */
  readonly due: () => number
  /** Gives the answer that is due. */
  readonly answer: () => void
  /** No input follows: what can still be answered is. */
  readonly end: () => void
  readonly checkpoints: () => Checkpoints
  /** How long each stop took, from `shutdownRequested` to its status, in milliseconds. */
  readonly stops: ReadonlyArray<number>
  /** What was replied since this was asked last. */
  readonly replies: () => ReadonlyArray<Reply>
}

const plainOf = (input: Input.Input): Action.Answerable | null =>
  input._tag === 'Received' && input.action._tag !== 'Checkpointed' ? input.action : null

const FAIR = 0.5

class RecordedSession implements Trial {
  readonly stops: Array<number> = []
  readonly #step: ReturnType<typeof Session.step>
  #state = Session.initial
  #daemon = Daemon.initial
  #unread: Array<Reply> = []
  #replies: Array<Reply> = []
  #clock = -Infinity
  #due = Infinity
  #writes = 0
  /** When the open stop was asked for. */
  #stopping: number | null = null

  /** null: the answers are those of the recording. */
  #answering: (() => Answering) | null = null

  constructor(env: Session.Env) {
    this.#step = Session.step(env)
  }

  readonly estimate = (answering: () => Answering): void => {
    this.#answering = answering
    if (this.#daemon._tag === 'Storing') this.#due = this.#clock + answering().latency
  }

  readonly state = (): Session.State => this.#state

  readonly due = (): number => this.#due

  readonly checkpoints = (): Checkpoints => {
    const { sent, coalesced, failed } = this.#state.child.slot
    return { sent, coalesced, failed, writes: this.#writes }
  }

  readonly replies = (): ReadonlyArray<Reply> => {
    const replies = this.#replies
    if (replies.length > 0) this.#replies = []
    return replies
  }

  readonly take = (input: Input.Input): void => {
    if ('now' in input && input.now > this.#clock) this.#clock = input.now
    const action = plainOf(input)
    if (action !== null) this.#say(input, action)
    else if (input._tag !== 'Received') this.#feed(this.#timed(input))
    else if (this.#answering === null) this.#recorded(input)
  }

  readonly answer = (): void => {
    this.#clock = Math.max(this.#clock, this.#due)
    this.#settle(this.#answering?.().error ?? null)
  }

  readonly end = (): void => {
    if (this.#answering !== null) this.#finish(true)
  }

  // -- the daemon's half ----------------------------------------------------------------------------------------------

  #say(input: Input.Input, action: Action.Answerable): void {
    if (this.#answering !== null) this.#finish(false)
    this.#daemon = Daemon.step(this.#daemon, Daemon.say(action))[0]
    if (Action.meaningOf(action) === 'shutdownRequested') this.#stopping = this.#clock
    this.#feed(this.#timed(input))
  }

  /** An answer of the recording. It goes to the session as it came, and to the table as far as the table awaits it. */
  #recorded(input: Input.Input & { readonly _tag: 'Received' }): void {
    if (input.action._tag === 'Checkpointed') this.#store(input.action.error)
    this.#feed(input)
    this.#read()
  }

  /** The daemon reads our replies one after the other, and none while it writes to the lease table. */
  #read(): void {
    while (this.#daemon._tag === 'Awaiting') {
      const reply = this.#unread.shift()
      if (reply === undefined) return
      const [daemon, output] = Daemon.step(this.#daemon, Daemon.hear(ReplyCodec.encode(reply).trim()))
      this.#daemon = daemon
      if (output._tag === 'Stores' && this.#answering !== null)
        this.#due = this.#clock + this.#answering().latency
      else if (output._tag === 'Answered' && this.#stopping !== null) {
        this.stops.push(this.#clock - this.#stopping)
        this.#stopping = null
      }
    }
  }

  #store(fault: string | null): Action.Action | null {
    if (this.#daemon._tag !== 'Storing') return null
    const writes = this.#daemon.verdict._tag === 'Writes' && fault === null
    const [daemon, output] = Daemon.step(this.#daemon, Daemon.settle(fault))
    this.#daemon = daemon
    if (writes) this.#writes += 1
    return output._tag === 'Says' ? output.action : null
  }

  #settle(fault: string | null): void {
    this.#due = Infinity
    const action = this.#store(fault)
    if (action !== null) this.#feed(Input.received(action, this.#clock, FAIR))
    this.#read()
  }

  /**
   * What is in flight is answered before the daemon says anything else: it does so, too. A stop, a halt and the end of a
   * shard wait for their checkpoint, so what waits for a retry goes now, and is stored.
   */
  #finish(isEnd: boolean): void {
    for (;;) {
      const at = Child.nextDeadline(this.#state.child)
      if (this.#due < Infinity) {
        this.#clock = Math.max(this.#clock, this.#due)
        this.#settle(null)
      } else if (at < Infinity && this.#state.batch === null) {
        this.#clock = Math.max(this.#clock, at)
        this.#feed(Input.ticked(this.#clock))
      } else return
      if (isEnd && this.#state.child.turn._tag === 'Over') return
    }
  }

  // -- the session's half ---------------------------------------------------------------------------------------------

  /** The session's clock never goes back, and an answer of ours may have taken it further than the recording. */
  #timed(input: Input.Input): Input.Input {
    return !('now' in input) || input.now === this.#clock ? input : { ...input, now: this.#clock }
  }

  #feed(input: Input.Input): void {
    const [state, effects] = this.#step(this.#state, input)
    this.#state = state
    if (effects.length > 0) this.#perform(effects)
  }

  #perform(effects: ReadonlyArray<Effect.Effect>): void {
    for (const effect of effects)
      if (effect._tag === 'Write') {
        this.#unread.push(effect.reply)
        if (this.#answering === null) this.#replies.push(effect.reply)
      }
    this.#read()
  }
}

/** With the checkpoints answered as they were, until it is estimated. */
export const asRecorded = (env: Session.Env): Trial => new RecordedSession(env)
