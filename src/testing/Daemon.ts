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

/** A checkpoint that was asked for, and what the daemon answered. Both numbers null: the end of what there is. */
export interface Requested {
  readonly during: Action.Name
  readonly sequenceNumber: string | null
  readonly subSequenceNumber: number | null
  /** The simple name of a Java exception, or null: it is stored. */
  readonly error: string | null
}

export interface Daemon {
  /** Hears what the child writes. */
  readonly hear: (text: string) => void
  /** Goes on until the conversation is over, or until nothing can happen any more. */
  readonly play: (interpreter: Interpreter) => void
  /** The same for a handler that is an effect: time moves on when all promises that can be kept are kept. */
  readonly playEffect: (interpreter: Interpreter) => Promise<void>
  readonly requested: ReadonlyArray<Requested>
  readonly stored: () => Stored
  /** What a real daemon would stop at or complain of. */
  readonly complaints: ReadonlyArray<string>
}

type Move = Step | { readonly _tag: 'Say'; readonly action: Action.Said } | { readonly _tag: 'Close' }

const say = (action: Action.Said): Move => ({ _tag: 'Say', action })
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

export const make = (conversation: Conversation, world: World): Daemon => {
  const moves: Array<Move> = [
    say(Action.initialize(conversation.shardId, conversation.from, conversation.fromSub)),
    ...conversation.steps,
    ...ending(conversation.end)
  ]
  const errors = [...conversation.errors]
  const unread: Array<string> = []
  const lines = Lines.make()
  const requested: Array<Requested> = []
  const complaints: Array<string> = []
  let daemon = Protocol.initial
  let answer: { readonly at: number; readonly action: Action.Action } | null = null
  /** Until then the daemon has nothing to say. */
  let quietUntil = -Infinity

  const send = (interpreter: Interpreter, action: Action.Action): void =>
    interpreter.line(Buffer.from(ActionCodec.encode(action)))

  const begin = (interpreter: Interpreter, action: Action.Said): void => {
    daemon = Protocol.step(daemon, Protocol.say(action))[0]
    send(interpreter, action)
  }

  const move = (interpreter: Interpreter, next: Move): void => {
    switch (next._tag) {
      case 'Say':
        return begin(interpreter, next.action)
      case 'Batch':
        return begin(interpreter, Action.processRecords(next.records, 0))
      case 'Pass':
        quietUntil = world.now() + next.ms
        return
      case 'Drain':
        return interpreter.drain()
      case 'Close':
        return interpreter.end(0)
    }
  }

  /** The lease table has it at once; the child hears of it after the conversation's latency. */
  const store = ({ during, request, verdict }: Protocol.Stores): void => {
    const { sequenceNumber, subSequenceNumber } = request
    const fault = errors.shift() ?? null
    const error = fault ?? (verdict._tag === 'Refused' ? verdict.error : null)
    requested.push({ during, sequenceNumber, subSequenceNumber, error })
    daemon = Protocol.step(daemon, Protocol.settle(fault))[0]
    answer = {
      at: world.now() + conversation.latency,
      action: Action.checkpointed(sequenceNumber, subSequenceNumber, error)
    }
  }

  const read = (line: string): void => {
    const [heard, output] = Protocol.step(daemon, Protocol.hear(line))
    daemon = heard
    switch (output._tag) {
      case 'Skips':
        complaints.push(`skipping unexpected line: ${line}`)
        return
      case 'Stores':
        return store(output)
      case 'Failed':
        complaints.push(Protocol.showProblem(output.problem))
        return
      case 'Dies':
        complaints.push(Protocol.showProblem(output.problem))
        moves.splice(0, moves.length, close)
        return
      case 'Closes':
        if (output.meaning === 'shardEnded' && !output.isEnded && daemon.lease.isHeld)
          complaints.push("the application didn't checkpoint at the end of the shard")
        return
      case 'Waits':
      case 'Says':
      case 'Answered':
        return
    }
  }

  /** Does one thing that can be done now; false when there is none. */
  const turn = (interpreter: Interpreter): boolean => {
    if (world.exited()) return false
    if (answer !== null && answer.at <= world.now()) {
      const { action } = answer
      answer = null
      send(interpreter, action)
      return true
    }
    const line = daemon._tag === 'Awaiting' && answer === null ? unread.shift() : undefined
    if (line !== undefined) {
      read(line)
      return true
    }
    if (world.turn()) return true
    const next = daemon._tag !== 'Awaiting' && quietUntil <= world.now() ? moves.shift() : undefined
    if (next === undefined) return false
    move(interpreter, next)
    return true
  }

  /** Moves to the next time at which something happens; false when nothing will. */
  const leap = (): boolean => {
    const times = [
      answer?.at ?? null,
      world.waiting(),
      daemon._tag !== 'Awaiting' && quietUntil > world.now() ? quietUntil : null
    ].filter((time) => time !== null)
    if (world.exited() || times.length === 0) return false
    world.advance(Math.min(...times))
    return true
  }

  return {
    hear: (text) =>
      lines.push(Buffer.from(text), (line) => {
        if (line.length > 0) unread.push(line.toString('utf8'))
      }),
    play: (interpreter) => {
      while (turn(interpreter) || leap());
    },
    playEffect: async (interpreter) => {
      do {
        while (turn(interpreter));
        await promisesKept()
      } while (turn(interpreter) || leap())
    },
    requested,
    stored: () => Protocol.stored(daemon),
    complaints
  }
}
