/**
 * The conversation of one shard with a record processor that calls back: a fold like the session's. The processor says when
 * an action is done and when to checkpoint; what it must not be able to break is decided here.
 *
 * - Nothing is written unless an action is unanswered; a checkpoint that is asked for between two actions waits.
 * - A throttled checkpoint is tried again; its callback hears of the end alone.
 * - The end of a shard is acknowledged only after the checkpoint that ends it, else KCL would wait for ever.
 * - After a ShutdownException nothing is processed or checkpointed any more.
 */
import type * as Action from '../protocol/Action'
import * as Backoff from '../protocol/Backoff'
import * as Child from '../protocol/Child'
import type * as Effect from '../core/Effect'
import * as Failure from '../core/Failure'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Position from '../protocol/Position'
import * as Reply from '../protocol/Reply'
import { log, tell, write, type Call, type Output } from './Output'

export type { Call, Output } from './Output'

/** All times in milliseconds. */
export interface Settings {
  /** How long the processor may take to call back, or to ask for a checkpoint. */
  readonly callbackDeadline: number
  /** How long a checkpoint is tried again when the worker stops, and when the shard ends. */
  readonly shutdownDeadline: number
  readonly shardEndDeadline: number
}

/** What is asked for: the end of what was delivered, or a place. */
export type Target = Position.Position | null

export type Input =
  | {
      readonly _tag: 'Received'
      readonly action: Action.Action
      readonly now: number
      readonly random: number
    }
  /** The processor called back for the call with this number. */
  | { readonly _tag: 'Completed'; readonly call: number; readonly now: number }
  /** The processor asks for a checkpoint, known by its number. */
  | { readonly _tag: 'Asked'; readonly request: number; readonly target: Target; readonly now: number }
  | { readonly _tag: 'Ticked'; readonly now: number }
  | { readonly _tag: 'Closed' }
  /** The conversation cannot go on. */
  | { readonly _tag: 'Broken'; readonly problem: string }
  /** User code threw. */
  | { readonly _tag: 'Crashed'; readonly failure: Failure.Failure }

interface Open {
  readonly name: Action.Name
  readonly kind: Call['_tag']
  readonly call: number
  /** The processor has called back. */
  readonly isCompleted: boolean
  /** When the processor must have called back, or asked for something. */
  readonly until: number
}

/** A checkpoint that is asked for. */
interface Asked {
  readonly request: number
  readonly target: Target
  readonly isInFlight: boolean
  /** Failed attempts. */
  readonly attempt: number
  readonly notBefore: number
  /** When it is given up; Infinity: with the next action. */
  readonly until: number
  /** What the last attempt was answered with; null before its answer. */
  readonly error: string | null
}

export interface State {
  readonly phase: 'Starting' | 'Running' | 'Ended' | 'Exited'
  readonly open: Open | null
  readonly asked: Asked | null
  /** Asked for while another one was tried again. */
  readonly next: Asked | null
  readonly calls: number
  /** The last record that was delivered. */
  readonly last: Position.Position | null
  /** The checkpoint that ends the shard is stored. */
  readonly isEnded: boolean
  /** Another worker has the lease. */
  readonly isFenced: boolean
}

export const initial: State = {
  phase: 'Starting',
  open: null,
  asked: null,
  next: null,
  calls: 0,
  last: null,
  isEnded: false,
  isFenced: false
}

export type Step = readonly [State, ReadonlyArray<Output>]

const leave = (state: State, code: Effect.ExitCode, problem?: string): Step => [
  { ...state, phase: 'Exited', open: null },
  [...(problem === undefined ? [] : [log('error', problem)]), { _tag: 'Exit', code }]
]

const after = (before: ReadonlyArray<Output>, [state, outputs]: Step): Step => [
  state,
  [...before, ...outputs]
]

export const step =
  (settings: Settings) =>
  (state: State, input: Input): Step => {
    const [next, outputs] = react(settings, state, input)
    const at = alarm(next)
    return at === Infinity ? [next, outputs] : [next, [...outputs, { _tag: 'Wait', until: at }]]
  }

/** When to look again: a checkpoint that is to be sent again, or a callback that must have come. */
const alarm = ({ open, asked }: State): number => {
  if (open === null) return Infinity
  if (asked !== null) return asked.isInFlight ? Infinity : asked.notBefore
  return open.isCompleted ? Infinity : open.until
}

const react = (settings: Settings, state: State, input: Input): Step => {
  if (state.phase === 'Exited') return [state, []]
  switch (input._tag) {
    case 'Received':
      return input.action._tag === 'Checkpointed'
        ? answered(settings, state, input.action, input.now, input.random)
        : received(settings, state, input.action, input.now)
    case 'Completed':
      return state.open === null || state.open.call !== input.call || state.open.isCompleted
        ? [state, []]
        : proceed({ ...state, open: { ...state.open, isCompleted: true } }, input.now)
    case 'Asked':
      return ask(settings, state, input.request, input.target, input.now)
    case 'Ticked':
      return ticked(state, input.now)
    case 'Closed':
      return state.open === null
        ? leave(state, 0)
        : leave(state, 3, `stdin ended in the middle of ${state.open.name}; nothing of it is acknowledged`)
    case 'Broken':
      return leave(state, 3, input.problem)
    case 'Crashed':
      return after(
        [
          log('error', 'the record processor threw; nothing of what is open is acknowledged', {
            reason: Failure.show(input.failure),
            stack: input.failure.stack
          })
        ],
        leave(state, 1)
      )
  }
}

// -- actions ----------------------------------------------------------------------------------------------------------

const callOf = (action: Exclude<Action.Action, Action.Checkpointed>): Call => {
  switch (action._tag) {
    case 'Initialize':
      return { _tag: 'Initialize', action }
    case 'ProcessRecords':
      return { _tag: 'ProcessRecords', action }
    case 'LeaseLost':
    case 'ShardEnded':
    case 'ShutdownRequested':
      return { _tag: action._tag }
    case 'Shutdown':
      return { _tag: REASONS[action.reason] }
  }
}

/** KCL 1's single action for three. */
const REASONS = { ZOMBIE: 'LeaseLost', TERMINATE: 'ShardEnded', REQUESTED: 'ShutdownRequested' } as const

const NAMES = {
  Initialize: 'initialize',
  ProcessRecords: 'processRecords',
  LeaseLost: 'leaseLost',
  ShardEnded: 'shardEnded',
  ShutdownRequested: 'shutdownRequested',
  Shutdown: 'shutdown'
} as const

const received = (
  settings: Settings,
  state: State,
  action: Exclude<Action.Action, Action.Checkpointed>,
  now: number
): Step => {
  const what = callOf(action)
  const isInTurn = what._tag === 'Initialize' ? state.phase === 'Starting' : state.phase === 'Running'
  if (!isInTurn || state.open !== null) return leave(state, 3, `the daemon sent ${action._tag} out of turn`)
  const call = state.calls + 1
  const until = now + settings.callbackDeadline
  const open: Open = { name: NAMES[action._tag], kind: what._tag, call, isCompleted: false, until }
  const opened: State = { ...state, phase: 'Running', open, calls: call, last: lastOf(state, action) }
  if (what._tag === 'LeaseLost')
    return after(giveUp(state, 'ShutdownException'), called({ ...opened, asked: null, next: null }, what))
  if (state.isFenced) return proceed({ ...opened, open: { ...open, isCompleted: true } }, now)
  const [flushed, outputs] = flush({ ...opened, asked: dated(settings, opened, now) }, now)
  return after(outputs, called(flushed, what))
}

const toldOf = (asked: Asked | null, error: string): ReadonlyArray<Output> =>
  asked === null ? [] : [tell(asked.request, error, asked.target?.sequenceNumber ?? null)]

/** The callbacks of checkpoints that cannot be made any more. */
const giveUp = ({ asked, next }: State, error: string): ReadonlyArray<Output> => [
  ...toldOf(asked, error),
  ...toldOf(next, error)
]

/** A newer one takes the place of one that waits, which hears what aws-kcl would have told it at once. */
const replaced = (asked: Asked | null): ReadonlyArray<Output> => toldOf(asked, asked?.error ?? BUSY)

const called = (state: State, what: Call): Step => [
  state,
  state.open === null ? [] : [{ _tag: 'Call', call: state.open.call, what }]
]

const lastOf = (state: State, action: Action.Action): Position.Position | null => {
  const record: KinesisRecord | undefined =
    action._tag === 'ProcessRecords' ? action.records.at(-1) : undefined
  return record === undefined ? state.last : Position.make(record.sequenceNumber, record.subSequenceNumber)
}

// -- checkpoints ------------------------------------------------------------------------------------------------------

/** aws-kcl's own words: it allows one at a time. */
const BUSY = 'Cannot checkpoint while another checkpoint is already in progress.'

const ask = (settings: Settings, state: State, request: number, target: Target, now: number): Step => {
  const before = state.asked
  // To aws-kcl a failed attempt is the end of a checkpoint: that we try it again stands in no other's way.
  if (before !== null && before.isInFlight && before.attempt === 0)
    return [state, [tell(request, BUSY, null)]]
  if (state.isFenced || state.phase === 'Ended' || state.open?.kind === 'LeaseLost')
    return [state, [tell(request, 'ShutdownException', target?.sequenceNumber ?? null)]]
  const asked: Asked = {
    request,
    target: resolved(state, target),
    isInFlight: false,
    attempt: 0,
    notBefore: before === null ? now : before.notBefore,
    until: Infinity,
    error: null
  }
  const open = renewed(settings, state.open, now)
  if (before !== null && before.isInFlight) return [{ ...state, open, next: asked }, replaced(state.next)]
  const following: State = { ...state, open, asked }
  return after(replaced(before), flush({ ...following, asked: dated(settings, following, now) }, now))
}

/**
 * The end of what was delivered is a place like any other, so that it means the same when it is sent later. At the end of
 * a shard only the null position ends it: the last record's would be stored as if the shard went on.
 */
const resolved = ({ open, last }: State, target: Target): Target => {
  if (open?.kind !== 'ShardEnded') return target ?? last
  return target === null || (last !== null && target.sequenceNumber === last.sequenceNumber) ? null : target
}

/** A stop and the end of a shard do not wait for ever. */
const dated = (settings: Settings, { open, asked }: State, now: number): Asked | null => {
  if (asked === null) return null
  if (open?.kind === 'ShutdownRequested') return { ...asked, until: now + settings.shutdownDeadline }
  return open?.kind === 'ShardEnded' ? { ...asked, until: now + settings.shardEndDeadline } : asked
}

const isSendable = ({ open, asked }: State, now: number): boolean =>
  open !== null &&
  open.kind !== 'Initialize' &&
  open.kind !== 'LeaseLost' &&
  asked !== null &&
  !asked.isInFlight &&
  now >= asked.notBefore

/** Sends what is asked for, if it may go now. */
const flush = (state: State, now: number): Step =>
  isSendable(state, now) && state.asked !== null
    ? [
        { ...state, asked: { ...state.asked, isInFlight: true } },
        [write(Reply.checkpoint(state.asked.target))]
      ]
    : [state, []]

const BACKOFF: Backoff.Backoff = { first: 500, most: 10_000 }

const answered = (
  settings: Settings,
  state: State,
  action: Action.Checkpointed,
  now: number,
  random: number
): Step => {
  const { asked, open } = state
  if (asked === null || !asked.isInFlight)
    return leave(state, 3, 'the daemon answered a checkpoint that was not asked for')
  const promoted: State = {
    ...state,
    asked: dated(settings, { ...state, asked: state.next }, now),
    next: null
  }
  const done = (error: string | null, more: Partial<State> = {}): Step =>
    after(
      [tell(asked.request, error, action.sequenceNumber ?? asked.target?.sequenceNumber ?? null)],
      proceed({ ...promoted, open: renewed(settings, open, now), ...more }, now)
    )
  switch (Child.verdict(action.error)) {
    case 'Stored':
      return done(null, { isEnded: state.isEnded || (open?.kind === 'ShardEnded' && asked.target === null) })
    case 'Fenced':
      return after(
        [
          log('warn', 'another worker has the lease; nothing is processed any more'),
          ...toldOf(state.next, action.error ?? '')
        ],
        done(action.error, { isFenced: true, asked: null })
      )
    case 'Refused':
      return done(action.error)
    case 'Retry': {
      if (now >= asked.until || state.next !== null) return done(action.error)
      const attempt = asked.attempt + 1
      const notBefore = now + Backoff.jittered(BACKOFF, attempt, random)
      const again: State = {
        ...state,
        asked: { ...asked, isInFlight: false, attempt, notBefore, error: action.error },
        open: renewed(settings, open, notBefore)
      }
      return after(
        [log('warn', 'checkpoint failed and will be tried again', { error: action.error })],
        proceed(again, now)
      )
    }
  }
}

const renewed = (settings: Settings, open: Open | null, now: number): Open | null =>
  open === null ? null : { ...open, until: now + settings.callbackDeadline }

// -- the status -------------------------------------------------------------------------------------------------------

/** Answers the open action if all that it waits for has come. */
const proceed = (state: State, now: number): Step => {
  const { open, asked } = state
  if (open === null) return [state, []]
  if (!open.isCompleted) return flush(state, now)
  switch (open.kind) {
    case 'Initialize':
    case 'ProcessRecords':
      // The daemon answers a checkpoint before it reads the status; one that was throttled goes with the next action.
      return acknowledge(state)
    case 'LeaseLost':
      return acknowledge({ ...state, phase: 'Ended' })
    case 'ShutdownRequested':
      return asked === null ? acknowledge(state) : flush(state, now)
    case 'ShardEnded':
      if (asked !== null) return flush(state, now)
      return state.isEnded || state.isFenced
        ? acknowledge({ ...state, phase: 'Ended' })
        : leave(
            state,
            1,
            'the processor is done with the end of the shard, and no checkpoint has ended it: call checkpointer.checkpoint() in shardEnded; leaving without a status, so that another worker ends the shard'
          )
  }
}

const acknowledge = (state: State): Step =>
  state.open === null ? [state, []] : [{ ...state, open: null }, [write(Reply.status(state.open.name))]]

const ticked = (state: State, now: number): Step => {
  const { open, asked } = state
  if (open === null) return [state, []]
  if (!open.isCompleted && asked === null && now >= open.until)
    return leave(
      state,
      1,
      `the processor has not called back in ${open.name}, and has not asked for a checkpoint, within callbackDeadline; nothing of it is acknowledged`
    )
  return proceed(state, now)
}
