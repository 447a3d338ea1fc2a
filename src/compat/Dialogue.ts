/**
 * The conversation of one shard with a record processor that calls back, on protocol/Child: the processor says when an
 * action is done and when to checkpoint; what it must not be able to break is decided by Child. Here is what only a
 * processor of aws-kcl has: calls with a deadline, and callbacks that get the result of their checkpoint.
 */
import * as Effect from '../core/Effect'
import * as Failure from '../core/Failure'
import type * as Action from '../protocol/Action'
import * as Child from '../protocol/Child'
import * as ChildInput from '../protocol/ChildInput'
import type * as ChildOutput from '../protocol/ChildOutput'
import type { KinesisRecords } from '../protocol/KinesisRecords'
import * as Position from '../protocol/Position'
import * as Slot from '../protocol/Slot'

/** What the dialogue wants done, as plain data. The conversation does it, in this order. */
export type Output =
  | Effect.Write
  | Effect.Wait
  | Effect.Log
  | Effect.Exit
  /** Call the processor for this action; report `Completed` with this number when it calls back. */
  | { readonly _tag: 'Call'; readonly call: number; readonly what: Action.Plain }
  /** Call back with the result of a request. */
  | {
      readonly _tag: 'Answer'
      readonly request: number
      readonly error: string | null
      readonly sequenceNumber: string | null
    }

const tell = (request: number, error: string | null, sequenceNumber: string | null): Output => ({
  _tag: 'Answer',
  request,
  error,
  sequenceNumber
})

/** All times in milliseconds. */
export interface Settings {
  /** How long the processor may take to call back, or to ask for a checkpoint. */
  readonly callbackDeadline: number
  /** How long a checkpoint is tried again when the worker stops, and when the shard ends. */
  readonly shutdownDeadline: number
  readonly shardEndDeadline: number
}

/** The requested position: the end of everything delivered, or a record. */
export type Target = Position.Position | null

export type Input =
  | Extract<ChildInput.Input, { readonly _tag: 'Received' | 'Ticked' | 'Closed' }>
  /** The processor called back for the call with this number. */
  | { readonly _tag: 'Completed'; readonly call: number; readonly now: number }
  /** The processor asks for a checkpoint, known by its number. */
  | { readonly _tag: 'Asked'; readonly request: number; readonly target: Target; readonly now: number }
  /** The conversation cannot go on. */
  | { readonly _tag: 'Broken'; readonly problem: string }
  /** User code threw. */
  | { readonly _tag: 'Crashed'; readonly failure: Failure.Failure }

/** What the processor was called for. */
interface Call {
  readonly number: number
  /** It has called back. */
  readonly isCompleted: boolean
  /** When it must have called back, or asked for something. */
  readonly until: number
}

export interface State {
  readonly child: Child.State
  /** Null where no action is open. */
  readonly call: Call | null
  readonly calls: number
  readonly shardId: string
  /** The last record that was delivered. */
  readonly last: Position.Position | null
}

export const initial: State = { child: Child.initial, call: null, calls: 0, shardId: '', last: null }

export type Step = readonly [State, ReadonlyArray<Output>]

interface Rules extends Settings {
  readonly child: ReturnType<typeof Child.step>
}

export const step = (settings: Settings): ((state: State, input: Input) => Step) => {
  const { shutdownDeadline, shardEndDeadline } = settings
  const backoff = { first: 500, most: 10_000 }
  const child = Child.step({ backoff, shutdownDeadline, shardEndDeadline, maxRefused: Infinity })
  const rules: Rules = { ...settings, child }
  return (state, input) => {
    if (state.child.turn._tag === 'Over') return [state, []]
    const [next, outputs] = react(rules, state, input)
    const at = nextDeadline(next)
    return at === Infinity ? [next, outputs] : [next, [...outputs, { _tag: 'Wait', until: at }]]
  }
}

/** The processor may wait for a checkpoint. After the lease is lost none is sent any more, so it waits for none. */
const isCheckpointing = (child: Child.State): boolean =>
  (child.slot.inFlight !== null || child.slot.wanted !== null) && Child.openOf(child)?.kind !== 'LeaseLost'

/** When to look again: a checkpoint that is to be sent again, or a callback that must have come. */
const nextDeadline = ({ child, call }: State): number =>
  isCheckpointing(child) || call === null || call.isCompleted ? Child.nextDeadline(child) : call.until

const react = (rules: Rules, state: State, input: Input): Step => {
  switch (input._tag) {
    case 'Received':
      return input.action._tag === 'Checkpointed'
        ? answered(rules, state, input, input.action)
        : converse(rules, state, input)
    case 'Completed':
      return state.call === null || state.call.number !== input.call || state.call.isCompleted
        ? [state, []]
        : converse(
            rules,
            { ...state, call: { ...state.call, isCompleted: true } },
            ChildInput.mayAnswer(input.now)
          )
    case 'Asked':
      return ask(rules, state, input.request, input.target, input.now)
    case 'Ticked':
      return ticked(rules, state, input)
    case 'Closed':
      return converse(rules, state, input)
    case 'Broken':
      return leave(state, 3, input.problem)
    case 'Crashed':
      return after(
        [
          Effect.log('error', 'the record processor threw; the action in progress is not acknowledged', {
            reason: Failure.show(input.failure),
            stack: input.failure.stack
          })
        ],
        leave(state, 1)
      )
  }
}

const after = (before: ReadonlyArray<Output>, [state, outputs]: Step): Step => [
  state,
  [...before, ...outputs]
]

const leave = (state: State, code: Effect.ExitCode, problem?: string): Step => [
  { ...state, child: Child.over(state.child), call: null },
  [...(problem === undefined ? [] : [Effect.log('error', problem)]), { _tag: 'Exit', code }]
]

// -- the conversation -------------------------------------------------------------------------------------------------

const converse = (rules: Rules, before: State, input: ChildInput.Input): Step => {
  const [child, outputs] = rules.child(before.child, input)
  const state: State = { ...before, child, call: Child.openOf(child) === null ? null : before.call }
  return outputs.reduce<Step>(
    ([reached, done], output) => after(done, follow(rules, reached, output, input)),
    [state, []]
  )
}

const follow = (rules: Rules, state: State, output: ChildOutput.Output, input: ChildInput.Input): Step => {
  switch (output._tag) {
    case 'Say':
      return [state, [Effect.write(output.reply)]]
    case 'Opened':
      return 'now' in input ? opened(rules, state, output.action, input.now) : [state, []]
    case 'Failed':
      return [
        state,
        [Effect.log('warn', 'checkpoint failed and will be tried again', { error: output.request.error })]
      ]
    case 'Settled':
      return [state, [settled(output)]]
    case 'Leave':
      return depart(state, output.reason)
  }
}

/** aws-kcl's own words: it allows one at a time. */
const BUSY = 'Cannot checkpoint while another checkpoint is already in progress.'

/** A callback gets only the final result; one that was replaced gets what aws-kcl would have answered at once. */
const settled = ({ request, outcome, error }: ChildOutput.Output & { readonly _tag: 'Settled' }): Output => {
  const place = request.target?.sequenceNumber ?? null
  switch (outcome) {
    case 'Stored':
      return tell(request.id, null, place)
    case 'Replaced':
      return tell(request.id, error ?? BUSY, place)
    case 'Refused':
    case 'Lost':
      // Null: its time was over before its first attempt, since the one before it was throttled.
      return tell(request.id, error ?? 'ThrottlingException', place)
  }
}

const depart = (state: State, reason: ChildOutput.Reason): Step => {
  switch (reason._tag) {
    case 'OutOfTurn':
      return leave(state, 3, `the daemon sent ${reason.action} out of turn`)
    case 'NotAsked':
      return leave(state, 3, 'the daemon answered a checkpoint that was not requested')
    case 'Unended':
      return leave(
        state,
        1,
        'the processor called back from shardEnded without a checkpoint; call checkpointer.checkpoint() in it first; exiting without a status, so that another worker ends the shard'
      )
    case 'Closed':
      return reason.open === null
        ? leave(state, 0)
        : leave(state, 3, `stdin ended in the middle of ${reason.open}; it is not acknowledged`)
    case 'Refused':
    case 'Halted':
      return leave(state, 1)
  }
}

// -- actions ----------------------------------------------------------------------------------------------------------

/** What waited since the action before goes first. */
const opened = (rules: Rules, state: State, action: Action.Plain, now: number): Step => {
  const number = state.calls + 1
  const following: State = {
    ...state,
    call: { number, isCompleted: false, until: now + rules.callbackDeadline },
    calls: number,
    shardId: action._tag === 'Initialize' ? action.shardId : state.shardId,
    last: action._tag === 'ProcessRecords' ? lastOf(action.records, state.last) : state.last
  }
  const [flushed, outputs] = converse(rules, following, ChildInput.ticked(now))
  return [flushed, [...outputs, { _tag: 'Call', call: number, what: action }]]
}

const lastOf = (records: KinesisRecords, before: Position.Position | null): Position.Position | null => {
  const record = records.at(records.length - 1)
  return record === undefined ? before : Position.make(record.sequenceNumber, record.subSequenceNumber)
}

const ticked = (rules: Rules, state: State, input: ChildInput.Input & { readonly _tag: 'Ticked' }): Step => {
  const { child, call } = state
  const open = Child.openOf(child)
  if (
    open !== null &&
    call !== null &&
    !call.isCompleted &&
    !isCheckpointing(child) &&
    input.now >= call.until
  )
    return leave(
      state,
      1,
      `the processor has neither called back from ${open.name} nor requested a checkpoint within callbackDeadline; the action is not acknowledged`
    )
  return converse(rules, state, input)
}

// -- checkpoints ------------------------------------------------------------------------------------------------------

const ask = (rules: Rules, state: State, id: number, target: Target, now: number): Step => {
  const { inFlight } = state.child.slot
  // To aws-kcl a failed attempt is the end of a checkpoint: that we try it again stands in no other's way.
  if (inFlight !== null && inFlight.error === null) return [state, [tell(id, BUSY, null)]]
  if (Child.isTooLate(state.child)) return converse(rules, state, ChildInput.wants(id, target, now))
  const place = resolved(state, target)
  // Before the first record the daemon has stored where the shard begins. Sent later, it would mean the records of that
  // batch.
  if (place === null && !isEnding(state.child)) return [renewed(rules, state, now), [tell(id, null, null)]]
  const wants = ChildInput.wants(id, place, now)
  const [asked, outputs] = converse(rules, renewed(rules, state, now), wants)
  return after(outputs, converse(rules, asked, ChildInput.ticked(now)))
}

const isEnding = (child: Child.State): boolean => Child.openOf(child)?.kind === 'ShardEnded'

/**
 * The end of what was delivered is a place like any other, so that it means the same when it is sent later. At the end of
 * a shard the null position ends it, and so the last record's does: there is no other way to mean it.
 */
const resolved = ({ child, last }: State, target: Target): Target => {
  if (!isEnding(child)) return target ?? last
  return target === null || (last !== null && target.sequenceNumber === last.sequenceNumber) ? null : target
}

const renewed = (rules: Rules, state: State, now: number): State =>
  state.call === null ? state : { ...state, call: { ...state.call, until: now + rules.callbackDeadline } }

const answered = (
  rules: Rules,
  before: State,
  input: Input & { readonly _tag: 'Received' },
  action: Action.Checkpointed
): Step => {
  const { inFlight } = before.child.slot
  const isFenced = Slot.verdict(action.error) === 'Fenced' && Slot.isAnswerTo(inFlight, action)
  const [state, outputs] = converse(rules, renewed(rules, before, input.now), input)
  const { slot } = state.child
  // A processor that waits for the callback has its time from the next attempt on.
  const following = slot.wanted === null ? state : renewed(rules, state, slot.notBefore)
  return isFenced
    ? after(
        [Effect.log('warn', 'another worker has the lease; no more records are processed here')],
        [following, outputs]
      )
    : [following, outputs]
}
