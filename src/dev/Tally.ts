/** What is counted for one shard during a run, over all leases on it. */
import * as Session from '../core/Session'

export interface Tally {
  /** Records sent to children, those that came again included. */
  readonly delivered: number
  /** Records finished, dead-lettered or skipped, each counted once. */
  readonly consumed: number
  /** Records that were delivered more than once, counted each further time. */
  readonly again: number
  readonly batches: number
  /** Checkpoints that children asked for, */
  readonly asked: number
  /** and those of them that were answered with an error. */
  readonly failed: number
  readonly leasesLost: number
  /** The last line of what was delivered, and of what was consumed. */
  readonly deliveredTo: number
  readonly consumedTo: number
  /** Where the lease was lost last. */
  readonly lostAt: number
  /** Counted by the children themselves: null when they are other processes. */
  readonly inside: Inside | null
}

export interface Inside {
  /** Checkpoints that a newer one replaced before they were sent. */
  readonly coalesced: number
  /** Records run to their end, those that came again counted each time; the next two are among them. */
  readonly finished: number
  readonly skipped: number
  readonly deadLetters: number
  /** How many records a crash of the last child would have brought again. */
  readonly replay: number
}

export const initial: Tally = {
  delivered: 0,
  consumed: 0,
  again: 0,
  batches: 0,
  asked: 0,
  failed: 0,
  leasesLost: 0,
  deliveredTo: 0,
  consumedTo: 0,
  lostAt: 0,
  inside: null
}

const above = (lines: ReadonlyArray<number>, line: number): number => {
  let count = 0
  for (let i = lines.length - 1; i >= 0 && (lines[i] ?? 0) > line; i--) count++
  return count
}

/** A batch was sent: the lines of its records, in order. */
export const delivered = (tally: Tally, lines: ReadonlyArray<number>): Tally => {
  const fresh = above(lines, tally.deliveredTo)
  return {
    ...tally,
    delivered: tally.delivered + lines.length,
    again: tally.again + lines.length - fresh,
    batches: tally.batches + 1,
    deliveredTo: Math.max(tally.deliveredTo, lines[lines.length - 1] ?? 0)
  }
}

/** A batch was dealt with, up to the line. */
export const consumed = (tally: Tally, lines: ReadonlyArray<number>, upTo: number): Tally => {
  const done = lines.filter((line) => line <= upTo)
  return {
    ...tally,
    consumed: tally.consumed + above(done, tally.consumedTo),
    consumedTo: Math.max(tally.consumedTo, done[done.length - 1] ?? 0)
  }
}

/** A child has left: what it counted. */
export const left = (tally: Tally, session: Session.State | null): Tally =>
  session === null
    ? tally
    : {
        ...tally,
        inside: {
          coalesced: (tally.inside?.coalesced ?? 0) + session.child.slot.coalesced,
          finished: (tally.inside?.finished ?? 0) + Session.handledCount(session),
          skipped: (tally.inside?.skipped ?? 0) + session.skipped,
          deadLetters: (tally.inside?.deadLetters ?? 0) + session.deadLetters,
          replay: Session.replayCount(session)
        }
      }
