/**
 * What is said to the daemon, and when: checkpoints, their answers, the status of an action, and how a session
 * ends. Nothing is written unless an action is unanswered.
 */
import * as Batch from './Batch'
import * as Checkpoints from './Checkpoints'
import * as Effect from './Effect'
import * as Failure from './Failure'
import type * as Input from './Input'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Reply from '../protocol/Reply'
import { after, handledCount, moved, where, type Rules, type State, type Step } from './State'

/** A checkpoint at the end of the longest finished prefix: for a stop and a halt only. */
export const atWatermark = (state: State): Checkpoints.Checkpoints =>
  state.progress.watermark === null
    ? state.checkpoints
    : Checkpoints.want(state.checkpoints, state.progress.watermark)

/** Sends what is wanted if it may go now. Only for an open action that has a checkpointer. */
export const flush = (state: State, now: number): Step => {
  if (!Checkpoints.sendable(state.checkpoints, now)) return [state, Effect.none]
  const [checkpoints, reply] = Checkpoints.send(state.checkpoints)
  return [moved(state, state.batch, state.progress, checkpoints), [Effect.write(reply)]]
}

/** The status of the open action. */
export const answer = (state: State, before: ReadonlyArray<Effect.Effect> = Effect.none): Step => {
  if (state.open === null) return [state, before]
  const status = Effect.write(Reply.status(state.open.name))
  return [
    moved(state, state.batch, state.progress, state.checkpoints, null),
    before.length === 0 ? [status] : [...before, status]
  ]
}

export const answered = (state: State, { action, now, random }: Input.Received): Step => {
  if (action._tag !== 'Checkpointed') return [state, Effect.none]
  const { inFlight, acknowledged } = state.checkpoints
  if (!Checkpoints.answers(state.checkpoints, action))
    return leave(state, 3, 'the daemon answered a checkpoint that was not asked for', {
      asked: Checkpoints.showTarget(inFlight),
      answered: String(action.sequenceNumber)
    })
  const finished = handledCount(state)
  const checkpoints = Checkpoints.answered(state.checkpoints, finished, action.error, now, random)
  const landed = moved(state, state.batch, state.progress, checkpoints)
  const verdict = Checkpoints.verdict(action.error)
  if (verdict === 'Done') return resume(landed, now)
  const about = {
    error: action.error,
    requested: Checkpoints.showTarget(inFlight),
    acknowledged: Checkpoints.showTarget(acknowledged === null ? null : { ...acknowledged, ordinal: 0 })
  }
  switch (verdict) {
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

/** Within a batch: send what may go, and wait for what may not yet. */
export const flushOrWait = (state: State, now: number): Step => {
  const [sent, effects] = flush(state, now)
  const at = alarm(sent, now)
  return at === Infinity ? [sent, effects] : [sent, [...effects, Effect.wait(at)]]
}

/** The earliest time at which something of the open batch is to be done: a retry, a deadline, a checkpoint. */
const alarm = ({ batch, checkpoints }: State, now: number): number =>
  Math.min(
    batch === null ? Infinity : Batch.alarm(batch, now),
    checkpoints.wanted !== null && checkpoints.inFlight === null ? checkpoints.notBefore : Infinity
  )

const fenced = (state: State): Step => {
  const { batch } = state
  const shut: State = {
    ...state,
    fenced: true,
    batch: null,
    passed: state.passed + (batch === null ? 0 : Batch.unfinished(batch))
  }
  if (state.phase === 'Halting') return leave(shut, 1)
  return answer(state.open?.kind === 'End' ? { ...shut, phase: 'Ended' } : shut, callOff(batch))
}

/** Handlers at work are told to stop, and outputs under way are not wanted any more: another run brings both. */
const callOff = (batch: Batch.Batch | null): ReadonlyArray<Effect.Effect> =>
  batch === null
    ? Effect.none
    : [
        ...Batch.tickets(batch).map(Effect.abort),
        ...(batch.flight.delivering > 0 ? [Effect.recall] : Effect.none)
      ]

export const MAX_REFUSED = 5

const refused = (state: State, now: number): Step => {
  switch (state.open?.kind) {
    case 'Stop':
      // It was dropped; what is wanted since is another request, which may pass.
      return pursue(state, now)
    case 'End':
      // Only a daemon that breaks the protocol refuses a checkpoint of the batch before by now.
      return state.checkpoints.wanted === null
        ? leave(state, 1, 'the checkpoint that ends the shard was refused; leaving without a status')
        : pursue(state, now)
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
export const pursue = (state: State, now: number): Step => {
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

/**
 * Stops the session for a reason: checkpoints what is finished, waits for the answer, leaves without a status.
 * Outside an action nothing may be written, so there it leaves at once; a fenced session is always there.
 */
export const halt = (
  rules: Rules,
  state: State,
  now: number,
  reason: string,
  record: KinesisRecord | null,
  failure: Failure.Failure | null
): Step => {
  if (state.phase === 'Halting') return [state, Effect.none]
  const why = [
    ...callOff(state.batch),
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

/** The session is over: what is at work need not go on. */
export const leave = (
  state: State,
  code: Effect.ExitCode,
  problem?: string,
  fields: Effect.LogFields = {}
): Step => [
  { ...state, phase: 'Exited', batch: null },
  [
    ...callOff(state.batch),
    ...(problem === undefined ? [] : [Effect.log('error', problem, fields)]),
    Effect.exit(code)
  ]
]

export const told = (reason: string, failure: Failure.Failure | null): Effect.LogFields =>
  failure === null ? { reason } : { reason, stack: failure.stack }
