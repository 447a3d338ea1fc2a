/**
 * How far a shard is finished, and where checkpoints became due on the way.
 *
 * Failures in a row (and rejects, with `failure.badRelease`) are held back: until a record finishes after them, or the shard
 * ends, they are not part of the finished prefix, so that no checkpoint can cover an outage. With handlers at work at the
 * same time, records behind them may have finished before them: those are held back with them.
 */
import * as Chain from './Chain'
import * as Policy from './Policy'
import type { Position } from '../protocol/Position'

/** A position with its number among the records finished in this session, counted from 1. */
export interface Mark extends Position {
  readonly ordinal: number
}

/** A record that is dealt with but not yet covered. */
export interface Held extends Position {
  /** It asked for a checkpoint. */
  readonly asked: boolean
  /** Its number among the held records, counted from 1. */
  readonly ordinal: number
}

/**
 * How many held records keep an entry of their own. Beyond that, neighbours share one, so that the memory is bounded however
 * many records the filter drops behind a failure. A checkpoint that becomes due within such a row is at its end.
 */
export const KEPT_APART = 1000

export interface Progress {
  /** The end of the longest finished prefix; null before the first finished record. */
  readonly watermark: Mark | null
  /** Oldest first; it begins with a record that failed or was rejected. */
  readonly held: Chain.Chain<Held> | null
  readonly policy: Policy.State
  /** The newest mark at which the last step found a checkpoint due; null when it found none. */
  readonly due: Mark | null
}

export const initial = (now: number): Progress => ({
  watermark: null,
  held: null,
  policy: Policy.initial(now),
  due: null
})

/** Records finished in this session, the held ones not counted. */
export const finishedCount = (progress: Progress): number =>
  progress.watermark === null ? 0 : progress.watermark.ordinal

/** Records that are dealt with, and held back. */
export const heldCount = ({ held }: Progress): number => held?.last.ordinal ?? 0

export interface Rules {
  readonly advance: (state: Policy.State, event: Policy.Event) => Policy.State
  readonly due: (state: Policy.State, now: number) => boolean
}

export const rules = (policy: Policy.Policy): Rules => ({
  advance: Policy.step(policy),
  due: Policy.due(policy)
})

/** The next records of the shard are finished, up to this position. */
const move = (
  rules: Rules,
  progress: Progress,
  position: Position,
  now: number,
  count: number,
  asked = false
): Progress => {
  const watermark: Mark = {
    sequenceNumber: position.sequenceNumber,
    subSequenceNumber: position.subSequenceNumber,
    ordinal: finishedCount(progress) + count
  }
  const others = count === 1 ? progress.policy : Policy.passed(progress.policy, count - 1)
  const policy = rules.advance(others, Policy.finished(asked))
  return rules.due(policy, now)
    ? { watermark, held: progress.held, policy: rules.advance(policy, Policy.restarted(now)), due: watermark }
    : { watermark, held: progress.held, policy, due: progress.due }
}

/** A record finished, or the shard ended: the failures before it were no outage and are part of the prefix. */
export const release = (rules: Rules, progress: Progress, now: number): Progress => {
  const held = Chain.toArray(progress.held)
  let released: Progress = { ...progress, held: null, due: null }
  for (let i = 0; i < held.length;) {
    const row = unasked(held, i)
    const count = row === 0 ? 1 : reach(rules, released, row, now)
    const last = held[i + count - 1]
    const before = held[i - 1]?.ordinal ?? 0
    if (last !== undefined) released = move(rules, released, last, now, last.ordinal - before, last.asked)
    i += count
  }
  return released
}

/** How many in a row, from one on, have an entry of their own and did not ask for a checkpoint. */
const unasked = (held: ReadonlyArray<Held>, from: number): number => {
  let at = from
  for (let one = held[at]; one?.asked === false && one.ordinal === at + 1; one = held[at]) at += 1
  return at - from
}

/**
 * How many of the next records, none of which asks for a checkpoint, may be finished at once: up to the first at which a
 * checkpoint is due, that one included.
 *
 * @param most how many there are, from 1
 */
export const reach = (rules: Rules, { policy }: Progress, most: number, now: number): number => {
  const isDue = (count: number): boolean => rules.due(Policy.passed(policy, count), now)
  if (most <= 1 || !isDue(most - 1)) return most
  // What is due after some records is due after more.
  let [below, due] = [0, most - 1]
  while (due - below > 1) {
    const middle = (below + due) >> 1
    if (isDue(middle)) due = middle
    else below = middle
  }
  return due
}

/**
 * The next record of the shard is finished, and with it the failures that were held before it.
 *
 * @param count the number of records, up to this position, as `reach` allows: what is wanted is wanted at the last
 */
export const finish = (
  rules: Rules,
  progress: Progress,
  position: Position,
  asked: boolean,
  now: number,
  count = 1
): Progress =>
  move(
    rules,
    progress.held !== null || progress.due !== null ? release(rules, progress, now) : progress,
    position,
    now,
    count,
    asked
  )

/**
 * The next records of the shard are finished, as by `finish` for each; null: a checkpoint becomes due before the last one.
 *
 * @param last the position of the last one
 */
export const finishPlain = (
  rules: Rules,
  progress: Progress,
  count: number,
  last: Position,
  now: number
): Progress | null => {
  if (rules.due(Policy.passed(progress.policy, count - 1), now)) return null
  const { held } = progress
  const { sequenceNumber, subSequenceNumber } = last
  const watermark: Mark = { sequenceNumber, subSequenceNumber, ordinal: finishedCount(progress) + count }
  const policy = Policy.passed(progress.policy, count)
  return rules.due(policy, now)
    ? { watermark, held, policy: rules.advance(policy, Policy.restarted(now)), due: watermark }
    : { watermark, held, policy, due: null }
}

/** One record was dealt with, and is held back: it failed, or one before it is held back. */
export const hold = (
  progress: Progress,
  { sequenceNumber, subSequenceNumber }: Position,
  asked = false
): Progress => {
  const { held } = progress
  const one: Held = { sequenceNumber, subSequenceNumber, asked, ordinal: heldCount(progress) + 1 }
  const isShared = held !== null && held.length >= KEPT_APART && !held.last.asked
  return {
    ...progress,
    held: isShared ? Chain.replaceLast(held, one) : Chain.add(held, one),
    due: null
  }
}

/** An empty batch came: only time can have made a checkpoint due, at the watermark. */
export const idle = (rules: Rules, progress: Progress, now: number): Progress =>
  progress.watermark !== null && rules.due(progress.policy, now)
    ? { ...progress, policy: rules.advance(progress.policy, Policy.restarted(now)), due: progress.watermark }
    : { ...progress, due: null }
