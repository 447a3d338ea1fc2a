/** The records of a batch that are out of order: in progress, waiting, or done before an earlier record. */
import * as Heap from './Heap'
import type * as Retries from './Retries'
import * as Sparse from './Sparse'
import * as Stages from './Stages'

/** An attempt on several records, of a batch handler. */
export interface Grouped {
  readonly attempt: Stages.Attempt
  readonly indices: ReadonlyArray<number>
  /** How many of them have no answer yet. */
  readonly left: number
}

/**
 * No part of it is a plain list, so a step finds and changes what it needs at a cost that hardly grows with the number of other
 * records in progress. `npm run bench -- --part flight` measures it.
 */
export interface Flight {
  /** The records that may begin, by their indices. Those that must run alone are kept apart from the others. */
  readonly ready: Heap.Heap<null> | null
  readonly readyAlone: Heap.Heap<null> | null
  /** The records that wait for their retry. */
  readonly retrying: Retries.Retries | null
  readonly stages: Stages.Stages
  /**
   * The first record of each attempt, by the attempt's seat. Seats are in the order of deadlines. Attempts that are over are
   * still in it, but their record is in another stage by then.
   */
  readonly began: Sparse.Sparse<number>
  /** The attempts on several records, by their seats, until they are over. */
  readonly groups: Sparse.Sparse<Grouped>
  /** The number of running attempts, the seat of the first of them, the number that have begun in all, and the highest ticket. */
  readonly atWork: number
  readonly oldest: number
  readonly seats: number
  readonly lastTicket: number
  /** How many records are in these stages. */
  readonly running: number
  readonly burying: number
  readonly delivering: number
  readonly done: number
  /** How many of the records that are done are held back: they are part of a run of failures that may be an outage, see Progress. */
  readonly held: number
  /** The stage of the records that are held back now. Records of an earlier run are no longer held back. */
  readonly holding: Stages.Done
  /** Members of a group that failed for good: each runs once more, alone, so that one bad record harms no other. */
  readonly alone: Sparse.Sparse<true>
  /** Until when a group that is not full waits; 0: it does not wait. */
  readonly lingerUntil: number
}

/** No record is in progress. */
export const empty: Flight = Object.freeze({
  ready: null,
  readyAlone: null,
  retrying: null,
  stages: Stages.empty,
  began: Sparse.empty,
  groups: Sparse.empty,
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
  lingerUntil: 0
})

/** A flight while one step changes it. */
export type Draft = { -readonly [Key in keyof Flight]: Flight[Key] }

/** The fields are written out, since a spread of this many fields takes ten times as long, and this is done for each record. */
export const draftOf = (flight: Flight): Draft => ({
  ready: flight.ready,
  readyAlone: flight.readyAlone,
  retrying: flight.retrying,
  stages: flight.stages,
  began: flight.began,
  groups: flight.groups,
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
  lingerUntil: flight.lingerUntil
})

// -- attempts ---------------------------------------------------------------------------------------------------------

/** How many records of a running attempt have no answer yet. */
export const left = ({ groups }: Flight, { seat }: Stages.Attempt): number =>
  Sparse.get(groups, seat)?.left ?? 1

/** The records of a running attempt. */
export const recordsOf = ({ groups }: Flight, { seat, first }: Stages.Attempt): ReadonlyArray<number> =>
  Sparse.get(groups, seat)?.indices ?? [first]

/** The attempt in the seat; undefined: it is over. */
const at = ({ began, groups, stages }: Flight, seat: number): Stages.Attempt | undefined => {
  const stage = Stages.get(stages, Sparse.get(began, seat) ?? 0)
  return stage?._tag === 'Running' && stage.seat === seat ? stage : Sparse.get(groups, seat)?.attempt
}

/** The running attempt with the earliest deadline. */
export const oldest = (flight: Flight): Stages.Attempt | undefined => at(flight, flight.oldest)

/** The running attempts with the earliest deadlines, in their order. */
export const atWork = (flight: Flight, most: number): ReadonlyArray<Stages.Attempt> => {
  const found: Array<Stages.Attempt> = []
  for (let seat = flight.oldest; seat < flight.seats && found.length < most; seat++) {
    const one = at(flight, seat)
    if (one !== undefined) found.push(one)
  }
  return found
}

/** Seats are released in rows of this many. */
const ROW = 1024

/** A record of the attempt has an answer. The attempt is over when its last record has one. */
const answered = (draft: Draft, attempt: Stages.Attempt): void => {
  const group = Sparse.get(draft.groups, attempt.seat)
  if (group !== undefined) {
    const others = group.left - 1
    const { indices } = group
    draft.groups = Sparse.set(
      draft.groups,
      attempt.seat,
      others > 0 ? { attempt, indices, left: others } : undefined
    )
    if (others > 0) return
  }
  draft.atWork -= 1
  // Each seat is visited only once.
  for (; draft.oldest < draft.seats && at(draft, draft.oldest) === undefined; draft.oldest++)
    if (draft.oldest % ROW === ROW - 1) draft.began = Sparse.without(draft.began, draft.oldest + 1)
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

/** Moves the record to this stage; undefined: to none. */
export const place = (draft: Draft, index: number, stage: Stages.Stage | undefined): void => {
  const before = Stages.get(draft.stages, index)
  count(draft, before, -1)
  count(draft, stage, 1)
  draft.stages = Stages.set(draft.stages, index, stage)
  if (before?._tag === 'Running') answered(draft, before)
}

/** A record that was done is part of the shard's progress now, so it is no longer counted here. */
export const uncount = (draft: Draft, stage: Stages.Done): void => count(draft, stage, -1)

/** Nothing is held back any more. */
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

/** A handler runs these records. */
export const begin = (
  draft: Draft,
  indices: ReadonlyArray<number>,
  ticket: number,
  attempt: number,
  until: number
): void => {
  const first = indices[0] ?? 0
  const one: Stages.Attempt = { _tag: 'Running', ticket, seat: draft.seats, first, attempt, until }
  draft.began = Sparse.set(draft.began, one.seat, first)
  if (indices.length > 1)
    draft.groups = Sparse.set(draft.groups, one.seat, { attempt: one, indices, left: indices.length })
  draft.atWork += 1
  draft.seats += 1
  draft.lastTicket = Math.max(draft.lastTicket, ticket)
  for (const index of indices) place(draft, index, one)
}
