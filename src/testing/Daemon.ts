/** Plays the daemon's side of a conversation against an interpreter, in the time of its world. */
import * as ActionCodec from '../protocol/wire/Action'
import * as Lines from '../protocol/wire/Lines'
import * as Action from '../protocol/Action'
import * as Protocol from '../protocol/Daemon'
import type { Stored } from '../protocol/Lease'
import type { Interpreter } from '../run/Interpreter'
import type { Conversation, End, Step } from './Conversation'
import { promisesKept, type World } from './World'

export type { Stored } from '../protocol/Lease'

/** A requested checkpoint, and the daemon's answer. Both numbers null: at the end of everything delivered. */
export interface Requested {
  /** The action that the daemon was waiting for. */
  readonly during: Action.Name
  /** Where the checkpoint is. */
  readonly sequenceNumber: string | null
  /** The position within an aggregated record. */
  readonly subSequenceNumber: number | null
  /** The simple name of a Java exception, or null: it is stored. */
  readonly error: string | null
}

export interface Daemon {
  /** Hears what the child writes. */
  readonly hear: (text: string) => void
  /** Runs until the conversation is over, or until nothing more can happen. */
  readonly play: (interpreter: Interpreter) => void
  /** The same for an effectful handler: time moves on when all promises that can be settled are settled. */
  readonly playEffect: (interpreter: Interpreter) => Promise<void>
  readonly requested: ReadonlyArray<Requested>
  readonly stored: () => Stored
  /** What a real daemon would stop at or complain about. */
  readonly complaints: ReadonlyArray<string>
}

type Move = Step | { readonly _tag: 'Say'; readonly action: Action.Answerable } | { readonly _tag: 'Close' }

const say = (action: Action.Answerable): Move => ({ _tag: 'Say', action })
const close: Move = { _tag: 'Close' }

/** A real daemon sends leaseLost about a second after shutdownRequested was answered. */
const AFTER_STOP: Step = { _tag: 'Pass', ms: 1000 }

const ending = (end: End): ReadonlyArray<Move> => {
  switch (end) {
    case 'stop':
      return [say(Action.shutdownRequested), AFTER_STOP, say(Action.leaseLost), close]
    case 'shard-end':
      return [say(Action.shardEnded), close]
    case 'lease-lost':
      return [say(Action.leaseLost), close]
    case 'eof':
      return [close]
  }
}

class Player implements Daemon {
  readonly requested: Array<Requested> = []
  readonly complaints: Array<string> = []
  readonly #latency: number
  readonly #moves: Array<Move>
  readonly #errors: Array<string | null>
  readonly #lines = Lines.make()
  readonly #unread: Array<string> = []
  #daemon = Protocol.initial
  #answer: { readonly at: number; readonly action: Action.Action } | null = null
  /** Until then the daemon sends nothing. */
  #quietUntil = -Infinity

  constructor(
    conversation: Conversation,
    private readonly world: World
  ) {
    const { shardId, from, fromSub, steps, end, errors, latency } = conversation
    this.#latency = latency
    this.#moves = [say(Action.initialize(shardId, from, fromSub)), ...steps, ...ending(end)]
    this.#errors = [...errors]
  }

  readonly stored = (): Stored => Protocol.stored(this.#daemon)

  readonly hear = (text: string): void =>
    this.#lines.push(Buffer.from(text), (line) => {
      if (line.length > 0) this.#unread.push(line.toString('utf8'))
    })

  readonly play = (interpreter: Interpreter): void => {
    while (this.#turn(interpreter) || this.#leap());
  }

  readonly playEffect = async (interpreter: Interpreter): Promise<void> => {
    do {
      while (this.#turn(interpreter));
      await promisesKept()
    } while (this.#turn(interpreter) || this.#leap())
  }

  /** Does one thing that can be done now; false when there is nothing to do. */
  #turn(interpreter: Interpreter): boolean {
    if (this.world.exited()) return false
    if (this.#answer !== null && this.#answer.at <= this.world.now()) {
      const { action } = this.#answer
      this.#answer = null
      send(interpreter, action)
      return true
    }
    const isAwaiting = this.#daemon._tag === 'Awaiting'
    const line = isAwaiting && this.#answer === null ? this.#unread.shift() : undefined
    if (line !== undefined) {
      this.#read(line)
      return true
    }
    if (this.world.turn()) return true
    const next = isAwaiting || this.#quietUntil > this.world.now() ? undefined : this.#moves.shift()
    if (next === undefined) return false
    this.#move(interpreter, next)
    return true
  }

  /** Moves to the next time at which something happens; false when nothing more will happen. */
  #leap(): boolean {
    const now = this.world.now()
    const times = [
      this.#answer?.at ?? null,
      this.world.waiting(),
      this.#daemon._tag !== 'Awaiting' && this.#quietUntil > now ? this.#quietUntil : null
    ].filter((time) => time !== null)
    if (this.world.exited() || times.length === 0) return false
    this.world.advance(Math.min(...times))
    return true
  }

  #step(input: Protocol.Input): Protocol.Output {
    const [daemon, output] = Protocol.step(this.#daemon, input)
    this.#daemon = daemon
    return output
  }

  #move(interpreter: Interpreter, next: Move): void {
    switch (next._tag) {
      case 'Say':
        return this.#say(interpreter, next.action)
      case 'Batch':
        return this.#say(interpreter, Action.processRecords(next.records, 0))
      case 'Pass':
        this.#quietUntil = this.world.now() + next.ms
        return
      case 'Drain':
        return interpreter.drain()
      case 'Close':
        return interpreter.end(0)
    }
  }

  #say(interpreter: Interpreter, action: Action.Answerable): void {
    this.#step(Protocol.say(action))
    send(interpreter, action)
  }

  #read(line: string): void {
    const output = this.#step(Protocol.hear(line))
    switch (output._tag) {
      case 'Skips':
        return this.#complain(`skipping unexpected line: ${line}`)
      case 'Stores':
        return this.#store(output)
      case 'Failed':
        return this.#complain(Protocol.showProblem(output.problem))
      case 'Dies':
        this.#moves.splice(0, this.#moves.length, close)
        return this.#complain(Protocol.showProblem(output.problem))
      case 'Closes':
        if (output.meaning === 'shardEnded' && !output.isEnded && this.#daemon.lease.isHeld)
          this.#complain("the application didn't checkpoint at the end of the shard")
        return
      case 'Waits':
      case 'Says':
      case 'Answered':
        return
    }
  }

  /** The lease table has it at once; the child gets the answer after the conversation's latency. */
  #store({ during, request, verdict }: Protocol.Stores): void {
    const { sequenceNumber, subSequenceNumber } = request
    const fault = this.#errors.shift() ?? null
    const error = fault ?? (verdict._tag === 'Refused' ? verdict.error : null)
    this.requested.push({ during, sequenceNumber, subSequenceNumber, error })
    this.#step(Protocol.settle(fault))
    this.#answer = {
      at: this.world.now() + this.#latency,
      action: Action.checkpointed(sequenceNumber, subSequenceNumber, error)
    }
  }

  #complain(complaint: string): void {
    this.complaints.push(complaint)
  }
}

const send = (interpreter: Interpreter, action: Action.Action): void =>
  interpreter.line(Buffer.from(ActionCodec.encode(action)))

export const make = (conversation: Conversation, world: World): Daemon => new Player(conversation, world)
