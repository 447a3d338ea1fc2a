/**
 * The records of one open batch, and where each of them is: not begun, running, waiting to be retried, its dead
 * letter being written, its outputs being delivered, or done.
 *
 * Records of one partition key run strictly one after the other; those of different keys may run at the same
 * time. What is done moves into the shard's progress in the shard's order, as its longest finished prefix.
 */
import { size as sizeOf } from '../protocol/KinesisRecord'
import type { KinesisRecords } from '../protocol/KinesisRecords'
import * as Flight from './Flight'
import * as Heap from './Heap'
import * as Keys from './Keys'
import * as Retries from './Retries'
import * as Sparse from './Sparse'
import * as Stages from './Stages'

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
  /** Null: the records run strictly in order, and nothing of them is under way; then `pass` is all there is to do. */
  readonly flight: Flight.Flight | null
}

const none: ReadonlyArray<never> = Object.freeze([])

const inFlight = ({ flight }: Batch): Flight.Flight => flight ?? Flight.empty

const draftOf = (batch: Batch): Flight.Draft => Flight.draftOf(inFlight(batch))

// -- reading ----------------------------------------------------------------------------------------------------------

export const isFinished = (batch: Batch): boolean => batch.prefix === batch.records.length

export const stageOf = ({ flight }: Batch, index: number): Stages.Stage | undefined =>
  flight === null ? undefined : Stages.get(flight.stages, index)

/** The attempt at work on the record; undefined: there is none. */
export const attemptOn = (batch: Batch, index: number): Stages.Attempt | undefined => {
  const stage = stageOf(batch, index)
  return stage?._tag === 'Running' ? stage : undefined
}

/** How many records of the attempt have no answer yet. */
export const left = (batch: Batch, attempt: Stages.Attempt): number => Flight.left(inFlight(batch), attempt)

/** The first record of the attempt that has no answer yet. */
export const unanswered = (batch: Batch, attempt: Stages.Attempt): number =>
  Flight.recordsOf(inFlight(batch), attempt).find(
    (index) => attemptOn(batch, index)?.ticket === attempt.ticket
  ) ?? -1

/** The tickets of the handlers at work. */
export const tickets = (batch: Batch): ReadonlyArray<number> =>
  Flight.atWork(inFlight(batch), Infinity).map(({ ticket }) => ticket)

/** Whether an attempt at work has the ticket. Tickets are counted up, so no search is needed for a new one. */
export const isKnown = (batch: Batch, ticket: number): boolean =>
  !(ticket > inFlight(batch).lastTicket) && tickets(batch).includes(ticket)

/**
 * How many records one look at the time concerns: retries that are due, attempts that are late. Those beyond have their
 * turn at the next look, which is due at once, so that no step holds the event loop for long.
 */
export const AT_ONCE = 1000

/** The attempts whose deadline has passed. */
export const late = (batch: Batch, now: number): ReadonlyArray<Stages.Attempt> => {
  const flight = inFlight(batch)
  const oldest = Flight.oldest(flight)
  return oldest === undefined || oldest.until > now
    ? none
    : Flight.atWork(flight, AT_ONCE).filter(({ until }) => until <= now)
}

/** Nothing is at work: no handler, no dead letter, no delivery. A retry to come is not at work. */
export const isIdle = ({ flight }: Batch): boolean =>
  flight === null || (flight.atWork === 0 && flight.burying === 0 && flight.delivering === 0)

/** Records that are not run to their end. */
export const unfinished = ({ records, prefix, flight }: Batch): number =>
  records.length - prefix - (flight?.done ?? 0)

/** Whether outputs are on the way. */
export const isDelivering = (batch: Batch): boolean => inFlight(batch).delivering > 0

/** Whether the record failed in a group, and runs by itself now. */
export const isAlone = (batch: Batch, index: number): boolean => Flight.isAlone(inFlight(batch), index)

/** Whether records at the end of the prefix are done that one step could not all take: see `settle`. */
export const isUnsettled = (batch: Batch): boolean => stageOf(batch, batch.prefix)?._tag === 'Done'

/** When to look again: at once, or at the earliest retry or deadline; Infinity when there is none. */
export const nextDeadline = (batch: Batch, now: number): number => {
  if (batch.flight === null) return Infinity
  if (isUnsettled(batch)) return now
  const { lingerUntil, retrying } = batch.flight
  return Math.min(
    lingerUntil > 0 && first(batch) >= 0 ? lingerUntil : Infinity,
    Retries.nextDeadline(retrying),
    Flight.oldest(batch.flight)?.until ?? Infinity
  )
}

/**
 * When the first record that is not finished is, or was last, tried again; null: this is its first attempt. Everything waits
 * for that record in the end, so its retries are what the batch makes of its time.
 */
export const triedAgain = (batch: Batch, deadline: number): number | null => {
  const stage = stageOf(batch, batch.prefix)
  if (stage?._tag === 'Retrying') return stage.at
  return stage?._tag === 'Running' && stage.attempt > 1 ? stage.until - deadline : null
}

// -- who is next ------------------------------------------------------------------------------------------------------

const head = (batch: Batch): number => {
  if (batch.links === null) return batch.cursor < batch.records.length ? batch.cursor : -1
  return batch.links.heads[batch.cursor] ?? -1
}

/** The lowest record that is free to begin, or -1. */
const first = (batch: Batch): number => {
  const { ready, readyAlone } = inFlight(batch)
  const fresh = head(batch)
  const least = Math.min(ready?.key ?? Infinity, readyAlone?.key ?? Infinity)
  return least !== Infinity && (fresh < 0 || least < fresh) ? least : fresh
}

/** The record to begin now, or -1. The lowest one first: it is what the checkpoint waits for. */
export const next = (batch: Batch): number => {
  const { limits, flight } = batch
  if (flight === null) return head(batch)
  if (flight.atWork >= limits.concurrency) return -1
  if (flight.running + flight.delivering >= limits.undelivered) return -1
  // A handler that returns at once runs strictly in order, so it waits for the dead letter of the record before.
  if (batch.links === null && flight.burying > 0) return -1
  return first(batch)
}

/** The attempt that begins now for a record that `next` named: 1, 2 ... */
export const attemptOf = (batch: Batch, index: number): number => {
  const stage = stageOf(batch, index)
  return stage?._tag === 'Retrying' ? stage.attempt : 1
}

/** The records for a batch handler to begin with now, in order; none: there are none, or it is not the time. */
export const group = (batch: Batch): ReadonlyArray<number> => {
  const lowest = next(batch)
  const { group: limit, links, flight } = batch
  if (lowest < 0 || limit === null || links === null || flight === null) return none
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
    if (index === undefined || record === undefined) return isWorthWaiting(flight) ? none : members
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
const isWorthWaiting = ({ lingerUntil, atWork, retrying }: Flight.Flight): boolean =>
  lingerUntil > 0 && (atWork > 0 || retrying !== null)

// -- moving -----------------------------------------------------------------------------------------------------------

export const open = (records: KinesisRecords, limits: Limits, group: Group | null, now: number): Batch => ({
  records,
  limits,
  group,
  links: group === null ? null : Keys.link(records, 0),
  prefix: 0,
  cursor: 0,
  flight: group === null ? null : { ...Flight.empty, lingerUntil: lingerUntilOf(group, now) }
})

const lingerUntilOf = (group: Group | null, now: number): number =>
  group === null || group.linger === 0 ? 0 : now + group.linger

const updated = (
  { records, limits, group, links }: Batch,
  prefix: number,
  cursor: number,
  flight: Flight.Flight | null
): Batch => ({ records, limits, group, links, prefix, cursor, flight })

/** The next records of a plain batch are finished. */
export const finishPlain = (batch: Batch, count: number): Batch =>
  updated(batch, batch.prefix + count, batch.cursor + count, batch.flight)

/** The record that `next` or `group` named leaves the queue; gives the new cursor. */
const take = (batch: Batch, draft: Flight.Draft, cursor: number, index: number): number => {
  const { ready, readyAlone } = draft
  // What is named is the least of those that are ready.
  if (ready?.key === index) draft.ready = Heap.rest(ready)
  else if (readyAlone?.key === index) draft.readyAlone = Heap.rest(readyAlone)
  const fresh = batch.links === null ? cursor : batch.links.heads[cursor]
  return fresh === index ? cursor + 1 : cursor
}

/** The record goes to another stage, from the queue or from the one it is in; gives the new cursor. */
const go = (batch: Batch, draft: Flight.Draft, index: number, stage: Stages.Stage): number => {
  const before = Stages.get(draft.stages, index)
  const isQueued = before === undefined || before._tag === 'Ready' || before._tag === 'Retrying'
  const cursor = isQueued ? take(batch, draft, batch.cursor, index) : batch.cursor
  Flight.place(draft, index, stage)
  return cursor
}

/** The next record of the same key may begin. */
const release = ({ links }: Batch, draft: Flight.Draft, index: number): void => {
  const following = links?.following[index] ?? -1
  if (following < 0 || Stages.get(draft.stages, following) !== undefined) return
  Flight.place(draft, following, Stages.ready)
  Flight.makeReady(draft, following)
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
  const draft = draftOf(batch)
  let { cursor } = batch
  let attempt = 1
  for (const index of indices) {
    attempt = Math.max(attempt, attemptOf(batch, index))
    cursor = take(batch, draft, cursor, index)
  }
  Flight.begin(draft, indices, ticket, attempt, until)
  draft.lingerUntil = lingerUntilOf(batch.group, now)
  return updated(batch, batch.prefix, cursor, draft)
}

/** The handler is through with the record, and the next one of its key may begin. */
const handled = (batch: Batch, index: number, stage: Stages.Stage): Batch => {
  const draft = draftOf(batch)
  const cursor = go(batch, draft, index, stage)
  release(batch, draft, index)
  return updated(batch, batch.prefix, cursor, draft)
}

/** The dead letter of a record that `next` named, or that is in another stage, is being written. */
export const bury = (batch: Batch, index: number, failure: boolean, reason: string): Batch => {
  const draft = draftOf(batch)
  const cursor = go(batch, draft, index, { _tag: 'Burying', failure, reason })
  return updated(batch, batch.prefix, cursor, draft)
}

/**
 * The outputs of a record that `next` named, or that was running, are under way. The next one of its key may
 * begin: the sinks keep the order of a key.
 */
export const deliver = (batch: Batch, index: number, asked: boolean): Batch =>
  handled(batch, index, Stages.toDelivering(asked))

/** A record is finished. It stays `Done` until those before it are, too: see `settle`. */
export const finish = (batch: Batch, index: number, asked: boolean): Batch =>
  handled(batch, index, Stages.toDone(asked))

/** As `finish`; it asks for no checkpoint, and no checkpoint may pass it yet. */
export const hold = (batch: Batch, index: number): Batch => handled(batch, index, inFlight(batch).holding)

/** How records that failed run again. */
export interface Retry {
  readonly attempt: number
  readonly at: number
  /** Each of them by itself. */
  readonly alone: boolean
}

/** An attempt failed: the first record of each of its keys runs again, and the others follow. */
export const again = (
  batch: Batch,
  over: Stages.Attempt,
  { attempt, at, alone }: Retry,
  now: number
): Batch => {
  const draft = draftOf(batch)
  const keys = new Set<string>()
  for (const index of Flight.recordsOf(draft, over)) {
    if (attemptOn(batch, index)?.ticket !== over.ticket) continue
    const key = batch.records.at(index)?.partitionKey ?? ''
    const isFirst = !keys.has(key)
    keys.add(key)
    if (isFirst) draft.retrying = Retries.add(draft.retrying, at, index, now)
    Flight.place(draft, index, isFirst ? { _tag: 'Retrying', attempt, at } : undefined)
    if (alone) draft.alone = Sparse.set(draft.alone, index, true)
  }
  return updated(batch, batch.prefix, batch.cursor, draft)
}

/** A record that becomes part of the shard's progress. */
export interface Settled {
  readonly asked: boolean
  readonly held: boolean
}

const plain: Settled = Object.freeze({ asked: false, held: false })
const asked: Settled = Object.freeze({ asked: true, held: false })
const held: Settled = Object.freeze({ asked: false, held: true })

/** How many records one step settles. If there are more, the next look is due at once, as for `AT_ONCE`. */
export const SETTLED_AT_ONCE = 250_000

/** Those at the end of the prefix that are done, in order: they become part of the progress now. */
export const settle = (batch: Batch): readonly [Batch, ReadonlyArray<Settled>] => {
  if (!isUnsettled(batch)) return [batch, none]
  const draft = draftOf(batch)
  const settled: Array<Settled> = []
  while (settled.length < SETTLED_AT_ONCE) {
    const stage = stageOf(batch, batch.prefix + settled.length)
    if (stage?._tag !== 'Done') break
    settled.push(Flight.isHeld(draft, stage) ? held : stage.asked ? asked : plain)
    Flight.uncount(draft, stage)
  }
  const prefix = batch.prefix + settled.length
  const isPlainAgain = batch.links === null && isIdle(batch) && draft.done === 0
  return [updated(batch, prefix, batch.cursor, isPlainAgain ? null : draft), settled]
}

/** A record was finished, so the failures before it were no outage. */
export const releaseHeld = (batch: Batch): Batch => {
  if (inFlight(batch).held === 0) return batch
  const draft = draftOf(batch)
  Flight.letGo(draft)
  return updated(batch, batch.prefix, batch.cursor, draft)
}

/** The retries that are due may begin, and a group may have waited long enough. */
export const wake = (batch: Batch, now: number): Batch => {
  const { lingerUntil, retrying } = inFlight(batch)
  const hasLingered = lingerUntil > 0 && lingerUntil <= now
  if (!hasLingered && Retries.nextDeadline(retrying) > now) return batch
  const draft = draftOf(batch)
  const [due, others] = Retries.take(retrying, now, AT_ONCE)
  draft.retrying = others
  // The last first: each is less than those before, which a heap takes in at no cost.
  for (const index of due.sort((one, other) => other - one)) Flight.makeReady(draft, index)
  if (hasLingered) draft.lingerUntil = 0
  return updated(batch, batch.prefix, batch.cursor, draft)
}
