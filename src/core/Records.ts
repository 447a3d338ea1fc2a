/** What a handler's answers mean for the records of an open batch: run, retried, rejected, buried, delivered. */
import * as Backoff from '../protocol/Backoff'
import * as Batch from './Batch'
import type { Letter } from './DeadLetter'
import * as Decision from './Decision'
import { halt, failureFields } from './Dialogue'
import * as Effect from './Effect'
import * as Failure from './Failure'
import { endStreak, finish, go, passOver, proceed, progressed, setAside, settle } from './Finishing'
import * as Input from './Input'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Progress from './Progress'
import * as Streak from './Streak'
import type { Attempt } from './Stages'
import type { Verdict } from './Verdict'
import {
  after,
  group,
  heard,
  ignored,
  next,
  where,
  withBatch,
  type Rules,
  type State,
  type Step
} from './State'

const RETRIED = {
  one: 'record failed and will be tried again',
  several: 'records failed and will be tried again'
} as const
const SKIPPED = 'record failed and is skipped'
const FILTERED = 'record dropped by the filter'
export const BURIED = 'record became a dead letter'

/** What is logged for each record, of which there may be many of one kind. */
export const FREQUENT: ReadonlySet<string> = new Set([
  RETRIED.one,
  RETRIED.several,
  SKIPPED,
  BURIED,
  FILTERED
])

/** A record whose outcome is awaited, in its batch. */
interface Awaited {
  readonly batch: Batch.Batch
  readonly record: KinesisRecord
  readonly index: number
  /** The running attempt; null if the handler returned at once. */
  readonly attempt: Attempt | null
}

const awaited = (state: State, index: number, ticket: number): Awaited | null => {
  const { batch } = state
  const record = batch?.records.at(index)
  if (batch === null || record === undefined) return null
  if (ticket === 0) return index === next(state) ? { batch, record, index, attempt: null } : null
  const attempt = Batch.attemptOn(batch, index)
  return attempt?.ticket === ticket ? { batch, record, index, attempt } : null
}

const isTurnOf = (state: State, indices: ReadonlyArray<number>): boolean => {
  const expected = group(state)
  return (
    indices.length > 0 &&
    indices.length === expected.length &&
    indices.every((index, i) => index === expected[i])
  )
}

/** Only the records that `next` or `group` gives may begin, and each attempt has a ticket of its own. */
export const begun = (rules: Rules, state: State, { indices, ticket, now }: Input.Begun): Step => {
  const { batch } = state
  const isKnown = ticket === 0 || (batch !== null && Batch.isKnown(batch, ticket))
  if (batch === null || isKnown || !isTurnOf(state, indices)) return [state, [Effect.abort(ticket)]]
  return go(rules, withBatch(state, Batch.begin(batch, indices, ticket, now, now + rules.deadline)), now)
}

export const handled = (rules: Rules, state: State, input: Input.Handled): Step => {
  if (input.count !== 1) return several(rules, state, input)
  const { index, ticket, value, now } = input
  const one = awaited(state, index, ticket)
  if (one === null) return ignored(state)
  const { record } = one
  const decision = Decision.understand(value)
  switch (decision._tag) {
    case 'Ack':
      return concluded(rules, state, one, decision, now)
    case 'Checkpoint':
      return heard(concluded(rules, state, one, decision, now), 'checkpoint')
    case 'Forgotten':
      return forgotten(rules, state, one, now)
    case 'Skip':
      return heard(skipped(rules, state, one, decision, now), 'skip')
    case 'Reject':
      return heard(failed(rules, state, one, decision.reason, null, now), 'reject')
    case 'Halt':
      return heard(halt(rules, state, now, { reason: decision.reason, record, failure: null }), 'halt')
    case 'Invalid':
      return heard(
        failed(rules, state, one, decision.reason, Failure.make('TypeError', decision.reason), now),
        'failed'
      )
  }
}

/** Handles each of the answers. A row of plain `ack()` is handled in one step. */
const several = (rules: Rules, state: State, input: Input.Handled): Step => {
  const { index, count, now } = input
  const decision = Decision.understand(input.value)
  const isAck = decision._tag === 'Ack' && decision.outputs.length === 0
  const recovered = isAck ? endStreak(rules, state, now) : state
  const { batch } = recovered
  const last = batch?.records.at(index + count - 1)
  const isPlain = isAck && batch !== null && batch.flight === null && index === next(state)
  if (!isPlain || last === undefined || count < 1) return oneByOne(rules, state, input)
  const progress = Progress.finishPlain(rules.progress, recovered.progress, count, last, now)
  return progress === null
    ? oneByOne(rules, state, input)
    : proceed(rules, progressed(rules, recovered, Batch.finishPlain(batch, count), progress, now), now)
}

const oneByOne = (rules: Rules, state: State, { index, count, ticket, value, now }: Input.Handled): Step => {
  let step: Step = [state, Effect.none]
  let verdict: Verdict = 'ack'
  let times = 0
  for (let i = index; i < index + count; i++) {
    const [reached, effects] = step
    const further = handled(rules, reached, Input.handled(i, value, now, ticket))
    if (further[0] !== reached) times += 1
    verdict = further[2] ?? verdict
    step = after(effects, further)
  }
  return heard(step, verdict, times)
}

const skipped = (
  rules: Rules,
  state: State,
  one: Awaited,
  decision: Decision.Skip<Decision.Output>,
  now: number
): Step =>
  after(
    [Effect.log('debug', 'record skipped', { ...where(one.record), reason: decision.reason })],
    concluded(rules, { ...state, skipped: state.skipped + 1 }, one, decision, now)
  )

/** The handler did not get the record, and will not get it. */
export const dropped = (rules: Rules, state: State, input: Input.Dropped): Step => {
  const { index, ticket, drop, now } = input
  const one = awaited(state, index, ticket)
  if (one === null) return ignored(state)
  const { batch, record } = one
  return after(
    [Effect.log('info', FILTERED, { ...where(record), reason: drop.reason })],
    passOver(rules, { ...state, skipped: state.skipped + 1 }, batch, index, now)
  )
}

const forgotten = (rules: Rules, state: State, one: Awaited, now: number): Step => {
  const [done, effects] = finish(rules, { ...state, warned: true }, one.batch, one.index, now)
  if (state.warned) return [done, effects]
  const warning = `the handler ${rules.handlerName} returned undefined, which counts as ack(); is a return missing?`
  return [done, [Effect.log('warn', warning, where(one.record)), ...effects]]
}

/** The handler is done with the record. It is finished at once, or when its outputs are delivered. */
const concluded = (
  rules: Rules,
  state: State,
  { batch, index }: Awaited,
  { _tag, outputs }: Decision.Finished<Decision.Output>,
  now: number
): Step => {
  const asked = _tag === 'Checkpoint'
  if (outputs.length === 0) return finish(rules, state, batch, index, now, asked)
  const under = withBatch(state, Batch.deliver(batch, index, asked))
  return after([Effect.deliver(index, outputs)], proceed(rules, under, now))
}

export const threw = (rules: Rules, state: State, input: Input.Threw): Step => {
  const one = awaited(state, input.index, input.ticket)
  if (one === null) return ignored(state)
  const { failure, now } = input
  const { batch, index, attempt } = one
  if (attempt !== null && input.retry && attempt.attempt <= rules.retries && !Batch.isAlone(batch, index))
    return heard(retry(rules, state, batch, attempt, input), 'failed')
  return heard(
    attempt !== null && Batch.left(batch, attempt) > 1
      ? apart(rules, state, batch, attempt, input)
      : failed(rules, state, one, Failure.show(failure), failure, now),
    'failed'
  )
}

/** The longest wait between two attempts of one record. */
export const MAX_RETRY_WAIT = 60_000

const retry = (
  rules: Rules,
  state: State,
  batch: Batch.Batch,
  attempt: Attempt,
  { failure, now, random }: Input.Threw
): Step => {
  const at = now + Backoff.jittered({ first: rules.backoff, most: MAX_RETRY_WAIT }, attempt.attempt, random)
  const what = Batch.left(batch, attempt) > 1 ? RETRIED.several : RETRIED.one
  return after(
    [Effect.log('warn', what, about(batch, attempt, failure))],
    proceed(
      rules,
      withBatch(state, Batch.again(batch, attempt, { attempt: attempt.attempt + 1, at, alone: false }, now)),
      now
    )
  )
}

/** A batch handler has no retries left. Each of its records runs once more, alone, which shows the one at fault. */
const apart = (
  rules: Rules,
  state: State,
  batch: Batch.Batch,
  attempt: Attempt,
  { failure, now }: Input.Threw
): Step =>
  after(
    [Effect.log('warn', 'records failed and are tried one by one', about(batch, attempt, failure))],
    proceed(
      rules,
      withBatch(state, Batch.again(batch, attempt, { attempt: 1, at: now, alone: true }, now)),
      now
    )
  )

const about = (batch: Batch.Batch, one: Attempt, failure: Failure.Failure): Effect.LogFields => {
  const { attempt } = one
  const first = batch.records.at(one.first)
  const left = Batch.left(batch, one)
  return {
    ...(first === undefined ? {} : where(first)),
    ...(left > 1 ? { records: left } : {}),
    attempt,
    reason: Failure.show(failure)
  }
}

/** A `reject`, which has no failure, or a failure without retries left. Too many of them in a row halt the worker. */
const failed = (
  rules: Rules,
  state: State,
  one: Awaited,
  reason: string,
  failure: Failure.Failure | null,
  now: number
): Step => {
  const { record } = one
  const streak = Streak.add(rules, state.streak, record, failure !== null)
  const limit = Streak.reached(rules, streak)
  if (limit !== null)
    return halt(rules, state, now, { reason: `${limit}; the last: ${reason}`, record, failure })
  const warning = Streak.warning(rules, streak)
  const step = setApart(rules, { ...state, streak }, one, reason, failure, now)
  return warning === null ? step : after([Effect.log('warn', warning, { ...where(record), reason })], step)
}

/** Does what the failure policy says. */
const setApart = (
  rules: Rules,
  state: State,
  { batch, record, index }: Awaited,
  reason: string,
  failure: Failure.Failure | null,
  now: number
): Step => {
  switch (rules.onFailure) {
    case 'halt':
      return halt(rules, state, now, { reason: `${reason} (failure.then is halt)`, record, failure })
    case 'skip':
      return after(
        [
          Effect.log('warn', SKIPPED, {
            ...where(record),
            ...failureFields(reason, failure)
          })
        ],
        setAside(rules, { ...state, skipped: state.skipped + 1 }, batch, index, failure !== null, now)
      )
    case 'dead-letter': {
      const letter = letterOf(rules, record, reason, failure)
      const burying = Batch.bury(batch, index, failure !== null, reason)
      return [{ ...state, batch: burying }, [Effect.bury(index, letter)]]
    }
  }
}

const letterOf = (
  rules: Rules,
  record: KinesisRecord,
  reason: string,
  error: Failure.Failure | null
): Letter => ({
  ...(rules.stream === undefined ? {} : { stream: rules.stream }),
  shardId: record.shardId,
  sequenceNumber: record.sequenceNumber,
  subSequenceNumber: record.subSequenceNumber,
  partitionKey: record.partitionKey,
  approximateArrivalTimestamp: record.approximateArrivalTimestamp,
  data: record.base64,
  reason,
  error,
  handlerVersion: rules.handlerVersion
})

export const buried = (rules: Rules, state: State, { index, problem, now }: Input.Buried): Step => {
  const { batch } = state
  const record = batch?.records.at(index)
  if (batch === null || record === undefined) return ignored(state)
  const stage = Batch.stageOf(batch, index)
  if (stage?._tag !== 'Burying') return ignored(state)
  if (problem !== null)
    return halt(rules, state, now, {
      reason: `the dead letter could not be written: ${Failure.show(problem)}`,
      record,
      failure: null
    })
  return after(
    [Effect.log('warn', BURIED, { ...where(record), reason: stage.reason })],
    setAside(rules, { ...state, deadLetters: state.deadLetters + 1 }, batch, index, stage.failure, now)
  )
}

export const delivered = (rules: Rules, state: State, { indices, now }: Input.Delivered): Step => {
  let { batch } = state
  if (batch === null) return ignored(state)
  for (const index of indices) {
    const stage = Batch.stageOf(batch, index)
    if (stage?._tag === 'Delivering') batch = Batch.finish(batch, index, stage.asked)
  }
  return batch === state.batch
    ? ignored(state)
    : settle(rules, endStreak(rules, withBatch(state, batch), now), now)
}

export const undelivered = (rules: Rules, state: State, input: Input.Undelivered): Step => {
  const { index, failure, now } = input
  const { batch } = state
  const record = batch?.records.at(index)
  if (batch === null || record === undefined || Batch.stageOf(batch, index)?._tag !== 'Delivering')
    return ignored(state)
  const reason = `an output could not be delivered: ${Failure.show(failure)}`
  const one: Awaited = { batch, record, index, attempt: null }
  switch (input.then) {
    case 'halt':
      return halt(rules, state, now, { reason, record, failure })
    case 'dead-letter':
      return failed({ ...rules, onFailure: 'dead-letter' }, state, one, reason, failure, now)
    case 'policy':
      return failed(rules, state, one, reason, failure, now)
  }
}

/** Time has passed within a batch: attempts time out, retries become due, and a checkpoint may be sent. */
export const ticked = (rules: Rules, before: State, now: number): Step => {
  const isUnsettled = before.batch !== null && Batch.isUnsettled(before.batch)
  const [state, settled] = isUnsettled ? settle(rules, before, now) : [before, Effect.none]
  if (state.batch === null) return isUnsettled ? [state, settled] : go(rules, state, now)
  let reached: State = { ...state, batch: Batch.wake(state.batch, now) }
  const effects: Array<Effect.Effect> = [...settled]
  const failure = Failure.make(
    'DeadlineExceeded',
    `the handler took longer than ${rules.deadline} ms (deadline)`
  )
  let times = 0
  for (const attempt of Batch.late(state.batch, now)) {
    // If the session has halted, all attempts are already aborted, and nothing may follow.
    if (reached.batch === null) break
    const { ticket } = attempt
    const index = Batch.unanswered(reached.batch, attempt)
    const late: Input.Threw = { _tag: 'Threw', index, ticket, failure, retry: true, now, random: 0.5 }
    const [further, more, , counted] = threw(rules, reached, late)
    times += counted ?? 0
    reached = further
    effects.push(Effect.abort(ticket), ...more)
  }
  const step: Step = reached.batch === null ? [reached, effects] : after(effects, go(rules, reached, now))
  return heard(step, 'failed', times)
}
