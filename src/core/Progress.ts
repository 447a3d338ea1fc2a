/**
 * How far a shard is finished, and where checkpoints became due on the way.
 *
 * Failures in a row are held back: until a record finishes, or the shard ends, they are not part of the
 * finished prefix, so that no checkpoint can cover an outage.
 */
import * as Policy from './Policy'
import type { Position } from './Position'
import * as Pos from './Position'

/** A position with its number among the records finished in this session, counted from 1. */
export interface Mark extends Position {
  readonly ordinal: number
}

export interface Progress {
  /** The end of the longest finished prefix; null before the first finished record. */
  readonly watermark: Mark | null
  /** Failed records that are dealt with but not yet covered, oldest first. */
  readonly held: ReadonlyArray<Position>
  readonly policy: Policy.State
  /** The newest mark at which the last step found a checkpoint due; null when it found none. */
  readonly due: Mark | null
}

const nobody: ReadonlyArray<Position> = Object.freeze([])

export const initial = (now: number): Progress => ({
  watermark: null,
  held: nobody,
  policy: Policy.initial(now),
  due: null
})

/** Records finished in this session, the held ones not counted. */
export const finishedCount = (progress: Progress): number =>
  progress.watermark === null ? 0 : progress.watermark.ordinal

export interface Rules {
  readonly advance: (state: Policy.State, event: Policy.Event) => Policy.State
  readonly due: (state: Policy.State, now: number) => boolean
}

export const rules = (policy: Policy.Policy): Rules => ({
  advance: Policy.step(policy),
  due: Policy.due(policy)
})

/** One record finished, and with it the failures that were held before it. */
export const finish = (
  rules: Rules,
  progress: Progress,
  position: Position,
  asked: boolean,
  now: number
): Progress => {
  let { policy, due } = { policy: progress.policy, due: null as Mark | null }
  let ordinal = finishedCount(progress)
  for (const held of progress.held) {
    policy = rules.advance(policy, Policy.finished(false))
    ordinal += 1
    if (rules.due(policy, now)) {
      due = { ...Pos.make(held.sequenceNumber, held.subSequenceNumber), ordinal }
      policy = rules.advance(policy, Policy.restarted(now))
    }
  }
  const watermark: Mark = {
    sequenceNumber: position.sequenceNumber,
    subSequenceNumber: position.subSequenceNumber,
    ordinal: ordinal + 1
  }
  policy = rules.advance(policy, Policy.finished(asked))
  if (rules.due(policy, now)) {
    due = watermark
    policy = rules.advance(policy, Policy.restarted(now))
  }
  return { watermark, held: nobody, policy, due }
}

/** One record failed and was dealt with: hold it back. */
export const hold = (progress: Progress, position: Position): Progress => ({
  ...progress,
  held: [...progress.held, Pos.make(position.sequenceNumber, position.subSequenceNumber)],
  due: null
})

/** An empty batch came: only time can have made a checkpoint due, at the watermark. */
export const idle = (rules: Rules, progress: Progress, now: number): Progress =>
  progress.watermark !== null && rules.due(progress.policy, now)
    ? { ...progress, policy: rules.advance(progress.policy, Policy.restarted(now)), due: progress.watermark }
    : { ...progress, due: null }
