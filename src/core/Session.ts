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
import * as Checkpoints from './Checkpoints'
import { answer, answered, atWatermark, halt, leave, pursue } from './Dialogue'
import * as Effect from './Effect'
import type * as Input from './Input'
import * as Position from '../protocol/Position'
import * as Progress from './Progress'
import * as Records from './Records'
import {
  moved,
  replayCount,
  withBatch,
  type Env,
  type Open,
  type Rules,
  type State,
  type Step
} from './State'

export { attemptOf, group, handledCount, initial, next, replayCount, row } from './State'
export type { Env, Open, State, Step } from './State'

export const step = (env: Env): ((state: State, input: Input.Input) => Step) => {
  const rules: Rules = { ...env, progress: Progress.rules(env.policy) }
  return (state, input) => {
    if (state.phase === 'Exited') return [state, Effect.none]
    switch (input._tag) {
      case 'Handled':
        return Records.handled(rules, state, input)
      case 'Acked':
        return Records.acked(rules, state, input)
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
        return ticked(rules, state, input.now)
      case 'Drained':
        return Records.drained({ ...state, draining: true }, input.now)
      case 'Closed':
        return closed(state)
      case 'Broken':
        return leave(state, 3, input.problem)
      case 'Crashed':
        return halt(rules, state, input.now, 'user code failed outside a record', null, input.failure)
    }
  }
}

const ticked = (rules: Rules, state: State, now: number): Step => {
  if (state.phase === 'Halting' || (state.open !== null && state.open.kind !== 'Batch'))
    return pursue(state, now)
  return state.open === null ? [state, Effect.none] : Records.ticked(rules, state, now)
}

const received = (rules: Rules, state: State, input: Input.Received): Step => {
  const { action, now } = input
  if (action._tag === 'Checkpointed') return answered(state, input)
  if (state.phase === 'Starting')
    return action._tag === 'Initialize' ? initialize(state, action, now) : unexpected(state, action)
  if (state.phase !== 'Running' || state.open !== null) return unexpected(state, action)
  switch (action._tag) {
    case 'Initialize':
      return unexpected(state, action)
    case 'ProcessRecords':
      return processRecords(rules, state, action, now)
    case 'LeaseLost':
      return leaseLost(state, 'leaseLost')
    case 'ShardEnded':
      return shardEnded(rules, state, 'shardEnded', now)
    case 'ShutdownRequested':
      return shutdownRequested(rules, state, 'shutdownRequested', now)
    case 'Shutdown':
      return shutdown(rules, state, action.reason, now)
  }
}

const unexpected = (state: State, action: Action.Action): Step =>
  leave(state, 3, `the daemon sent ${action._tag} out of turn`, { open: state.open?.name ?? null })

const initialize = (state: State, action: Action.Initialize, now: number): Step => {
  const { shardId, sequenceNumber, subSequenceNumber } = action
  const from =
    sequenceNumber !== null && Position.isSequenceNumber(sequenceNumber)
      ? Position.make(sequenceNumber, subSequenceNumber ?? 0)
      : null
  return answer(
    {
      ...state,
      phase: 'Running',
      shardId,
      open: { name: 'initialize', kind: 'Batch' },
      progress: Progress.initial(now),
      checkpoints: Checkpoints.initial(from)
    },
    [Effect.log('info', 'shard initialized', { from: from === null ? sequenceNumber : Position.show(from) })]
  )
}

const processing: Open = { name: 'processRecords', kind: 'Batch' }

const processRecords = (rules: Rules, state: State, action: Action.ProcessRecords, now: number): Step => {
  const { records } = action
  const opened = moved(state, state.batch, state.progress, state.checkpoints, processing)
  if (state.fenced) return answer({ ...opened, passed: state.passed + records.length })
  const batch = Batch.open(records, rules.limits, rules.group, now)
  if (state.draining) return Records.drained({ ...opened, batch }, now)
  if (records.length > 0) return [withBatch(opened, batch), Effect.none]
  const progress = Progress.idle(rules.progress, state.progress, now)
  const checkpoints =
    progress.due === null ? state.checkpoints : Checkpoints.want(state.checkpoints, progress.due)
  return Records.complete({ ...opened, progress, checkpoints }, now)
}

const leaseLost = (state: State, name: Action.Name): Step =>
  answer(
    {
      ...state,
      phase: 'Ended',
      open: { name, kind: 'Stop' },
      // There is no checkpointer any more (MultiLangShardRecordProcessor hands over null): what was due is dropped.
      checkpoints: Checkpoints.forget(state.checkpoints)
    },
    [Effect.log('info', 'lease lost', { replay: replayCount(state) })]
  )

const shardEnded = (rules: Rules, state: State, name: Action.Name, now: number): Step => {
  const opened: State = { ...state, open: { name, kind: 'End' }, until: now + rules.shardEndDeadline }
  if (state.fenced) return answer({ ...opened, phase: 'Ended' })
  if (state.passed > 0)
    return leave(
      opened,
      1,
      'the shard ended while the worker was stopping, with records that were not run; leaving without a status, so that another worker runs them'
    )
  return pursue({ ...opened, checkpoints: Checkpoints.afresh(Checkpoints.wantEnd(state.checkpoints)) }, now)
}

const shutdownRequested = (rules: Rules, state: State, name: Action.Name, now: number): Step => {
  const opened: State = { ...state, open: { name, kind: 'Stop' }, until: now + rules.shutdownDeadline }
  if (state.fenced) return answer(opened)
  const checkpoints = rules.onShutdown ? atWatermark(state) : state.checkpoints
  return pursue({ ...opened, checkpoints: Checkpoints.afresh(checkpoints) }, now)
}

/** KCL 1's single action for three. */
const shutdown = (rules: Rules, state: State, reason: Action.Shutdown['reason'], now: number): Step => {
  switch (reason) {
    case 'ZOMBIE':
      return leaseLost(state, 'shutdown')
    case 'TERMINATE':
      return shardEnded(rules, state, 'shutdown', now)
    case 'REQUESTED':
      return shutdownRequested(rules, state, 'shutdown', now)
  }
}

const closed = (state: State): Step => {
  if (state.phase === 'Halting') return leave(state, 1)
  if (state.open !== null)
    return leave(state, 3, `stdin ended in the middle of ${state.open.name}; nothing of it is acknowledged`)
  return leave(state, 0)
}
