/** What of a batch is not in plain order: under way, waiting, or done before its turn. */
import * as Heap from './Heap'
import type * as Retries from './Retries'
import * as Sparse from './Sparse'
import * as Stages from './Stages'

/**
 * No part of it is a plain list: whatever a record's step looks for is found, and changed, at a cost that hardly grows
 * with what else is under way. `npm run bench -- --part flight` shows it.
 */
export interface Flight {
  /** The records that may begin, by their indices; those that are alone apart from the others. */
  readonly ready: Heap.Heap<null> | null
  readonly readyAlone: Heap.Heap<null> | null
  /** The records that wait for their retry. */
  readonly retrying: Retries.Retries | null
  readonly stages: Stages.Stages
  /** The attempts by their seats, which are in the order of their deadlines; also some that are over: see `isOver`. */
  readonly attempts: Sparse.Sparse<Stages.Attempt>
  /** How many records of an attempt on several have no answer yet, by its seat. */
  readonly unanswered: Sparse.Sparse<number>
  /** How many attempts are at work; the seat of the first of them; how many have begun in all; their greatest ticket. */
  readonly atWork: number
  readonly oldest: number
  readonly seats: number
  readonly lastTicket: number
  /** How many records are in these stages. */
  readonly running: number
  readonly burying: number
  readonly delivering: number
  readonly done: number
  /** Of those done, how many are held: their failures are of a run that may be an outage, see Progress. */
  readonly held: number
  /** The stage of those held now. What was held in a run before is held no more. */
  readonly holding: Stages.Done
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
  stages: Stages.empty,
  attempts: Sparse.empty,
  unanswered: Sparse.empty,
  atWork: 0,
  oldest: 0,
  seats: 0,
  lastTicket: 0,
  running: 0,
  burying: 0,
  delivering: 0,
  done: 0,
  held: 0,
  holding: Object.freeze({ _tag: 'Done', asked: false, run: 1 }),
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
  stages: flight.stages,
  attempts: flight.attempts,
  unanswered: flight.unanswered,
  atWork: flight.atWork,
  oldest: flight.oldest,
  seats: flight.seats,
  lastTicket: flight.lastTicket,
  running: flight.running,
  burying: flight.burying,
  delivering: flight.delivering,
  done: flight.done,
  held: flight.held,
  holding: flight.holding,
  alone: flight.alone,
  patience: flight.patience
})

// -- attempts ---------------------------------------------------------------------------------------------------------

/** How many records of the attempt have no answer yet. */
export const left = ({ stages, unanswered }: Flight, { seat, indices }: Stages.Attempt): number => {
  if (indices.length > 1) return Sparse.get(unanswered, seat) ?? 0
  const stage = Stages.get(stages, indices[0] ?? 0)
  return stage?._tag === 'Running' && stage.seat === seat ? 1 : 0
}

/** The attempt at work whose deadline is the first. */
export const oldest = ({ attempts, oldest: seat }: Flight): Stages.Attempt | undefined =>
  Sparse.get(attempts, seat)

/** The first attempts at work, in the order of their deadlines. */
export const atWork = (flight: Flight, most: number): ReadonlyArray<Stages.Attempt> => {
  const found: Array<Stages.Attempt> = []
  for (let seat = flight.oldest; seat < flight.seats && found.length < most; seat++) {
    const one = Sparse.get(flight.attempts, seat)
    if (one !== undefined && left(flight, one) > 0) found.push(one)
  }
  return found
}

/** Seats are let go of in rows of so many. */
const ROW = 1024

/** A record of the attempt has an answer; the attempt is over with the last. */
const answered = (draft: Draft, one: Stages.Attempt): void => {
  if (one.indices.length > 1) {
    const others = (Sparse.get(draft.unanswered, one.seat) ?? 1) - 1
    draft.unanswered = Sparse.set(draft.unanswered, one.seat, others === 0 ? undefined : others)
    if (others > 0) return
  }
  draft.atWork -= 1
  // Each seat is passed once.
  for (; draft.oldest < draft.seats; draft.oldest++) {
    const oldest = Sparse.get(draft.attempts, draft.oldest)
    if (oldest !== undefined && left(draft, oldest) > 0) break
    if (draft.oldest % ROW === ROW - 1) draft.attempts = Sparse.without(draft.attempts, draft.oldest + 1)
  }
}

// -- stages -----------------------------------------------------------------------------------------------------------

const count = (draft: Draft, stage: Stages.Stage | undefined, by: 1 | -1): void => {
  switch (stage?._tag) {
    case 'Running':
      draft.running += by
      return
    case 'Burying':
      draft.burying += by
      return
    case 'Delivering':
      draft.delivering += by
      return
    case 'Done':
      draft.done += by
      if (isHeld(draft, stage)) draft.held += by
      return
    case 'Ready':
    case 'Retrying':
    case undefined:
  }
}

export const isHeld = ({ holding }: Pick<Flight, 'holding'>, { run }: Stages.Done): boolean =>
  run === holding.run

/** The record is in this stage now; undefined: in none. */
export const place = (draft: Draft, index: number, stage: Stages.Stage | undefined): void => {
  const before = Stages.get(draft.stages, index)
  count(draft, before, -1)
  count(draft, stage, 1)
  draft.stages = Stages.set(draft.stages, index, stage)
  if (before?._tag === 'Running') answered(draft, before)
}

/** A record that was done is part of the shard's progress: it is counted no more. */
export const passed = (draft: Draft, stage: Stages.Done): void => count(draft, stage, -1)

/** What is held is held no more. */
export const letGo = (draft: Draft): void => {
  draft.held = 0
  draft.holding = { _tag: 'Done', asked: false, run: draft.holding.run + 1 }
}

export const isAlone = ({ alone }: Pick<Flight, 'alone'>, index: number): boolean =>
  Sparse.get(alone, index) === true

/** The record may begin at any time. */
export const makeReady = (draft: Draft, index: number): void => {
  if (isAlone(draft, index)) draft.readyAlone = Heap.add(draft.readyAlone, index, null)
  else draft.ready = Heap.add(draft.ready, index, null)
}

/** A handler is at work on these records. */
export const begin = (
  draft: Draft,
  indices: ReadonlyArray<number>,
  ticket: number,
  attempt: number,
  until: number
): void => {
  const one: Stages.Attempt = { _tag: 'Running', ticket, seat: draft.seats, indices, attempt, until }
  draft.attempts = Sparse.set(draft.attempts, one.seat, one)
  if (indices.length > 1) draft.unanswered = Sparse.set(draft.unanswered, one.seat, indices.length)
  draft.atWork += 1
  draft.seats += 1
  draft.lastTicket = Math.max(draft.lastTicket, ticket)
  for (const index of indices) place(draft, index, one)
}
