/**
 * The records of one open batch, and where each of them is: not begun, running, waiting to be retried, its dead
 * letter being written, its outputs being delivered, or done.
 *
 * Records of one partition key run strictly one after the other; those of different keys may run at the same
 * time. What is done moves into the shard's progress in the shard's order, as its longest finished prefix.
 */
import { size as sizeOf } from '../protocol/KinesisRecord'
import type { KinesisRecords } from '../protocol/KinesisRecords'
import * as Chain from './Chain'
import * as Flight from './Flight'
import * as Heap from './Heap'
import * as Keys from './Keys'
import * as Sparse from './Sparse'

export interface Limits {
  /** Handlers at work at the same time. */
  readonly concurrency: number
  /** Records that are at work, or whose outputs are on the way, at the same time: what bounds the memory of outputs. */
  readonly undelivered: number
}

/** How many records a batch handler gets at once. */
export interface Group {
  readonly count: number
  /** Of their payloads together; one record may be larger. */
  readonly bytes: number
  /** How long a group that is not full waits for records held up by others of their key; milliseconds. */
  readonly linger: number
}

export interface Batch {
  readonly records: KinesisRecords
  readonly limits: Limits
  /** Null: the handler takes one record. */
  readonly group: Group | null
  readonly links: Keys.Links | null
  /** Every record below it is finished and part of the shard's progress. */
  readonly prefix: number
  /** Without links: the next record to begin. With links: the place of the next one in `heads`. */
  readonly cursor: number
  readonly flight: Flight.Flight
}

const nobody: ReadonlyArray<never> = Object.freeze([])

// -- reading ----------------------------------------------------------------------------------------------------------

export const isFinished = (batch: Batch): boolean => batch.prefix === batch.records.length

export const stageOf = ({ flight }: Batch, index: number): Flight.Stage | undefined =>
  Sparse.get(flight.stages, index)

/** The attempt at work on the record; undefined: there is none. */
export const attemptOn = (batch: Batch, index: number): Flight.Attempt | undefined => {
  const stage = stageOf(batch, index)
  return stage?._tag === 'Running' ? Sparse.get(batch.flight.attempts, stage.seat) : undefined
}

/** Whether an attempt at work has the ticket. */
export const isKnown = ({ flight }: Batch, ticket: number): boolean =>
  Sparse.get(flight.tickets, ticket) === true

/** The tickets of the handlers at work. */
export const tickets = ({ flight }: Batch): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let seat = flight.oldest; seat < flight.seats; seat++) {
    const one = Sparse.get(flight.attempts, seat)
    if (one !== undefined) found.push(one.ticket)
  }
  return found
}

/**
 * How many records one look at the time concerns: retries that are due, attempts that are late. Those beyond have their
 * turn at the next look, which is due at once, so that no step holds the event loop for long.
 */
export const AT_ONCE = 1000

/** The attempts whose deadline has passed. */
export const late = ({ flight }: Batch, now: number): ReadonlyArray<Flight.Attempt> => {
  const found: Array<Flight.Attempt> = []
  for (let seat = flight.oldest; seat < flight.seats && found.length < AT_ONCE; seat++) {
    const one = Sparse.get(flight.attempts, seat)
    if (one === undefined) continue
    if (one.until > now) break
    found.push(one)
  }
  return found
}

/** Nothing is at work: no handler, no dead letter, no delivery. A retry to come is not at work. */
export const isIdle = ({ flight }: Batch): boolean =>
  flight.atWork === 0 && flight.burying === 0 && flight.delivering === 0

/** Records that are not run to their end. */
export const unfinished = ({ records, prefix, flight }: Batch): number =>
  records.length - prefix - flight.done

/** Whether the batch is run strictly in order and nothing of it is open: then `pass` is all there is to do. */
export const isPlain = (batch: Batch): boolean => batch.flight === Flight.grounded && batch.links === null

/** Whether the record failed in a group, and runs by itself now. */
export const isAlone = ({ flight }: Batch, index: number): boolean => Flight.isAlone(flight, index)

/** When to look again: the earliest retry or deadline; Infinity when there is none. */
export const alarm = (batch: Batch): number => {
  const { patience, attempts, oldest, retrying } = batch.flight
  return Math.min(
    patience > 0 && first(batch) >= 0 ? patience : Infinity,
    retrying === null ? Infinity : retrying.key,
    Sparse.get(attempts, oldest)?.until ?? Infinity
  )
}

/**
 * When the first record that is not finished is, or was last, tried again; null: this is its first attempt. Everything waits
 * for that record in the end, so its retries are what the batch makes of its time.
 */
export const triedAgain = (batch: Batch, deadline: number): number | null => {
  const stage = stageOf(batch, batch.prefix)
  if (stage?._tag === 'Retrying') return stage.at
  if (stage?._tag !== 'Running') return null
  const attempt = Sparse.get(batch.flight.attempts, stage.seat)
  return attempt === undefined || attempt.attempt === 1 ? null : attempt.until - deadline
}

// -- who is next ------------------------------------------------------------------------------------------------------

const head = (batch: Batch): number => {
  if (batch.links === null) return batch.cursor < batch.records.length ? batch.cursor : -1
  return batch.links.heads[batch.cursor] ?? -1
}

/** The lowest record that is free to begin, or -1. */
const first = (batch: Batch): number => {
  const { ready, readyAlone } = batch.flight
  const fresh = head(batch)
  const least = Math.min(ready?.key ?? Infinity, readyAlone?.key ?? Infinity)
  return least !== Infinity && (fresh < 0 || least < fresh) ? least : fresh
}

/** The record to begin now, or -1. The lowest one first: it is what the checkpoint waits for. */
export const next = (batch: Batch): number => {
  const { limits, flight } = batch
  if (flight === Flight.grounded) return first(batch)
  if (flight.atWork >= limits.concurrency) return -1
  if (flight.running + flight.delivering >= limits.undelivered) return -1
  // A handler that returns at once runs strictly in order, so it waits for the dead letter of the record before.
  if (batch.links === null && flight.burying > 0) return -1
  return first(batch)
}

/** The attempt that begins now for a record that `next` named: 1, 2 ... */
export const attemptOf = (batch: Batch, index: number): number => {
  if (batch.flight === Flight.grounded) return 1
  const stage = stageOf(batch, index)
  return stage?._tag === 'Ready' ? stage.attempt : 1
}

/** The records for a batch handler to begin with now, in order; none: there are none, or it is not the time. */
export const group = (batch: Batch): ReadonlyArray<number> => {
  const lowest = next(batch)
  const { group: limit, links, flight } = batch
  if (lowest < 0 || limit === null || links === null) return nobody
  if (isAlone(batch, lowest)) return [lowest]

  const room = Math.min(limit.count, batch.limits.undelivered - flight.running - flight.delivering)
  const members: Array<number> = []
  let free = flight.ready
  let { cursor } = batch
  let bytes = 0
  while (members.length < room) {
    const fresh = links.heads[cursor]
    const isFresh = free === null || (fresh !== undefined && fresh < free.key)
    const index = isFresh ? fresh : free?.key
    const record = index === undefined ? undefined : batch.records.at(index)
    if (index === undefined || record === undefined) return isWorthWaiting(flight) ? nobody : members
    bytes += sizeOf(record)
    if (members.length > 0 && bytes > limit.bytes) break
    if (free === null || isFresh) cursor += 1
    else free = Heap.rest(free)
    members.push(index)
    const following = links.following[index] ?? -1
    if (following >= 0) free = Heap.add(free, following, null)
  }
  return members
}

/** A group is not full, but what is at work may set more records free in time. */
const isWorthWaiting = ({ patience, atWork, retrying }: Flight.Flight): boolean =>
  patience > 0 && (atWork > 0 || retrying !== null)

// -- moving -----------------------------------------------------------------------------------------------------------

export const open = (records: KinesisRecords, limits: Limits, group: Group | null, now: number): Batch => ({
  records,
  limits,
  group,
  links: group === null ? null : Keys.link(records, 0),
  prefix: 0,
  cursor: 0,
  flight: group === null ? Flight.grounded : { ...Flight.grounded, patience: patienceFrom(group, now) }
})

const patienceFrom = (group: Group | null, now: number): number =>
  group === null || group.linger === 0 ? 0 : now + group.linger

const moved = (
  { records, limits, group, links }: Batch,
  prefix: number,
  cursor: number,
  flight: Flight.Flight
): Batch => ({ records, limits, group, links, prefix, cursor, flight })

/** The next records of a plain batch are finished. */
export const pass = (batch: Batch, count: number): Batch =>
  moved(batch, batch.prefix + count, batch.cursor + count, batch.flight)

/** The record that `next` or `group` named leaves the queue; gives the new cursor. */
const take = (batch: Batch, draft: Flight.Draft, cursor: number, index: number): number => {
  const { ready, readyAlone } = draft
  // What is named is the least of those that are ready.
  if (ready?.key === index) draft.ready = Heap.rest(ready)
  else if (readyAlone?.key === index) draft.readyAlone = Heap.rest(readyAlone)
  const fresh = batch.links === null ? cursor : batch.links.heads[cursor]
  return fresh === index ? cursor + 1 : cursor
}

/** The record leaves its stage, or the queue; gives the new cursor. */
const leave = (batch: Batch, draft: Flight.Draft, index: number): number => {
  const stage = Sparse.get(draft.stages, index)
  switch (stage?._tag) {
    case 'Running':
      draft.running -= 1
      Flight.answered(draft, stage.seat)
      return batch.cursor
    case 'Burying':
      draft.burying -= 1
      return batch.cursor
    case 'Delivering':
      draft.delivering -= 1
      return batch.cursor
    case 'Retrying':
    case 'Done':
      return batch.cursor
    case 'Ready':
    case undefined:
      return take(batch, draft, batch.cursor, index)
  }
}

/** The next record of the same key may begin. */
const release = ({ links }: Batch, draft: Flight.Draft, index: number): void => {
  const following = links?.following[index] ?? -1
  if (following < 0 || Sparse.get(draft.stages, following) !== undefined) return
  Flight.makeReady(draft, following, 1)
}

/** A handler is at work on the records that `next` or `group` named. */
export const begin = (
  before: Batch,
  indices: ReadonlyArray<number>,
  ticket: number,
  now: number,
  until: number
): Batch => {
  const batch =
    before.links === null ? { ...before, links: Keys.link(before.records, before.cursor), cursor: 0 } : before
  const draft = Flight.draftOf(batch.flight)
  let { cursor } = batch
  let attempt = 1
  for (const index of indices) {
    attempt = Math.max(attempt, attemptOf(batch, index))
    cursor = take(batch, draft, cursor, index)
    Flight.place(draft, index, { _tag: 'Running', ticket, seat: draft.seats })
  }
  draft.running += indices.length
  Flight.seat(draft, ticket, indices, attempt, until)
  draft.patience = patienceFrom(batch.group, now)
  return moved(batch, batch.prefix, cursor, draft)
}

/** The dead letter of a record that `next` named, or that is in another stage, is being written. */
export const bury = (batch: Batch, index: number, failure: boolean, reason: string): Batch => {
  const draft = Flight.draftOf(batch.flight)
  const cursor = leave(batch, draft, index)
  Flight.place(draft, index, { _tag: 'Burying', failure, reason })
  draft.burying += 1
  return moved(batch, batch.prefix, cursor, draft)
}

/**
 * The outputs of a record that `next` named, or that was running, are under way. The next one of its key may
 * begin: the sinks keep the order of a key.
 */
export const deliver = (batch: Batch, index: number, asked: boolean): Batch => {
  const draft = Flight.draftOf(batch.flight)
  const cursor = leave(batch, draft, index)
  Flight.place(draft, index, { _tag: 'Delivering', asked })
  draft.delivering += 1
  release(batch, draft, index)
  return moved(batch, batch.prefix, cursor, draft)
}

/** A record is finished. It stays `Done` until those before it are, too: see `settle`. */
export const finish = (batch: Batch, index: number, asked: boolean, held: boolean): Batch => {
  const draft = Flight.draftOf(batch.flight)
  const cursor = leave(batch, draft, index)
  Flight.place(draft, index, { _tag: 'Done', asked, held })
  draft.done += 1
  if (held) {
    draft.held += 1
    draft.heldAt = Chain.add(draft.heldAt, index)
  }
  release(batch, draft, index)
  return moved(batch, batch.prefix, cursor, draft)
}

/**
 * An attempt failed: the first record of each of its keys runs again at the given time, and the others follow.
 * `alone`: each of them by itself.
 */
export const again = (
  batch: Batch,
  over: Flight.Attempt,
  attempt: number,
  at: number,
  alone: boolean
): Batch => {
  const draft = Flight.draftOf(batch.flight)
  const unanswered = over.indices.filter((index) => isRunning(stageOf(batch, index), over.ticket))
  const keys = new Set<string>()
  for (const index of unanswered) {
    const key = batch.records.at(index)?.partitionKey ?? ''
    const isFirst = !keys.has(key)
    keys.add(key)
    if (isFirst) draft.retrying = Heap.add(draft.retrying, at, index)
    Flight.place(draft, index, isFirst ? { _tag: 'Retrying', attempt, at } : undefined)
    if (alone) draft.alone = Sparse.set(draft.alone, index, true)
  }
  Flight.unseat(draft, over)
  draft.running -= unanswered.length
  return moved(batch, batch.prefix, batch.cursor, draft)
}

const isRunning = (stage: Flight.Stage | undefined, ticket: number): boolean =>
  stage?._tag === 'Running' && stage.ticket === ticket

/** Those at the end of the prefix that are done, in order: they become part of the progress now. */
export const settle = (
  batch: Batch
): readonly [Batch, ReadonlyArray<Flight.Stage & { readonly _tag: 'Done' }>] => {
  const settled: Array<Flight.Stage & { readonly _tag: 'Done' }> = []
  for (;;) {
    const stage = stageOf(batch, batch.prefix + settled.length)
    if (stage?._tag !== 'Done') break
    settled.push(stage)
  }
  if (settled.length === 0) return [batch, nobody]
  const draft = Flight.draftOf(batch.flight)
  draft.done -= settled.length
  for (const { held } of settled) if (held) draft.held -= 1
  const prefix = batch.prefix + settled.length
  const isPlainAgain = batch.links === null && isIdle(batch) && draft.done === 0
  return [moved(batch, prefix, batch.cursor, isPlainAgain ? Flight.grounded : draft), settled]
}

/** A record was finished, so the failures before it were no outage. */
export const releaseHeld = (batch: Batch): Batch => {
  if (batch.flight.held === 0) return batch
  const draft = Flight.draftOf(batch.flight)
  draft.held = 0
  draft.heldAt = null
  // Each was held once, so over the batch this costs no more than that did.
  for (let one = batch.flight.heldAt; one !== null; one = one.before) {
    const stage = one.last < batch.prefix ? undefined : stageOf(batch, one.last)
    if (stage?._tag === 'Done') Flight.place(draft, one.last, { ...stage, held: false })
  }
  return moved(batch, batch.prefix, batch.cursor, draft)
}

/** The retries that are due may begin, and a group may have waited long enough. */
export const wake = (batch: Batch, now: number): Batch => {
  const { patience, retrying } = batch.flight
  const isRipe = patience > 0 && patience <= now
  if (!isRipe && (retrying === null || retrying.key > now)) return batch
  const draft = Flight.draftOf(batch.flight)
  let woken = 0
  for (let due = retrying; due !== null && due.key <= now && woken < AT_ONCE; woken++) {
    const stage = stageOf(batch, due.value)
    Flight.makeReady(draft, due.value, stage?._tag === 'Retrying' ? stage.attempt : 1)
    draft.retrying = due = Heap.rest(due)
  }
  if (isRipe) draft.patience = 0
  return moved(batch, batch.prefix, batch.cursor, draft)
}
