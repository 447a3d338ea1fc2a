/** What of a batch is not in plain order: under way, waiting, or done before its turn. */
import * as Sparse from './Sparse'

export type Stage =
  /** An attempt of its handler is at work, known by its ticket: see `Attempt`. */
  | { readonly _tag: 'Running'; readonly ticket: number }
  /** It failed and runs again later: see `Retry`. */
  | { readonly _tag: 'Retrying' }
  /** Its dead letter is being written. */
  | { readonly _tag: 'Burying'; readonly failure: boolean; readonly reason: string }
  /** Its outputs are on the way to their sinks. */
  | { readonly _tag: 'Delivering'; readonly asked: boolean }
  /** Finished, but a record before it is not. `held`: a failure of a run that may be an outage, see Progress. */
  | { readonly _tag: 'Done'; readonly asked: boolean; readonly held: boolean }

/** A handler at work, on one record or, a batch handler, on several. */
export interface Attempt {
  readonly ticket: number
  readonly indices: ReadonlyArray<number>
  /** How many of them have no answer yet. */
  readonly left: number
  /** 1, 2 ... */
  readonly attempt: number
  /** Its deadline; milliseconds. */
  readonly until: number
}

/** Runs again at the given time. */
export interface Retry {
  readonly index: number
  readonly attempt: number
  readonly at: number
}

/** May begin at any time: one whose forerunner of the same key is finished, or a retry that is due. */
export interface Ready {
  readonly index: number
  readonly attempt: number
}

export interface Flight {
  readonly ready: ReadonlyArray<Ready>
  /** Handlers at work; their deadlines in order. */
  readonly attempts: ReadonlyArray<Attempt>
  readonly retrying: ReadonlyArray<Retry>
  readonly stages: Sparse.Sparse<Stage>
  /** How many records are in these stages. */
  readonly running: number
  readonly burying: number
  readonly delivering: number
  readonly done: number
  /** Of those done, how many are held. */
  readonly held: number
  /** Members of a group that failed for good: each runs once more, alone, so that one bad record harms no other. */
  readonly alone: ReadonlySet<number>
  /** Until when a group that is not full waits; 0: it does not. */
  readonly patience: number
}

const nobody: ReadonlyArray<never> = Object.freeze([])

/** Nothing is under way. */
export const grounded: Flight = Object.freeze({
  ready: nobody,
  attempts: nobody,
  retrying: nobody,
  stages: Sparse.empty,
  running: 0,
  burying: 0,
  delivering: 0,
  done: 0,
  held: 0,
  alone: new Set<number>(),
  patience: 0
})

/** A flight while one step changes it. */
export type Draft = { -readonly [Key in keyof Flight]: Flight[Key] }

/** Written out: a spread of so many fields takes ten times as long, for each record. */
export const draftOf = (flight: Flight): Draft => ({
  ready: flight.ready,
  attempts: flight.attempts,
  retrying: flight.retrying,
  stages: flight.stages,
  running: flight.running,
  burying: flight.burying,
  delivering: flight.delivering,
  done: flight.done,
  held: flight.held,
  alone: flight.alone,
  patience: flight.patience
})

/** The list with one more, in the order of the records. */
export const inserted = <A extends { readonly index: number }>(
  list: ReadonlyArray<A>,
  one: A
): ReadonlyArray<A> => {
  let at = list.length
  while (at > 0 && (list[at - 1]?.index ?? -1) > one.index) at -= 1
  const longer = list.slice()
  longer.splice(at, 0, one)
  return longer
}

/** One of its records has an answer; the attempt is over with the last. */
export const answered = (attempts: ReadonlyArray<Attempt>, ticket: number): ReadonlyArray<Attempt> => {
  const at = attempts.findIndex((one) => one.ticket === ticket)
  const one = attempts[at]
  if (one === undefined) return attempts
  const changed = attempts.slice()
  if (one.left === 1) changed.splice(at, 1)
  else changed[at] = { ...one, left: one.left - 1 }
  return changed
}

/** The record is in this stage now; undefined: in none. */
export const place = (draft: Draft, index: number, stage: Stage | undefined): void => {
  draft.stages = Sparse.set(draft.stages, index, stage)
}
