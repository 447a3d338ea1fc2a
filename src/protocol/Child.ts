/**
 * Our half of the conversation with Amazon's daemon, as a fold: `step(rules)(state, input)` gives the next state and
 * what to do. It decides what may be said and when, and what an answer means. What becomes of records is decided by
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
import * as Backoff from './Backoff'
import * as Position from './Position'
import * as Reply from './Reply'

/** All times in milliseconds. */
export interface Rules {
  /** The waits between the attempts of a checkpoint. */
  readonly backoff: Backoff.Backoff
  /** How long a checkpoint is tried again at a stop, and at the end of a shard. */
  readonly shutdownDeadline: number
  readonly shardEndDeadline: number
  /** So many refused checkpoints in a row end the conversation. */
  readonly maxRefused: number
}

/** A checkpoint that the driver asks for. */
export interface Request {
  /** The driver's own number for it. */
  readonly id: number
  /** null: everything that was delivered, which at a shard's end is the end itself. */
  readonly target: Position.Position | null
  /** What its last attempt was answered with; null: it has had no answer. */
  readonly error: string | null
}

/** The one checkpoint slot. */
export interface Slot {
  readonly inFlight: Request | null
  /** What goes next. */
  readonly wanted: Request | null
  /** Throttled answers in a row, and when the next attempt may go. */
  readonly failures: number
  readonly notBefore: number
  /** Refused requests in a row. */
  readonly refused: number
  /** The last stored position: at first the one that the daemon starts the shard from. */
  readonly acknowledged: Position.Position | null
  readonly sent: number
  /** Requests that a newer one replaced before they were sent. */
  readonly coalesced: number
  /** Sent requests that were answered with an error. */
  readonly failed: number
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
  readonly slot: Slot
}

export type Input =
  /** The daemon said something. `random`, in [0, 1), spreads the retries. */
  | {
      readonly _tag: 'Received'
      readonly action: Action.Action
      readonly now: number
      readonly random: number
    }
  /** The driver wants a checkpoint. It goes at the next look: `Ticked`, `MayAnswer`, an answer. */
  | {
      readonly _tag: 'Wants'
      readonly id: number
      readonly target: Position.Position | null
      readonly now: number
    }
  /** What is wanted has a new reason: it waits for no earlier back-off. */
  | { readonly _tag: 'Hurries' }
  /** The driver is done with the open action. */
  | { readonly _tag: 'MayAnswer'; readonly now: number }
  /** The driver ends the conversation, after the checkpoint that is wanted if an action is open. */
  | { readonly _tag: 'Halts'; readonly now: number }
  | { readonly _tag: 'Ticked'; readonly now: number }
  /** The daemon closed our stdin. */
  | { readonly _tag: 'Closed' }

/**
 * What became of a request. `Stored`; `Refused`: the daemon never takes it; `Replaced`: a newer one took its place;
 * `Lost`: its time is over, or another worker has the lease.
 */
export type Outcome = 'Stored' | 'Refused' | 'Replaced' | 'Lost'

/** Why the conversation ends. */
export type Reason =
  | { readonly _tag: 'OutOfTurn'; readonly action: Action.Said['_tag']; readonly open: Action.Name | null }
  | { readonly _tag: 'NotAsked'; readonly asked: Request | null; readonly answered: string | null }
  /** `maxRefused` checkpoints in a row. */
  | { readonly _tag: 'Refused' }
  /** The driver is done with a shard's end that no checkpoint has ended. */
  | { readonly _tag: 'Unended' }
  | { readonly _tag: 'Halted' }
  /** The daemon closed the pipe: in the middle of an action, or between two. */
  | { readonly _tag: 'Closed'; readonly open: Action.Name | null }

export type Output =
  | { readonly _tag: 'Say'; readonly reply: Reply.Reply }
  /** The driver's turn: it ends with `MayAnswer`. */
  | { readonly _tag: 'Opened'; readonly action: Action.Plain }
  /** An attempt failed, and another one follows. */
  | { readonly _tag: 'Failed'; readonly request: Request }
  /** `error`: what the daemon answered last; null where it did not. */
  | {
      readonly _tag: 'Settled'
      readonly request: Request
      readonly outcome: Outcome
      readonly error: string | null
    }
  | { readonly _tag: 'Leave'; readonly reason: Reason }

export type Step = readonly [state: State, outputs: ReadonlyArray<Output>]

export const received = (action: Action.Action, now: number, random: number): Input => ({
  _tag: 'Received',
  action,
  now,
  random
})
export const wants = (id: number, target: Position.Position | null, now: number): Input => ({
  _tag: 'Wants',
  id,
  target,
  now
})
export const hurries: Input = { _tag: 'Hurries' }
export const mayAnswer = (now: number): Input => ({ _tag: 'MayAnswer', now })
export const halts = (now: number): Input => ({ _tag: 'Halts', now })
export const ticked = (now: number): Input => ({ _tag: 'Ticked', now })
export const closed: Input = { _tag: 'Closed' }

const idle: Turn = { _tag: 'Idle' }
const ended: Turn = { _tag: 'Ended' }
const gone: Turn = { _tag: 'Over' }
const free: Turn = { _tag: 'Fenced', open: null }

const none: ReadonlyArray<Output> = []

export const initial: State = {
  turn: { _tag: 'Starting' },
  slot: {
    inFlight: null,
    wanted: null,
    failures: 0,
    notBefore: 0,
    refused: 0,
    acknowledged: null,
    sent: 0,
    coalesced: 0,
    failed: 0
  }
}

// -- reading ----------------------------------------------------------------------------------------------------------

export const target = (request: Request | null): string =>
  request === null ? 'none' : request.target === null ? 'SHARD_END' : Position.show(request.target)

export const openOf = ({ turn }: State): Open | null => ('open' in turn ? turn.open : null)

/** No checkpoint can be stored any more: the lease is lost or the shard has ended. */
export const isTooLate = ({ turn }: State): boolean =>
  turn._tag === 'Fenced' ||
  turn._tag === 'Ended' ||
  (turn._tag === 'Answering' && turn.open.kind === 'LeaseLost')

/** When to look again (`Ticked`): a checkpoint that waits goes then, or is given up. Infinity: nothing waits. */
export const alarm = ({ turn, slot }: State): number => {
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

/** What an answer means, by the simple name of the Java exception, as CheckpointMessage carries it. */
export const verdict = (error: string | null): 'Stored' | 'Retry' | 'Fenced' | 'Refused' => {
  switch (error) {
    case null:
      return 'Stored'
    case 'ShutdownException':
      return 'Fenced'
    case 'IllegalArgumentException':
    case 'InvalidStateException':
    case 'NullPointerException':
      return 'Refused'
    // A name that we do not know may pass.
    default:
      return 'Retry'
  }
}

/** The daemon echoes both numbers (the older one has no sub-sequence number). */
export const isAnswerTo = (
  request: Request | null,
  { sequenceNumber, subSequenceNumber }: Action.Checkpointed
): boolean => {
  if (request === null) return false
  const { target } = request
  return target === null
    ? sequenceNumber === null
    : sequenceNumber === target.sequenceNumber &&
        (subSequenceNumber === null || subSequenceNumber === target.subSequenceNumber)
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
        return [{ turn: state.turn, slot: afresh(state.slot) }, none]
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

const say = (reply: Reply.Reply): Output => ({ _tag: 'Say', reply })

const settled = (request: Request, outcome: Outcome, error: string | null): Output => ({
  _tag: 'Settled',
  request,
  outcome,
  error
})

const leave = ({ slot }: State, reason: Reason, before: ReadonlyArray<Output> = none): Step => [
  { turn: gone, slot },
  [...before, { _tag: 'Leave', reason }]
]

const status = ({ slot }: State, { name, kind }: Open, before: ReadonlyArray<Output>, then: Turn): Step => [
  { turn: kind === 'LeaseLost' || kind === 'ShardEnded' ? ended : then, slot },
  before.length === 0 ? [say(Reply.status(name))] : [...before, say(Reply.status(name))]
]

// -- actions ----------------------------------------------------------------------------------------------------------

const heard = (rules: Rules, state: State, action: Action.Said, now: number): Step => {
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
      const turned: State = { turn: { _tag: 'Answering', open }, slot: withWanted(slot, null) }
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
  return pursue({ turn, slot: afresh(state.slot) }, none, now)
}

// -- checkpoints ------------------------------------------------------------------------------------------------------

/** Written out: a spread of so many fields takes ten times as long, and each batch may have a checkpoint. */
const queued = (
  slot: Slot,
  inFlight: Request | null,
  wanted: Request | null,
  sent: number,
  coalesced: number
): Slot => ({
  inFlight,
  wanted,
  failures: slot.failures,
  notBefore: slot.notBefore,
  refused: slot.refused,
  acknowledged: slot.acknowledged,
  sent,
  coalesced,
  failed: slot.failed
})

/** The next attempt has a new reason: it waits for no earlier back-off. */
const afresh = (slot: Slot): Slot => ({ ...slot, failures: 0, notBefore: 0 })

const withWanted = (slot: Slot, wanted: Request | null): Slot =>
  slot.wanted === wanted ? slot : { ...slot, wanted }

const lost = (request: Request | null, error: string | null): ReadonlyArray<Output> =>
  request === null ? none : [settled(request, 'Lost', error)]

const want = (rules: Rules, state: State, request: Request, now: number): Step => {
  if (isTooLate(state)) return [state, lost(request, 'ShutdownException')]
  const { turn, slot } = state
  const before = slot.wanted
  const coalesced = slot.coalesced + (before === null ? 0 : 1)
  const wanting = queued(slot, slot.inFlight, request, slot.sent, coalesced)
  return [
    turn._tag === 'Closing'
      ? // A driver that takes its time with a stop has the whole deadline, and an attempt, for each request.
        { turn: { ...turn, until: now + deadlineOf(rules, turn.open) }, slot: afresh(wanting) }
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
  return [
    { turn, slot: queued(slot, wanted, null, slot.sent + 1, slot.coalesced) },
    before.length === 0 ? [reply] : [...before, reply]
  ]
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
    return conclude({ turn, slot: withWanted(slot, null) }, [...before, ...lost(wanted, wanted.error)])
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
  if (inFlight === null || !isAnswerTo(inFlight, answer))
    return leave(state, { _tag: 'NotAsked', asked: inFlight, answered: answer.sequenceNumber })
  switch (verdict(error)) {
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

const stored = ({ turn, slot }: State, { target }: Request): State => {
  const isEnd = target === null && turn._tag === 'Closing' && turn.open.kind === 'ShardEnded'
  return {
    turn: isEnd ? { ...turn, isEnded: true } : turn,
    // Written out, as in `queued`.
    slot: {
      inFlight: null,
      wanted: slot.wanted,
      failures: 0,
      notBefore: 0,
      refused: 0,
      acknowledged: target ?? slot.acknowledged,
      sent: slot.sent,
      coalesced: slot.coalesced,
      failed: slot.failed
    }
  }
}

const retry = (rules: Rules, { turn, slot }: State, failed: Request, now: number, random: number): Step => {
  const failures = slot.failures + 1
  const landed: Slot = {
    ...slot,
    inFlight: null,
    wanted: slot.wanted ?? failed,
    failures,
    notBefore: now + Backoff.jittered(rules.backoff, failures, random),
    failed: slot.failed + 1
  }
  // What was wanted meanwhile is newer than what failed, and replaces it.
  if (slot.wanted !== null)
    return proceed({ turn, slot: landed }, [settled(failed, 'Replaced', failed.error)], now)
  const [following, outputs] = proceed({ turn, slot: landed }, none, now)
  return [following, following.slot.wanted === failed ? [{ _tag: 'Failed', request: failed }] : outputs]
}

const fenced = (state: State, inFlight: Request, error: string | null): Step => {
  const { turn, slot } = state
  const shut: Slot = { ...slot, inFlight: null, wanted: null, failed: slot.failed + 1 }
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
  inFlight: Request,
  error: string | null,
  now: number
): Step => {
  const times = slot.refused + 1
  const landed: State = { turn, slot: { ...slot, inFlight: null, refused: times, failed: slot.failed + 1 } }
  const outputs = [settled(inFlight, 'Refused', error)]
  const kind = openOf(landed)?.kind
  const isStopping = kind === 'ShutdownRequested' || kind === 'ShardEnded'
  return times >= rules.maxRefused && !isStopping
    ? leave(landed, { _tag: 'Refused' }, outputs)
    : proceed(landed, outputs, now)
}
