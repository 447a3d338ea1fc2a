/**
 * One shard, from `initialize` to the end of the conversation, as a fold: `step(env)(state, input)` gives the
 * next state and what to do. It is the only place that decides. Total and deterministic: the same inputs
 * give the same effects, whatever they are.
 *
 * The invariants, each with its test in test/properties:
 * - nothing is written unless an action is unanswered (the daemon reads our stdout only then);
 * - every action gets one status, or the session exits without one;
 * - one checkpoint in flight; none passes an unfinished record, none goes back.
 */
import type * as Action from '../protocol/Action'
import * as Batch from './Batch'
import type * as Child from '../protocol/Child'
import * as ChildInput from '../protocol/ChildInput'
import { answer, answered, atWatermark, childOf, converse, halt, leave, want, wantEnd } from './Dialogue'
import * as Effect from './Effect'
import * as Finishing from './Finishing'
import type * as Input from './Input'
import * as Position from '../protocol/Position'
import * as Progress from './Progress'
import * as Records from './Records'
import { after, updated, replayCount, withBatch, type Env, type Rules, type State, type Step } from './State'

export { attemptOf, group, handledCount, initial, next, phaseOf, replayCount, row } from './State'
export type { Env, Phase, State, Step } from './State'

export const step = (env: Env): ((state: State, input: Input.Input) => Step) => {
  const rules: Rules = { ...env, progress: Progress.rules(env.policy), child: childOf(env) }
  return (state, input) => {
    if (state.child.turn._tag === 'Over') return [state, Effect.none]
    switch (input._tag) {
      case 'Handled':
        return Records.handled(rules, state, input)
      case 'Dropped':
        return Records.dropped(rules, state, input)
      case 'Begun':
        return Records.begun(rules, state, input)
      case 'Threw':
        return Records.threw(rules, state, input)
      case 'Delivered':
        return Records.delivered(rules, state, input)
      case 'Undelivered':
        return Records.undelivered(rules, state, input)
      case 'Buried':
        return Records.buried(rules, state, input)
      case 'Received':
        return received(rules, state, input)
      case 'Ticked':
        return Records.ticked(rules, state, input.now)
      case 'Drained':
        return Finishing.drained(rules, { ...state, draining: true }, input.now)
      case 'Closed':
        return converse(rules, state, ChildInput.closed)
      case 'Broken':
        return leave(state, 3, input.problem)
      case 'Crashed':
        return halt(rules, state, input.now, {
          reason: 'user code failed outside a record',
          record: null,
          failure: input.failure
        })
    }
  }
}

const received = (rules: Rules, before: State, input: Input.Received): Step => {
  if (input.action._tag === 'Checkpointed') return answered(rules, before, input, input.action)
  const [child, outputs] = rules.child(before.child, input)
  const last = outputs[outputs.length - 1]
  if (last?._tag !== 'Opened') return unopened(rules, before, input)
  const state = updated(before, before.batch, before.progress, child)
  const { action } = last
  const { now } = input
  switch (action._tag) {
    case 'Initialize':
      return initialize(rules, state, action, now)
    case 'ProcessRecords':
      return processRecords(rules, state, action, now)
    case 'LeaseLost':
      return after([leaseLost(state)], answer(rules, state, now))
    case 'ShardEnded':
      return shardEnded(rules, state, now)
    case 'ShutdownRequested':
      return shutdownRequested(rules, { ...state, stopAsked: true }, now)
  }
}

/** At a stop, the checkpoint matters. Otherwise it is no trouble where no record comes again. */
const leaseLost = (state: State): Effect.Effect => {
  const { acknowledged } = state.child.slot
  const replay = replayCount(state)
  const checkpoint = acknowledged === null ? null : Position.show(acknowledged)
  if (state.draining || state.stopAsked) return handedOver(checkpoint, replay)
  return replay === 0
    ? Effect.log('info', 'shard released', { checkpoint, replay })
    : Effect.log('info', 'lease lost', { checkpoint, replay })
}

const handedOver = (checkpoint: string | null, replay: number): Effect.Effect => {
  if (checkpoint !== null) return Effect.log('info', `checkpointed at ${checkpoint}`, { checkpoint, replay })
  return replay === 0
    ? Effect.log('info', 'nothing to checkpoint', { checkpoint, replay })
    : Effect.log('info', 'not checkpointed', { checkpoint, replay })
}

/** It came out of turn, or the session is fenced: another run gets the records. */
const unopened = (rules: Rules, state: State, input: Input.Received): Step => {
  const { action } = input
  const isPassed = action._tag === 'ProcessRecords' && state.child.turn._tag === 'Fenced'
  return converse(rules, isPassed ? { ...state, unrun: state.unrun + action.records.length } : state, input)
}

/** What is logged of each session when it begins. */
export const INITIALIZED = 'shard initialized'

const initialize = (rules: Rules, state: State, action: Action.Initialize, now: number): Step => {
  const { acknowledged } = state.child.slot
  const from = acknowledged === null ? action.sequenceNumber : Position.show(acknowledged)
  return after(
    [Effect.log('info', INITIALIZED, { from })],
    answer(rules, { ...state, shardId: action.shardId, progress: Progress.initial(now) }, now)
  )
}

const processRecords = (rules: Rules, state: State, action: Action.ProcessRecords, now: number): Step => {
  const { records } = action
  const batch = Batch.open(records, rules.limits, rules.group, now)
  if (state.draining) return Finishing.drained(rules, withBatch(state, batch), now)
  if (records.length > 0) return [withBatch(state, batch), Effect.none]
  const progress = Progress.idle(rules.progress, state.progress, now)
  return Finishing.complete(
    rules,
    updated(state, state.batch, progress, want(rules, state.child, progress.due, now)),
    now
  )
}

const shutdownRequested = (rules: Rules, state: State, now: number): Step =>
  closing(rules, rules.onShutdown ? wanting(state, atWatermark(rules, state, now)) : state, now)

const shardEnded = (rules: Rules, state: State, now: number): Step =>
  state.unrun > 0
    ? leave(
        state,
        1,
        'the shard ended while the worker was stopping, with records that were not processed; exiting without a status, so that another worker processes them'
      )
    : closing(rules, wanting(state, wantEnd(rules, state, now)), now)

const wanting = (state: State, child: Child.State): State =>
  updated(state, state.batch, state.progress, child)

/** A stop or the end of a shard waits for its checkpoint, and the first attempt for no earlier back-off. */
const closing = (rules: Rules, state: State, now: number): Step =>
  answer(rules, wanting(state, rules.child(state.child, ChildInput.hurries)[0]), now)
