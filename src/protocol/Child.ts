/**
 * Our half of the conversation with Amazon's daemon, as a fold: `step(rules)(state, input)` gives the next state and
 * what to do. It decides what may be said and when, and what an answer means. What happens to records is decided by
 * the one who drives it. A driver feeds it once per action and checkpoint, never per record.
 *
 * The daemon's classes, in software.amazon.kinesis.multilang: MultiLangProtocol reads our stdout only while an action
 * is unanswered; MessageReader takes a checkpoint or the status of that action, and answers a checkpoint before it
 * reads on. So:
 * - nothing is said unless an action is open;
 * - each action gets one status, or the conversation ends without one;
 * - one checkpoint is in flight at a time, and newer requests replace the one that waits;
 * - a shard's end is acknowledged only after a checkpoint without a number was stored;
 * - a fenced child (another worker has the lease) asks for no checkpoint and acknowledges everything.
 */
import * as Action from './Action'
import type { Backoff } from './Backoff'
import type { Input } from './ChildInput'
import { lost, none, say, settled, type Output, type Reason } from './ChildOutput'
import * as Position from './Position'
import * as Reply from './Reply'
import * as Slot from './Slot'

/** All times in milliseconds. */
export interface Rules {
  /** The waits between the attempts of a checkpoint. */
  readonly backoff: Backoff
  /** How long a checkpoint is tried again at a stop, and at the end of a shard. */
  readonly shutdownDeadline: number
  readonly shardEndDeadline: number
  /** The number of refused checkpoints in a row that ends the conversation. */
  readonly maxRefused: number
}

/** An unanswered action. */
export interface Open {
  readonly name: Action.Name
  readonly kind: Action.Plain['_tag']
}

export type Turn =
  /** Before `initialize`. */
  | { readonly _tag: 'Starting' }
  /** No action is open. */
  | { readonly _tag: 'Idle' }
  /** The driver is at work on `initialize`, a batch or a lost lease. */
  | { readonly _tag: 'Answering'; readonly open: Open }
  /** A stop or a shard's end: its status waits for the driver (`isReady`) and for the checkpoint, at most `until`. */
  | {
      readonly _tag: 'Closing'
      readonly open: Open
      readonly until: number
      readonly isReady: boolean
      /** The checkpoint that ends the shard is stored. */
      readonly isEnded: boolean
    }
  /** The driver halts: the last checkpoint is tried, then the conversation ends without a status. */
  | { readonly _tag: 'Halting'; readonly open: Open; readonly until: number }
  /** Another worker has the lease. */
  | { readonly _tag: 'Fenced'; readonly open: Open | null }
  /** The lease is lost or the shard has ended: the daemon closes the pipe. */
  | { readonly _tag: 'Ended' }
  | { readonly _tag: 'Over' }

export interface State {
  readonly turn: Turn
  readonly slot: Slot.Slot
}

export type Step = readonly [state: State, outputs: ReadonlyArray<Output>]

const idle: Turn = { _tag: 'Idle' }
const ended: Turn = { _tag: 'Ended' }
const gone: Turn = { _tag: 'Over' }
const free: Turn = { _tag: 'Fenced', open: null }

export const initial: State = {
  turn: { _tag: 'Starting' },
  slot: Slot.empty
}

// -- reading ----------------------------------------------------------------------------------------------------------

export const openOf = ({ turn }: State): Open | null => ('open' in turn ? turn.open : null)

/** No checkpoint can be stored any more: the lease is lost or the shard has ended. */
export const isTooLate = ({ turn }: State): boolean =>
  turn._tag === 'Fenced' ||
  turn._tag === 'Ended' ||
  (turn._tag === 'Answering' && turn.open.kind === 'LeaseLost')

/** When to look again (`Ticked`): a checkpoint that waits goes then, or is given up. Infinity: nothing waits. */
export const nextDeadline = ({ turn, slot }: State): number => {
  if (slot.wanted === null || slot.inFlight !== null) return Infinity
  switch (turn._tag) {
    case 'Answering':
      return turn.open.kind === 'ProcessRecords' ? slot.notBefore : Infinity
    case 'Closing':
    case 'Halting':
      return Math.min(slot.notBefore, turn.until)
    case 'Starting':
    case 'Idle':
    case 'Fenced':
    case 'Ended':
    case 'Over':
      return Infinity
  }
}

/** The driver ends the conversation by itself. */
export const over = ({ slot }: State): State => ({ turn: gone, slot })

// -- moving -----------------------------------------------------------------------------------------------------------

export const step =
  (rules: Rules) =>
  (state: State, input: Input): Step => {
    if (state.turn._tag === 'Over') return [state, none]
    switch (input._tag) {
      case 'Received':
        return input.action._tag === 'Checkpointed'
          ? answered(rules, state, input.action, input.now, input.random)
          : heard(rules, state, input.action, input.now)
      case 'Wants':
        return want(rules, state, { id: input.id, target: input.target, error: null }, input.now)
      case 'Hurries':
        return [{ turn: state.turn, slot: Slot.afresh(state.slot) }, none]
      case 'MayAnswer':
        return mayBeAnswered(state, input.now)
      case 'Halts':
        return halt(rules, state, input.now)
      case 'Ticked':
        return proceed(state, none, input.now)
      case 'Closed':
        return state.turn._tag === 'Halting'
          ? leave(state, { _tag: 'Halted' })
          : leave(state, { _tag: 'Closed', open: openOf(state)?.name ?? null })
    }
  }

const leave = ({ slot }: State, reason: Reason, before: ReadonlyArray<Output> = none): Step => [
  { turn: gone, slot },
  [...before, { _tag: 'Leave', reason }]
]

const status = ({ slot }: State, { name, kind }: Open, before: ReadonlyArray<Output>, then: Turn): Step => [
  { turn: kind === 'LeaseLost' || kind === 'ShardEnded' ? ended : then, slot },
  before.length === 0 ? [say(Reply.status(name))] : [...before, say(Reply.status(name))]
]

// -- actions ----------------------------------------------------------------------------------------------------------

const heard = (rules: Rules, state: State, action: Action.Answerable, now: number): Step => {
  const { turn, slot } = state
  const meant = Action.plain(action)
  const open: Open = { name: Action.nameOf(action), kind: meant._tag }
  const isInTurn =
    meant._tag === 'Initialize'
      ? turn._tag === 'Starting'
      : turn._tag === 'Idle' || (turn._tag === 'Fenced' && turn.open === null)
  if (!isInTurn)
    return leave(state, { _tag: 'OutOfTurn', action: action._tag, open: openOf(state)?.name ?? null })
  const opened: ReadonlyArray<Output> = [{ _tag: 'Opened', action: meant }]
  switch (meant._tag) {
    case 'Initialize':
      return [{ turn: { _tag: 'Answering', open }, slot: { ...slot, acknowledged: startOf(meant) } }, opened]
    case 'ProcessRecords':
      if (turn._tag === 'Fenced') return status(state, open, none, free)
      return [{ turn: { _tag: 'Answering', open }, slot }, opened]
    case 'LeaseLost': {
      // There is no checkpointer any more (MultiLangShardRecordProcessor hands over null): what waits is lost.
      const turned: State = { turn: { _tag: 'Answering', open }, slot: Slot.withWanted(slot, null) }
      return [turned, [...lost(slot.wanted, 'ShutdownException'), ...opened]]
    }
    case 'ShardEnded':
    case 'ShutdownRequested': {
      if (turn._tag === 'Fenced') return status(state, open, none, free)
      const until = now + deadlineOf(rules, open)
      return [{ turn: { _tag: 'Closing', open, until, isReady: false, isEnded: false }, slot }, opened]
    }
  }
}

/** `TRIM_HORIZON`, `LATEST` and the like are no positions. */
const startOf = ({ sequenceNumber, subSequenceNumber }: Action.Initialize): Position.Position | null =>
  sequenceNumber !== null && Position.isSequenceNumber(sequenceNumber)
    ? Position.make(sequenceNumber, subSequenceNumber ?? 0)
    : null

const deadlineOf = (rules: Rules, { kind }: Open): number =>
  kind === 'ShardEnded' ? rules.shardEndDeadline : rules.shutdownDeadline

const mayBeAnswered = (state: State, now: number): Step => {
  const { turn, slot } = state
  switch (turn._tag) {
    case 'Answering': {
      // A checkpoint and the status may leave together: the daemon answers the one before it reads the other.
      const [sent, outputs] = proceed(state, none, now)
      return status(sent, turn.open, outputs, idle)
    }
    case 'Closing':
      return pursue({ turn: { ...turn, isReady: true }, slot }, none, now)
    case 'Fenced':
      return turn.open === null ? [state, none] : status(state, turn.open, none, free)
    case 'Starting':
    case 'Idle':
    case 'Halting':
    case 'Ended':
    case 'Over':
      return [state, none]
  }
}

/** Outside an action nothing may be said, and nothing but the end of a shard that is being ended. */
const halt = (rules: Rules, state: State, now: number): Step => {
  const open = openOf(state)
  if (state.turn._tag === 'Halting') return [state, none]
  if (open === null || open.kind === 'ShardEnded') return leave(state, { _tag: 'Halted' })
  const turn: Turn = { _tag: 'Halting', open, until: now + rules.shutdownDeadline }
  return pursue({ turn, slot: Slot.afresh(state.slot) }, none, now)
}

// -- checkpoints ------------------------------------------------------------------------------------------------------

const want = (rules: Rules, state: State, request: Slot.Request, now: number): Step => {
  if (isTooLate(state)) return [state, lost(request, 'ShutdownException')]
  const { turn, slot } = state
  const before = slot.wanted
  const wanting = Slot.asked(slot, request)
  return [
    turn._tag === 'Closing'
      ? // A driver that takes its time with a stop has the whole deadline, and an attempt, for each request.
        { turn: { ...turn, until: now + deadlineOf(rules, turn.open) }, slot: Slot.afresh(wanting) }
      : { turn, slot: wanting },
    before === null ? none : [settled(before, 'Replaced', before.error)]
  ]
}

/** Sends what is wanted, if it may go now. */
const flush = (state: State, before: ReadonlyArray<Output>, now: number): Step => {
  const { turn, slot } = state
  const { wanted } = slot
  if (wanted === null || slot.inFlight !== null || now < slot.notBefore) return [state, before]
  const reply = say(Reply.checkpoint(wanted.target))
  return [{ turn, slot: Slot.sent(slot, wanted) }, before.length === 0 ? [reply] : [...before, reply]]
}

/** On with what is open, as far as it goes. */
const proceed = (state: State, before: ReadonlyArray<Output>, now: number): Step => {
  switch (state.turn._tag) {
    case 'Answering':
      return state.turn.open.kind === 'ProcessRecords' ? flush(state, before, now) : [state, before]
    case 'Closing':
    case 'Halting':
      return pursue(state, before, now)
    case 'Starting':
    case 'Idle':
    case 'Fenced':
    case 'Ended':
    case 'Over':
      return [state, before]
  }
}

/**
 * A stop, a shard's end or a halt waits for its checkpoint: send it, give it up, or conclude. A deadline bounds the
 * retries; an answer that is awaited is awaited, since the daemon reads nothing else.
 */
const pursue = (state: State, before: ReadonlyArray<Output>, now: number): Step => {
  const { turn, slot } = state
  if (turn._tag !== 'Closing' && turn._tag !== 'Halting') return [state, before]
  const { wanted } = slot
  if (slot.inFlight !== null) return [state, before]
  if (wanted === null) return conclude(state, before)
  if (slot.failures > 0 && now >= turn.until)
    return conclude({ turn, slot: Slot.withWanted(slot, null) }, [...before, ...lost(wanted, wanted.error)])
  return flush(state, before, now)
}

const conclude = (state: State, before: ReadonlyArray<Output>): Step => {
  const { turn } = state
  if (turn._tag === 'Halting') return leave(state, { _tag: 'Halted' }, before)
  if (turn._tag !== 'Closing' || !turn.isReady) return [state, before]
  return turn.open.kind === 'ShardEnded' && !turn.isEnded
    ? leave(state, { _tag: 'Unended' }, before)
    : status(state, turn.open, before, idle)
}

const answered = (
  rules: Rules,
  state: State,
  answer: Action.Checkpointed,
  now: number,
  random: number
): Step => {
  const { error } = answer
  const { inFlight } = state.slot
  if (inFlight === null || !Slot.isAnswerTo(inFlight, answer))
    return leave(state, { _tag: 'NotAsked', asked: inFlight, answered: answer.sequenceNumber })
  switch (Slot.verdict(error)) {
    case 'Stored':
      return proceed(stored(state, inFlight), [settled(inFlight, 'Stored', null)], now)
    case 'Retry':
      return retry(rules, state, { ...inFlight, error }, now, random)
    case 'Fenced':
      return fenced(state, inFlight, error)
    case 'Refused':
      return refused(rules, state, inFlight, error, now)
  }
}

const stored = ({ turn, slot }: State, request: Slot.Request): State => ({
  turn:
    request.target === null && turn._tag === 'Closing' && turn.open.kind === 'ShardEnded'
      ? { ...turn, isEnded: true }
      : turn,
  slot: Slot.stored(slot, request)
})

const retry = (
  rules: Rules,
  { turn, slot }: State,
  failed: Slot.Request,
  now: number,
  random: number
): Step => {
  const landed: State = { turn, slot: Slot.throttled(slot, failed, rules.backoff, now, random) }
  // What was wanted meanwhile is newer than what failed, and replaces it.
  if (slot.wanted !== null) return proceed(landed, [settled(failed, 'Replaced', failed.error)], now)
  const [following, outputs] = proceed(landed, none, now)
  return [following, following.slot.wanted === failed ? [{ _tag: 'Failed', request: failed }] : outputs]
}

const fenced = (state: State, inFlight: Slot.Request, error: string | null): Step => {
  const { turn, slot } = state
  const shut = Slot.fenced(slot)
  const outputs = [...lost(slot.wanted, error), settled(inFlight, 'Lost', error)]
  if (turn._tag === 'Halting') return leave({ turn, slot: shut }, { _tag: 'Halted' }, outputs)
  const open = openOf(state)
  if (turn._tag === 'Closing' && turn.isReady) return status({ turn, slot: shut }, turn.open, outputs, free)
  // After the end only the pipe is closed.
  return [{ turn: turn._tag === 'Ended' ? turn : { _tag: 'Fenced', open }, slot: shut }, outputs]
}

const refused = (
  rules: Rules,
  { turn, slot }: State,
  inFlight: Slot.Request,
  error: string | null,
  now: number
): Step => {
  const landed: State = { turn, slot: Slot.refused(slot) }
  const outputs = [settled(inFlight, 'Refused', error)]
  const kind = openOf(landed)?.kind
  const isStopping = kind === 'ShutdownRequested' || kind === 'ShardEnded'
  return landed.slot.refused >= rules.maxRefused && !isStopping
    ? leave(landed, { _tag: 'Refused' }, outputs)
    : proceed(landed, outputs, now)
}
