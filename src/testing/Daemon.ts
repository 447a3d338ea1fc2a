/**
 * Plays the daemon's side of a conversation against an interpreter, in the time of its world.
 *
 * It does what MultiLangProtocol does: says one action, then reads replies until the status, answers each
 * checkpoint before it reads on, reads nothing between actions, skips a line that Jackson would not take.
 */
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../protocol/wire/Action'
import * as Lines from '../protocol/wire/Lines'
import * as ReplyCodec from '../protocol/wire/Reply'
import * as Action from '../protocol/Action'
import * as Position from '../protocol/Position'
import type * as Reply from '../protocol/Reply'
import type { Interpreter } from '../run/Interpreter'
import type { Conversation, End, Step } from './Conversation'
import { promisesKept, type World } from './World'

/** What the lease table holds: a position, the end of the shard, or null where it began. */
export type Stored = Position.Position | 'SHARD_END' | null

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
  let awaiting: Action.Name | null = null
  let answer: { readonly at: number; readonly action: Action.Action } | null = null
  /** Until then the daemon has nothing to say. */
  let quietUntil = -Infinity
  /** Another worker has the lease: no checkpoint is stored any more. */
  let fenced = false
  let last: Position.Position | null = null
  let stored: Stored =
    conversation.from !== null && Position.isSequenceNumber(conversation.from)
      ? Position.make(conversation.from, conversation.fromSub ?? 0)
      : null

  const send = (interpreter: Interpreter, action: Action.Action): void =>
    interpreter.line(Buffer.from(ActionCodec.encode(action)))

  const move = (interpreter: Interpreter, next: Move): void => {
    switch (next._tag) {
      case 'Say':
        awaiting = Action.nameOf(next.action)
        return send(interpreter, next.action)
      case 'Batch':
        awaiting = 'processRecords'
        last = next.records[next.records.length - 1] ?? last
        return send(interpreter, Action.processRecords(next.records, 0))
      case 'Pass':
        quietUntil = world.now() + next.ms
        return
      case 'Drain':
        return interpreter.drain()
      case 'Close':
        return interpreter.end(0)
    }
  }

  /** The range that ShardRecordProcessorCheckpointer permits: not before the last checkpoint, not past the last record. */
  const judge = ({ sequenceNumber, subSequenceNumber }: Reply.Checkpoint): string | null => {
    if (awaiting === 'initialize' || awaiting === 'leaseLost') return 'InvalidStateException'
    if (fenced) return 'ShutdownException'
    if (sequenceNumber === null) return null
    const position = Position.make(sequenceNumber, subSequenceNumber ?? 0)
    const tooLow = stored !== null && (stored === 'SHARD_END' || Position.compare(position, stored) < 0)
    const tooHigh = last === null || Position.compare(position, last) > 0
    return tooLow || tooHigh ? 'IllegalArgumentException' : null
  }

  const store = ({ sequenceNumber, subSequenceNumber }: Reply.Checkpoint): void => {
    if (sequenceNumber !== null) stored = Position.make(sequenceNumber, subSequenceNumber ?? 0)
    else stored = awaiting === 'shardEnded' ? 'SHARD_END' : (last ?? stored)
  }

  const checkpoint = (during: Action.Name, reply: Reply.Checkpoint): void => {
    const { sequenceNumber, subSequenceNumber } = reply
    const error = errors.shift() ?? judge(reply)
    if (error === null) store(reply)
    fenced ||= error === 'ShutdownException'
    requested.push({ during, sequenceNumber, subSequenceNumber, error })
    answer = {
      at: world.now() + conversation.latency,
      action: Action.checkpointed(sequenceNumber, subSequenceNumber, error)
    }
  }

  const read = (during: Action.Name, line: string): void => {
    const reply = ReplyCodec.decode(line)
    if (E.isLeft(reply)) {
      complaints.push(`skipping unexpected line: ${line}`)
    } else if (reply.right._tag === 'Checkpoint') {
      checkpoint(during, reply.right)
    } else {
      if (reply.right.responseFor !== during) {
        complaints.push(`expected a status for ${during}, read one for ${reply.right.responseFor}`)
        moves.splice(0, moves.length, close)
      }
      if (during === 'shardEnded' && stored !== 'SHARD_END' && !fenced)
        complaints.push("the application didn't checkpoint at the end of the shard")
      awaiting = null
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
    const line = awaiting === null || answer !== null ? undefined : unread.shift()
    if (line !== undefined && awaiting !== null) {
      read(awaiting, line)
      return true
    }
    if (world.turn()) return true
    const next = awaiting === null && quietUntil <= world.now() ? moves.shift() : undefined
    if (next === undefined) return false
    move(interpreter, next)
    return true
  }

  /** Moves to the next time at which something happens; false when nothing will. */
  const leap = (): boolean => {
    const times = [
      answer?.at ?? null,
      world.waiting(),
      awaiting === null && quietUntil > world.now() ? quietUntil : null
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
    stored: () => stored,
    complaints
  }
}
