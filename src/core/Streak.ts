/**
 * Records of one shard that were rejected or failed in a row: one after the other in the order in which they ended, with no
 * record finished between. Records of other keys, whose handlers are at work at the same time, are part of that order.
 *
 * Failures are counted by themselves as well. They may mean that the world is broken (`failure.breaker`), whereas a reject
 * is about its record, and only many of them are about the release (`failure.badRelease`).
 */
import type { Position } from '../protocol/Position'
import * as Pos from '../protocol/Position'

/** Some records in a row, and the lowest position among them. */
interface Run {
  readonly count: number
  readonly from: Position
}

export interface Streak {
  /** null: the last record finished. */
  readonly bad: Run | null
  /** The failures since the last reject that was dealt with; null: there is none. */
  readonly failures: Run | null
  /** How many runs of the session reached half of `failure.badRelease`. */
  readonly suspicions: number
}

/** Records in a row that halt; 0: it is off. */
export interface Limits {
  /** Failures. */
  readonly breaker: number
  /** Rejects and failures. */
  readonly badRelease: number
}

export const none: Streak = Object.freeze({ bad: null, failures: null, suspicions: 0 })

// -- reading ----------------------------------------------------------------------------------------------------------

export const length = ({ bad }: Streak): number => bad?.count ?? 0

/** Which limit is reached, in a sentence; null: none is. */
export const reached = ({ breaker, badRelease }: Limits, { bad, failures }: Streak): string | null => {
  if (breaker > 0 && failures !== null && failures.count >= breaker)
    return `${breaker} failures in a row (failure.breaker), the first at ${Pos.show(failures.from)}`
  return badRelease > 0 && bad !== null && bad.count >= badRelease
    ? `${badRelease} rejects and failures in a row (failure.badRelease), the first at ${Pos.show(bad.from)}`
    : null
}

/** What to warn of when the run has just become longer, in a sentence; null: nothing. */
export const warning = (limits: Limits, { bad }: Streak): string | null =>
  bad !== null && isHalf(bad.count, limits)
    ? `${bad.count} rejects and failures in a row, the first at ${Pos.show(bad.from)}; at ${limits.badRelease} the worker halts (failure.badRelease)`
    : null

/** A limit of 1 has no half: the worker halts at once. */
const isHalf = (count: number, { badRelease }: Limits): boolean =>
  badRelease > 1 && count === Math.ceil(badRelease / 2)

// -- moving -----------------------------------------------------------------------------------------------------------

const longer = (run: Run | null, { sequenceNumber, subSequenceNumber }: Position): Run => {
  const position = Pos.make(sequenceNumber, subSequenceNumber)
  if (run === null) return { count: 1, from: position }
  return { count: run.count + 1, from: Pos.compare(position, run.from) < 0 ? position : run.from }
}

/** One more record was rejected or failed. */
export const add = (limits: Limits, streak: Streak, position: Position, isFailure: boolean): Streak => {
  const bad = longer(streak.bad, position)
  return {
    bad,
    failures: isFailure ? longer(streak.failures, position) : streak.failures,
    suspicions: streak.suspicions + (isHalf(bad.count, limits) ? 1 : 0)
  }
}

/** A reject was dealt with: the failures before it were no outage. */
export const rejected = ({ bad, suspicions }: Streak): Streak => ({ bad, failures: null, suspicions })

/** A record finished. */
export const over = ({ suspicions }: Streak): Streak => ({ bad: null, failures: null, suspicions })
