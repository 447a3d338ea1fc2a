/** What of a batch is not in plain order: under way, waiting, or done before its turn. */
import type * as Chain from './Chain'
import * as Heap from './Heap'
import * as Sparse from './Sparse'

export type Stage =
  /** It may begin at any time: its forerunner of the same key is finished, or its retry is due. */
  | { readonly _tag: 'Ready'; readonly attempt: number }
  /** An attempt of its handler is at work, known by its ticket: see `Attempt`. */
  | { readonly _tag: 'Running'; readonly ticket: number; readonly seat: number }
  /** It failed and runs again at the given time. */
  | { readonly _tag: 'Retrying'; readonly attempt: number; readonly at: number }
  /** Its dead letter is being written. */
  | { readonly _tag: 'Burying'; readonly failure: boolean; readonly reason: string }
  /** Its outputs are on the way to their sinks. */
  | { readonly _tag: 'Delivering'; readonly asked: boolean }
  /** Finished, but a record before it is not. `held`: a failure of a run that may be an outage, see Progress. */
  | { readonly _tag: 'Done'; readonly asked: boolean; readonly held: boolean }

/** A handler at work, on one record or, a batch handler, on several. */
export interface Attempt {
  readonly ticket: number
  /** Its place among those of the batch: 0, 1 ... in the order in which they began. */
  readonly seat: number
  readonly indices: ReadonlyArray<number>
  /** How many of them have no answer yet. */
  readonly left: number
  /** 1, 2 ... */
  readonly attempt: number
  /** Its deadline; milliseconds. */
  readonly until: number
}

/**
 * No part of it is a plain list: whatever a record's step looks for is found, and changed, at a cost that hardly grows
 * with what else is under way. `npm run bench -- --part flight` shows it.
 */
export interface Flight {
  /** The records that are `Ready`, by their indices; those that are alone apart from the others. */
  readonly ready: Heap.Heap<null> | null
  readonly readyAlone: Heap.Heap<null> | null
  /** The records that are `Retrying`, by when they are due. */
  readonly retrying: Heap.Heap<number> | null
  /** Handlers at work, by their seats, which are in the order of their deadlines. */
  readonly attempts: Sparse.Sparse<Attempt>
  /** How many there are; the first of them; how many have begun in all. */
  readonly atWork: number
  readonly oldest: number
  readonly seats: number
  /** Their tickets. */
  readonly tickets: Sparse.Sparse<true>
  readonly stages: Sparse.Sparse<Stage>
  /** How many records are in these stages. */
  readonly running: number
  readonly burying: number
  readonly delivering: number
  readonly done: number
  /** Of those done, how many are held, and which may be. */
  readonly held: number
  readonly heldAt: Chain.Chain<number> | null
  /** Members of a group that failed for good: each runs once more, alone, so that one bad record harms no other. */
  readonly alone: Sparse.Sparse<true>
  /** Until when a group that is not full waits; 0: it does not. */
  readonly patience: number
}

/** Nothing is under way. */
export const grounded: Flight = Object.freeze({
  ready: null,
  readyAlone: null,
  retrying: null,
  attempts: Sparse.empty,
  atWork: 0,
  oldest: 0,
  seats: 0,
  tickets: Sparse.empty,
  stages: Sparse.empty,
  running: 0,
  burying: 0,
  delivering: 0,
  done: 0,
  held: 0,
  heldAt: null,
  alone: Sparse.empty,
  patience: 0
})

/** A flight while one step changes it. */
export type Draft = { -readonly [Key in keyof Flight]: Flight[Key] }

/** Written out: a spread of so many fields takes ten times as long, for each record. */
export const draftOf = (flight: Flight): Draft => ({
  ready: flight.ready,
  readyAlone: flight.readyAlone,
  retrying: flight.retrying,
  attempts: flight.attempts,
  atWork: flight.atWork,
  oldest: flight.oldest,
  seats: flight.seats,
  tickets: flight.tickets,
  stages: flight.stages,
  running: flight.running,
  burying: flight.burying,
  delivering: flight.delivering,
  done: flight.done,
  held: flight.held,
  heldAt: flight.heldAt,
  alone: flight.alone,
  patience: flight.patience
})

/** The record is in this stage now; undefined: in none. */
export const place = (draft: Draft, index: number, stage: Stage | undefined): void => {
  draft.stages = Sparse.set(draft.stages, index, stage)
}

export const isAlone = ({ alone }: Pick<Flight, 'alone'>, index: number): boolean =>
  Sparse.get(alone, index) === true

/** The record may begin at any time. */
export const makeReady = (draft: Draft, index: number, attempt: number): void => {
  place(draft, index, { _tag: 'Ready', attempt })
  if (isAlone(draft, index)) draft.readyAlone = Heap.add(draft.readyAlone, index, null)
  else draft.ready = Heap.add(draft.ready, index, null)
}

/** A handler is at work. */
export const seat = (
  draft: Draft,
  ticket: number,
  indices: ReadonlyArray<number>,
  attempt: number,
  until: number
): void => {
  const one: Attempt = { ticket, seat: draft.seats, indices, left: indices.length, attempt, until }
  draft.attempts = Sparse.set(draft.attempts, one.seat, one)
  draft.atWork += 1
  draft.seats += 1
  draft.tickets = Sparse.set(draft.tickets, ticket, true)
}

/** The attempt is over. */
export const unseat = (draft: Draft, { ticket, seat: at }: Attempt): void => {
  draft.attempts = Sparse.set(draft.attempts, at, undefined)
  draft.tickets = Sparse.set(draft.tickets, ticket, undefined)
  draft.atWork -= 1
  // Each seat is passed once.
  while (draft.oldest < draft.seats && Sparse.get(draft.attempts, draft.oldest) === undefined)
    draft.oldest += 1
}

/** One of its records has an answer; the attempt is over with the last. */
export const answered = (draft: Draft, at: number): void => {
  const one = Sparse.get(draft.attempts, at)
  if (one === undefined) return
  if (one.left === 1) unseat(draft, one)
  else draft.attempts = Sparse.set(draft.attempts, at, { ...one, left: one.left - 1 })
}
