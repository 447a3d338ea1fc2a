/** What it means that a record is finished: progress, the checkpoints that become due, and the end of the batch. */
import * as ChildInput from '../protocol/ChildInput'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Batch from './Batch'
import { answer, atWatermark, converse, want } from './Dialogue'
import * as Effect from './Effect'
import * as Progress from './Progress'
import * as Streak from './Streak'
import { ignored, updated, withBatch, type Rules, type State, type Step } from './State'

/**
 * A record that was not processed is dealt with. Failures in a row are held back from the checkpoints, and with
 * `failure.badRelease` so are rejects.
 */
export const setAside = (
  rules: Rules,
  state: State,
  batch: Batch.Batch,
  index: number,
  failure: boolean,
  now: number
): Step => {
  const isHeld = rules.badRelease > 0 || (failure && rules.breaker > 0)
  if (!isHeld) return finish(rules, state, batch, index, now)
  const streak = failure ? state.streak : Streak.rejected(state.streak)
  return settle(rules, { ...state, streak, batch: Batch.hold(batch, index) }, now)
}

/** A record finished, so the bad ones before it were neither an outage nor a bad release. */
export const endStreak = (rules: Rules, state: State, now: number): State => {
  if (state.streak.bad === null && state.progress.held === null) return state
  const batch = state.batch === null ? null : Batch.releaseHeld(state.batch)
  return {
    ...progressed(rules, state, batch, Progress.release(rules.progress, state.progress, now), now),
    streak: Streak.over(state.streak)
  }
}

/** With what the progress found due wanted. */
export const progressed = (
  rules: Rules,
  state: State,
  batch: Batch.Batch | null,
  progress: Progress.Progress,
  now: number
): State => updated(state, batch, progress, want(rules, state.child, progress.due, now))

/** @param asked whether the handler asks for a checkpoint at the record. */
export const finish = (
  rules: Rules,
  before: State,
  batch: Batch.Batch,
  index: number,
  now: number,
  asked = false
): Step => {
  const state = endStreak(rules, before, now)
  return batch.flight === null
    ? finishNext(rules, state, batch, index, now, asked)
    : settle(rules, withBatch(state, Batch.finish(Batch.releaseHeld(batch), index, asked)), now)
}

/**
 * The handler does not get the record. Unlike one that finishes, it says nothing of the bad ones before it: what is held back
 * stays so, and it with them.
 */
export const passOver = (rules: Rules, state: State, batch: Batch.Batch, index: number, now: number): Step =>
  batch.flight === null && state.progress.held === null
    ? finishNext(rules, state, batch, index, now)
    : settle(rules, withBatch(state, Batch.finish(batch, index, false)), now)

/** Of a batch of which nothing is in progress. */
const finishNext = (
  rules: Rules,
  state: State,
  batch: Batch.Batch,
  index: number,
  now: number,
  asked = false
): Step => {
  const record = batch.records.at(index) as KinesisRecord
  const progress = Progress.finish(rules.progress, state.progress, record, asked, now)
  return proceed(rules, progressed(rules, state, Batch.finishPlain(batch, 1), progress, now), now)
}

/** What is finished up to here moves into the progress, in the shard's order. */
export const settle = (rules: Rules, state: State, now: number): Step => {
  if (state.batch === null) return ignored(state)
  const [batch, done] = Batch.settle(state.batch)
  let { progress, child } = state
  const from = state.batch.prefix
  for (let i = 0; i < done.length;) {
    // All records that wait for one slow record are finished with it. Those that have no effects are finished in one step.
    const row = plainRow(done, i)
    const count = row === 0 || progress.held !== null ? 1 : Progress.reach(rules.progress, progress, row, now)
    const last = batch.records.at(from + i + count - 1) as KinesisRecord
    const asked = done[i]?.asked === true
    progress =
      // What lies behind a record that is held ended before it: had it ended later, nothing would be held.
      done[i]?.held === true || progress.held !== null
        ? Progress.hold(progress, last, asked)
        : Progress.finish(rules.progress, progress, last, asked, now, count)
    child = want(rules, child, progress.due, now)
    i += count
  }
  return proceed(rules, updated(state, batch, progress, child), now)
}

/** How many in a row, from one on, neither asked for a checkpoint nor are held. */
const plainRow = (done: ReadonlyArray<Batch.Settled>, from: number): number => {
  let at = from
  for (let one = done[at]; one !== undefined && !one.asked && !one.held; one = done[at]) at += 1
  return at - from
}

/** On to the next record, or to the end of the batch. */
export const proceed = (rules: Rules, state: State, now: number): Step => {
  const { batch } = state
  if (batch === null) return ignored(state)
  if (state.draining) return drained(rules, state, now)
  if (Batch.isFinished(batch)) return complete(rules, state, now)
  return batch.flight === null ? ignored(state) : go(rules, state, now)
}

/** Within a batch: a checkpoint that may go goes, and what may not yet is waited for. */
export const go = (rules: Rules, state: State, now: number): Step =>
  converse(rules, state, ChildInput.ticked(now))

/** Nothing of the open batch is left to run: the newest checkpoint, if one may go, and the status. */
export const complete = (rules: Rules, state: State, now: number): Step =>
  answer(rules, updated(state, null, state.progress, state.child), now)

/** The worker is stopping: what is in flight may finish, the rest is left to another run. */
export const drained = (rules: Rules, state: State, now: number): Step => {
  const { batch } = state
  if (batch === null || !Batch.isIdle(batch)) return ignored(state)
  if (Batch.isUnsettled(batch)) return [state, [Effect.wait(now)]]
  const unrun = state.unrun + Batch.unfinished(batch)
  return complete(rules, { ...state, unrun, child: atWatermark(rules, state, now) }, now)
}
