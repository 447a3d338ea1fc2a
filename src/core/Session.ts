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
import type * as Action from './Action'
import * as Checkpoints from './Checkpoints'
import type { DeadLetter } from './DeadLetter'
import * as Decision from './Decision'
import * as Effect from './Effect'
import * as Failure from './Failure'
import type * as Input from './Input'
import type { KinesisRecord } from './KinesisRecord'
import type { Policy } from './Policy'
import * as Position from './Position'
import * as Progress from './Progress'
import * as Reply from './Reply'

/** What the configuration and the handler's module say. All times in milliseconds. */
export interface Env {
  readonly policy: Policy
  readonly onShutdown: boolean
  readonly shutdownDeadline: number
  readonly shardEndDeadline: number
  /** What becomes of a record that was rejected or failed. */
  readonly onFailure: 'dead-letter' | 'skip' | 'halt'
  /** Failures in a row that halt; 0 is off. */
  readonly breaker: number
  /** How the handler is called in messages, such as its file. */
  readonly handlerName: string
  readonly handlerVersion: string | null
}

/** The unanswered action. `Batch`: records; `Stop`: asked to stop; `End`: the shard has ended. */
export interface Open {
  readonly name: Action.Name
  readonly kind: 'Batch' | 'Stop' | 'End'
}

export interface Batch {
  readonly records: ReadonlyArray<KinesisRecord>
  /** The index of the next record to run. */
  readonly next: number
  /** Set while the dead letter of the record at `next` is being written. */
  readonly burying: { readonly held: boolean; readonly reason: string } | null
}

export interface State {
  readonly phase: 'Starting' | 'Running' | 'Ended' | 'Halting' | 'Exited'
  readonly shardId: string
  readonly open: Open | null
  readonly batch: Batch | null
  readonly progress: Progress.Progress
  readonly checkpoints: Checkpoints.Checkpoints
  /** When to give up the checkpoint that a stop, a shard's end or a halt is waiting for. */
  readonly until: number
  /** Another worker has the lease: run nothing, checkpoint nothing, acknowledge everything. */
  readonly fenced: boolean
  /** The worker is stopping: begin no further record. */
  readonly draining: boolean
  /** Records acknowledged without having been run, by a fenced or draining session: another run gets them. */
  readonly passed: number
  readonly skipped: number
  readonly deadLetters: number
  /** Whether a handler that returned undefined was warned of. */
  readonly warned: boolean
}

export type Step = readonly [State, ReadonlyArray<Effect.Effect>]

export const initial: State = {
  phase: 'Starting',
  shardId: '',
  open: null,
  batch: null,
  progress: Progress.initial(0),
  checkpoints: Checkpoints.initial(null),
  until: 0,
  fenced: false,
  draining: false,
  passed: 0,
  skipped: 0,
  deadLetters: 0,
  warned: false
}

/** The index of the record to run now, or -1: there is none, or it is not the time. */
export const next = (state: State): number =>
  state.batch !== null && state.batch.burying === null ? state.batch.next : -1

/** Records run to their end so far, dead letters and skipped ones included. */
export const handledCount = (state: State): number =>
  Progress.finishedCount(state.progress) + state.progress.held.length

/** How many records a crash now would bring again. */
export const replayCount = (state: State): number => handledCount(state) - state.checkpoints.covered

interface Rules extends Env {
  readonly progress: Progress.Rules
}

export const step = (env: Env): ((state: State, input: Input.Input) => Step) => {
  const rules: Rules = { ...env, progress: Progress.rules(env.policy) }
  return (state, input) => {
    if (state.phase === 'Exited') return [state, Effect.none]
    switch (input._tag) {
      case 'Handled':
        return handled(rules, state, input)
      case 'Threw':
        return threw(rules, state, input)
      case 'Buried':
        return buried(rules, state, input)
      case 'Received':
        return received(rules, state, input)
      case 'Ticked':
        return ticked(state, input.now)
      case 'Drained':
        return drained({ ...state, draining: true }, input.now)
      case 'Closed':
        return closed(state)
      case 'Broken':
        return leave(state, 3, input.problem)
      case 'Crashed':
        return halt(rules, state, input.now, 'user code failed outside a record', null, input.failure)
    }
  }
}

// --- records ---

/** The record at the given index, if it is the one whose outcome is awaited. */
const running = (state: State, index: number): KinesisRecord | undefined =>
  index === next(state) ? state.batch?.records[index] : undefined

const handled = (rules: Rules, state: State, { index, value, now }: Input.Handled): Step => {
  const record = running(state, index)
  if (record === undefined) return [state, Effect.none]
  const decision = Decision.understand(value)
  switch (decision._tag) {
    case 'Ack':
      return finish(rules, state, record, false, now)
    case 'Checkpoint':
      return finish(rules, state, record, true, now)
    case 'Forgotten':
      return forgotten(rules, state, record, now)
    case 'Skip':
      return after(
        [Effect.log('debug', 'record skipped', { ...where(record), reason: decision.reason })],
        finish(rules, { ...state, skipped: state.skipped + 1 }, record, false, now)
      )
    case 'Reject':
      return failed(rules, state, record, decision.reason, null, now)
    case 'Halt':
      return halt(rules, state, now, decision.reason, record, null)
    case 'Invalid':
      return failed(rules, state, record, decision.reason, Failure.make('TypeError', decision.reason), now)
  }
}

const forgotten = (rules: Rules, state: State, record: KinesisRecord, now: number): Step => {
  const [done, effects] = finish(rules, { ...state, warned: true }, record, false, now)
  if (state.warned) return [done, effects]
  const warning = `the handler ${rules.handlerName} returned undefined, taken as ack(); is a return missing?`
  return [done, [Effect.log('warn', warning, where(record)), ...effects]]
}

const threw = (rules: Rules, state: State, { index, failure, now }: Input.Threw): Step => {
  const record = running(state, index)
  return record === undefined
    ? [state, Effect.none]
    : failed(rules, state, record, Failure.show(failure), failure, now)
}

/** A `reject` (no failure) or a failure: what the failure policy says becomes of the record. */
const failed = (
  rules: Rules,
  state: State,
  record: KinesisRecord,
  reason: string,
  failure: Failure.Failure | null,
  now: number
): Step => {
  const { held } = state.progress
  if (failure !== null && rules.breaker > 0 && held.length + 1 >= rules.breaker) {
    const first = Position.show(held[0] ?? record)
    return halt(
      rules,
      state,
      now,
      `${rules.breaker} failures in a row (failure.breaker), the first at ${first}; the last: ${reason}`,
      record,
      failure
    )
  }
  switch (rules.onFailure) {
    case 'halt':
      return halt(rules, state, now, `${reason} (failure.then is halt)`, record, failure)
    case 'skip':
      return after(
        [Effect.log('warn', 'record failed and is skipped', { ...where(record), ...told(reason, failure) })],
        setAside(rules, { ...state, skipped: state.skipped + 1 }, record, failure !== null, now)
      )
    case 'dead-letter': {
      const letter = letterOf(rules, record, reason, failure, now)
      return [burying(state, failure !== null, reason), [Effect.bury(state.batch?.next ?? 0, letter)]]
    }
  }
}

const burying = (state: State, held: boolean, reason: string): State => ({
  ...state,
  batch: state.batch === null ? null : { ...state.batch, burying: { held, reason } }
})

const letterOf = (
  rules: Rules,
  record: KinesisRecord,
  reason: string,
  error: Failure.Failure | null,
  time: number
): DeadLetter => ({
  shardId: record.shardId,
  sequenceNumber: record.sequenceNumber,
  subSequenceNumber: record.subSequenceNumber,
  partitionKey: record.partitionKey,
  approximateArrivalTimestamp: record.approximateArrivalTimestamp,
  data: record.base64,
  reason,
  error,
  handlerVersion: rules.handlerVersion,
  time
})

const buried = (rules: Rules, state: State, { index, problem, now }: Input.Buried): Step => {
  const { batch } = state
  const record = batch?.records[index]
  if (batch === null || batch.burying === null || index !== batch.next || record === undefined)
    return [state, Effect.none]
  const { held, reason } = batch.burying
  if (problem !== null)
    return halt(
      rules,
      state,
      now,
      `the dead letter could not be written: ${Failure.show(problem)}`,
      record,
      null
    )
  return after(
    [Effect.log('warn', 'record became a dead letter', { ...where(record), reason })],
    setAside(rules, { ...state, deadLetters: state.deadLetters + 1 }, record, held, now)
  )
}

/** A record that was not processed is dealt with. Failures in a row are held back from the checkpoints. */
const setAside = (rules: Rules, state: State, record: KinesisRecord, failure: boolean, now: number): Step =>
  failure && rules.breaker > 0
    ? proceed(state, Progress.hold(state.progress, record), now)
    : finish(rules, state, record, false, now)

const finish = (rules: Rules, state: State, record: KinesisRecord, asked: boolean, now: number): Step =>
  proceed(state, Progress.finish(rules.progress, state.progress, record, asked, now), now)

/** The record at `next` is dealt with: on to the one after it, or to the end of the batch. */
const proceed = (state: State, progress: Progress.Progress, now: number): Step => {
  const batch = state.batch as Batch
  const moved: State = {
    ...state,
    progress,
    checkpoints:
      progress.due === null ? state.checkpoints : Checkpoints.want(state.checkpoints, progress.due),
    batch: { records: batch.records, next: batch.next + 1, burying: null }
  }
  if (moved.draining) return drained(moved, now)
  return batch.next + 1 === batch.records.length ? complete(moved, now) : [moved, Effect.none]
}

/** Nothing of the open batch is left to run: the newest checkpoint, if one may go, and the status. */
const complete = (state: State, now: number): Step => {
  const [sent, effects] = flush({ ...state, batch: null }, now)
  return answer(sent, effects)
}

const drained = (state: State, now: number): Step => {
  const { batch } = state
  if (batch === null || batch.burying !== null) return [state, Effect.none]
  const passed = state.passed + batch.records.length - batch.next
  return complete({ ...state, passed, checkpoints: atWatermark(state) }, now)
}

// --- checkpoints ---

const atWatermark = (state: State): Checkpoints.Checkpoints =>
  state.progress.watermark === null
    ? state.checkpoints
    : Checkpoints.want(state.checkpoints, state.progress.watermark)

/** Sends what is wanted if it may go now. Only for an open action that has a checkpointer. */
const flush = (state: State, now: number): Step => {
  if (!Checkpoints.sendable(state.checkpoints, now)) return [state, Effect.none]
  const [checkpoints, reply] = Checkpoints.send(state.checkpoints)
  return [{ ...state, checkpoints }, [Effect.write(reply)]]
}

/** The status of the open action. */
const answer = (state: State, before: ReadonlyArray<Effect.Effect> = Effect.none): Step =>
  state.open === null
    ? [state, before]
    : [{ ...state, open: null }, [...before, Effect.write(Reply.status(state.open.name))]]

const answered = (state: State, { action, now, random }: Input.Received): Step => {
  if (action._tag !== 'Checkpointed') return [state, Effect.none]
  const { inFlight, acknowledged } = state.checkpoints
  if (!Checkpoints.answers(state.checkpoints, action))
    return leave(state, 3, 'the daemon answered a checkpoint that was not asked for', {
      asked: Checkpoints.showTarget(inFlight),
      answered: String(action.sequenceNumber)
    })
  const finished = handledCount(state)
  const checkpoints = Checkpoints.answered(state.checkpoints, finished, action.error, now, random)
  const landed: State = { ...state, checkpoints }
  const about = {
    error: action.error,
    requested: Checkpoints.showTarget(inFlight),
    acknowledged: Checkpoints.showTarget(acknowledged === null ? null : { ...acknowledged, ordinal: 0 })
  }
  switch (Checkpoints.verdict(action.error)) {
    case 'Done':
      return resume(landed, now)
    case 'Retry':
      return after(
        [Effect.log('warn', 'checkpoint failed and will be tried again', about)],
        resume(landed, now)
      )
    case 'Fenced':
      return after(
        [Effect.log('warn', 'another worker has the lease; waiting for the daemon to end this shard', about)],
        fenced(landed)
      )
    case 'Refused':
      return after([Effect.log('error', 'checkpoint refused and dropped', about)], refused(landed, now))
  }
}

/** An answer has come: what may happen next depends on what is open. */
const resume = (state: State, now: number): Step => {
  if (state.phase === 'Halting' || (state.open !== null && state.open.kind !== 'Batch'))
    return pursue(state, now)
  return state.open === null ? [state, Effect.none] : flushOrWait(state, now)
}

const flushOrWait = (state: State, now: number): Step =>
  state.checkpoints.wanted !== null &&
  state.checkpoints.inFlight === null &&
  state.checkpoints.notBefore > now
    ? [state, [Effect.wait(state.checkpoints.notBefore)]]
    : flush(state, now)

const fenced = (state: State): Step => {
  const { batch } = state
  const shut: State = {
    ...state,
    fenced: true,
    batch: null,
    passed: state.passed + (batch === null ? 0 : batch.records.length - batch.next)
  }
  if (state.phase === 'Halting') return leave(shut, 1)
  return answer(state.open?.kind === 'End' ? { ...shut, phase: 'Ended' } : shut)
}

export const MAX_REFUSED = 5

const refused = (state: State, now: number): Step => {
  switch (state.open?.kind) {
    case 'Stop':
      // It was dropped; what is wanted since is another request, which may pass.
      return pursue(state, now)
    case 'End':
      return leave(state, 1, 'the checkpoint that ends the shard was refused; leaving without a status')
    case 'Batch':
    case undefined:
      return state.checkpoints.refused >= MAX_REFUSED
        ? leave(state, 1, `${MAX_REFUSED} checkpoints in a row were refused`)
        : resume(state, now)
  }
}

/**
 * A stop, a shard's end or a halt waits for its checkpoint: send it, wait to send it again, or conclude.
 * A deadline bounds the retries; an answer that is awaited is awaited, since the daemon reads nothing else.
 */
const pursue = (state: State, now: number): Step => {
  const { inFlight, wanted, attempt, notBefore } = state.checkpoints
  if (inFlight !== null) return [state, Effect.none]
  if (wanted === null) return conclude(state)
  if (attempt > 0 && now >= state.until) return giveUp(state)
  return now >= notBefore ? flush(state, now) : [state, [Effect.wait(Math.min(notBefore, state.until))]]
}

const conclude = (state: State): Step => {
  if (state.phase === 'Halting') return leave(state, 1)
  return answer(state.open?.kind === 'End' ? { ...state, phase: 'Ended' } : state)
}

const giveUp = (state: State): Step => {
  const about = {
    wanted: Checkpoints.showTarget(state.checkpoints.wanted),
    attempts: state.checkpoints.attempt
  }
  if (state.phase === 'Halting')
    return leave(state, 1, 'the last checkpoint failed until the deadline', about)
  if (state.open?.kind === 'End')
    return leave(
      state,
      1,
      'the checkpoint that ends the shard failed until checkpoint.shardEndDeadline; leaving without a status, so that another worker can end the shard',
      about
    )
  return after(
    [
      Effect.log(
        'warn',
        'the last checkpoint failed until checkpoint.shutdownDeadline; the records after the one before come again',
        about
      )
    ],
    answer({ ...state, checkpoints: Checkpoints.forget(state.checkpoints) })
  )
}

const ticked = (state: State, now: number): Step => {
  if (state.phase === 'Halting' || (state.open !== null && state.open.kind !== 'Batch'))
    return pursue(state, now)
  return state.open === null ? [state, Effect.none] : flush(state, now)
}

// --- actions ---

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

const processRecords = (rules: Rules, state: State, action: Action.ProcessRecords, now: number): Step => {
  const { records } = action
  const opened: State = { ...state, open: { name: 'processRecords', kind: 'Batch' } }
  if (state.fenced) return answer({ ...opened, passed: state.passed + records.length })
  if (state.draining) return drained({ ...opened, batch: { records, next: 0, burying: null } }, now)
  if (records.length > 0) return [{ ...opened, batch: { records, next: 0, burying: null } }, Effect.none]
  const progress = Progress.idle(rules.progress, state.progress, now)
  const checkpoints =
    progress.due === null ? state.checkpoints : Checkpoints.want(state.checkpoints, progress.due)
  return complete({ ...opened, progress, checkpoints }, now)
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

// --- leaving ---

const closed = (state: State): Step => {
  if (state.phase === 'Halting') return leave(state, 1)
  if (state.open !== null)
    return leave(state, 3, `stdin ended in the middle of ${state.open.name}; nothing of it is acknowledged`)
  return leave(state, 0)
}

/**
 * Stops the session for a reason: checkpoints what is finished, waits for the answer, leaves without a status.
 * Outside an action nothing may be written, so there it leaves at once; a fenced session is always there.
 */
const halt = (
  rules: Rules,
  state: State,
  now: number,
  reason: string,
  record: KinesisRecord | null,
  failure: Failure.Failure | null
): Step => {
  if (state.phase === 'Halting') return [state, Effect.none]
  const why = [
    Effect.log('error', `halting: ${reason}`, {
      ...(record === null ? {} : where(record)),
      ...(failure === null ? {} : told(Failure.show(failure), failure))
    })
  ]
  const halting: State = {
    ...state,
    phase: 'Halting',
    batch: null,
    until: now + rules.shutdownDeadline,
    checkpoints: Checkpoints.afresh(atWatermark(state))
  }
  return after(
    why,
    state.open === null || state.open.kind === 'End' ? leave(halting, 1) : pursue(halting, now)
  )
}

const leave = (
  state: State,
  code: Effect.ExitCode,
  problem?: string,
  fields: Effect.LogFields = {}
): Step => [
  { ...state, phase: 'Exited', batch: null },
  problem === undefined ? [Effect.exit(code)] : [Effect.log('error', problem, fields), Effect.exit(code)]
]

// --- telling ---

const after = (before: ReadonlyArray<Effect.Effect>, [state, effects]: Step): Step => [
  state,
  [...before, ...effects]
]

const where = (record: KinesisRecord): Effect.LogFields => ({
  sequenceNumber: record.sequenceNumber,
  subSequenceNumber: record.subSequenceNumber,
  partitionKey: record.partitionKey
})

const told = (reason: string, failure: Failure.Failure | null): Effect.LogFields =>
  failure === null ? { reason } : { reason, stack: failure.stack }
