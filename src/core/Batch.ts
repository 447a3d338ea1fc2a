/**
 * The records of one open batch, and where each of them is: not begun, running, waiting to be retried, its dead
 * letter being written, its outputs being delivered, or done.
 *
 * Records of one partition key run strictly one after the other; those of different keys may run at the same
 * time. What is done moves into the shard's progress in the shard's order, as its longest finished prefix.
 */
import type { KinesisRecord } from './KinesisRecord'
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

/** Who comes after whom: computed once for a batch, and only when its handler is an effect or takes several. */
export interface Links {
  /** The first record of each key, in order. */
  readonly heads: ReadonlyArray<number>
  /** For each record the next one of the same key, or -1. */
  readonly following: Int32Array
}

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
  readonly records: ReadonlyArray<KinesisRecord>
  readonly limits: Limits
  /** Null: the handler takes one record. */
  readonly group: Group | null
  /** Every record below it is finished and part of the shard's progress. */
  readonly prefix: number
  /** Without links: the next record to begin. With links: the place of the next one in `heads`. */
  readonly cursor: number
  readonly links: Links | null
  readonly ready: ReadonlyArray<Ready>
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
  /** Until when a group that is not full waits. */
  readonly patience: number
}

const nobody: ReadonlyArray<never> = Object.freeze([])
const noIndices: ReadonlySet<number> = new Set()

// -- reading ----------------------------------------------------------------------------------------------------------

export const isFinished = (batch: Batch): boolean => batch.prefix === batch.records.length

export const stageOf = (batch: Batch, index: number): Stage | undefined => Sparse.get(batch.stages, index)

export const attemptWith = (batch: Batch, ticket: number): Attempt | undefined =>
  batch.attempts.find((one) => one.ticket === ticket)

/** The attempts whose deadline has passed. */
export const late = (batch: Batch, now: number): ReadonlyArray<Attempt> =>
  batch.attempts.filter(({ until }) => until <= now)

/** Nothing is at work: no handler, no dead letter, no delivery. A retry to come is not at work. */
export const isIdle = ({ attempts, burying, delivering }: Batch): boolean =>
  attempts.length === 0 && burying === 0 && delivering === 0

/** Records that are not run to their end. */
export const unfinished = (batch: Batch): number => batch.records.length - batch.prefix - batch.done

/** Whether the batch is run strictly in order and nothing of it is open: then `pass` is all there is to do. */
export const isPlain = (batch: Batch): boolean =>
  batch.links === null && batch.burying === 0 && batch.delivering === 0 && batch.done === 0

/** When to look again: the earliest retry or deadline; Infinity when there is none. */
export const alarm = (batch: Batch): number => {
  let at = batch.patience > 0 && first(batch) >= 0 ? batch.patience : Infinity
  for (const retry of batch.retrying) at = Math.min(at, retry.at)
  for (const attempt of batch.attempts) at = Math.min(at, attempt.until)
  return at
}

// -- who is next ------------------------------------------------------------------------------------------------------

const head = (batch: Batch): number => {
  if (batch.links === null) return batch.cursor < batch.records.length ? batch.cursor : -1
  return batch.links.heads[batch.cursor] ?? -1
}

/** The lowest record that is free to begin, or -1. */
const first = (batch: Batch): number => {
  const fresh = head(batch)
  const ready = batch.ready[0]
  return ready !== undefined && (fresh < 0 || ready.index < fresh) ? ready.index : fresh
}

/** The record to begin now, or -1. The lowest one first: it is what the checkpoint waits for. */
export const next = (batch: Batch): number => {
  const { limits, attempts, running, delivering } = batch
  if (attempts.length >= limits.concurrency) return -1
  if (running + delivering >= limits.undelivered) return -1
  // A handler that returns at once runs strictly in order, so it waits for the dead letter of the record before.
  if (batch.links === null && batch.burying > 0) return -1
  return first(batch)
}

/** The attempt that begins now for a record that `next` named: 1, 2 ... */
export const attemptOf = (batch: Batch, index: number): number =>
  batch.ready.find((one) => one.index === index)?.attempt ?? 1

const bytesOf = ({ base64 }: KinesisRecord): number => {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return (base64.length / 4) * 3 - padding
}

/** The records for a batch handler to begin with now, in order; none: there are none, or it is not the time. */
export const group = (batch: Batch): ReadonlyArray<number> => {
  const lowest = next(batch)
  const { group: limit, links } = batch
  if (lowest < 0 || limit === null || links === null) return nobody
  if (batch.alone.has(lowest)) return [lowest]

  const room = Math.min(limit.count, batch.limits.undelivered - batch.running - batch.delivering)
  const members: Array<number> = []
  let free: ReadonlyArray<{ readonly index: number }> = batch.ready.filter(
    ({ index }) => !batch.alone.has(index)
  )
  let { cursor } = batch
  let bytes = 0
  while (members.length < room) {
    const fresh = links.heads[cursor]
    const ready = free[0]?.index
    const index = ready === undefined || (fresh !== undefined && fresh < ready) ? fresh : ready
    const record = index === undefined ? undefined : batch.records[index]
    if (index === undefined || record === undefined) return isWorthWaiting(batch) ? nobody : members
    bytes += bytesOf(record)
    if (members.length > 0 && bytes > limit.bytes) break
    if (index === fresh) cursor += 1
    else free = free.slice(1)
    members.push(index)
    const following = links.following[index] ?? -1
    if (following >= 0 && !batch.alone.has(following)) free = insert(free, { index: following })
  }
  return members
}

/** A group is not full, but what is at work may set more records free in time. */
const isWorthWaiting = ({ patience, attempts, retrying }: Batch): boolean =>
  patience > 0 && attempts.length + retrying.length > 0

// -- moving -----------------------------------------------------------------------------------------------------------

export const open = (
  records: ReadonlyArray<KinesisRecord>,
  limits: Limits,
  group: Group | null,
  now: number
): Batch => ({
  records,
  limits,
  group,
  prefix: 0,
  cursor: 0,
  links: group === null ? null : linksFrom(records, 0),
  ready: nobody,
  attempts: nobody,
  retrying: nobody,
  stages: Sparse.empty,
  running: 0,
  burying: 0,
  delivering: 0,
  done: 0,
  held: 0,
  alone: noIndices,
  patience: patienceFrom(group, now)
})

const patienceFrom = (group: Group | null, now: number): number =>
  group === null || group.linger === 0 ? 0 : now + group.linger

const linksFrom = (records: ReadonlyArray<KinesisRecord>, from: number): Links => {
  const following = new Int32Array(records.length).fill(-1)
  const heads: Array<number> = []
  const last = new Map<string, number>()
  for (let i = from; i < records.length; i++) {
    const key = records[i]?.partitionKey ?? ''
    const before = last.get(key)
    if (before === undefined) heads.push(i)
    else following[before] = i
    last.set(key, i)
  }
  return { heads, following }
}

const insert = <A extends { readonly index: number }>(list: ReadonlyArray<A>, one: A): ReadonlyArray<A> => {
  let at = list.length
  while (at > 0 && (list[at - 1]?.index ?? -1) > one.index) at -= 1
  return at === list.length ? [...list, one] : [...list.slice(0, at), one, ...list.slice(at)]
}

/** The next record of a plain batch is finished. */
export const pass = (batch: Batch): Batch => ({
  ...batch,
  prefix: batch.prefix + 1,
  cursor: batch.cursor + 1
})

/** The record that `next` named leaves the queue. */
const taken = (batch: Batch, index: number): Batch => {
  if (batch.ready[0]?.index === index) return { ...batch, ready: batch.ready.slice(1) }
  return head(batch) === index ? { ...batch, cursor: batch.cursor + 1 } : batch
}

/** A handler is at work on the records that `next` or `group` named. */
export const begin = (
  batch: Batch,
  indices: ReadonlyArray<number>,
  ticket: number,
  now: number,
  until: number
): Batch => {
  const attempt = Math.max(...indices.map((index) => attemptOf(batch, index)))
  let begun: Batch =
    batch.links === null ? { ...batch, links: linksFrom(batch.records, batch.cursor), cursor: 0 } : batch
  for (const index of indices) {
    const moved = taken(begun, index)
    begun = { ...moved, stages: Sparse.set(moved.stages, index, { _tag: 'Running', ticket }) }
  }
  return {
    ...begun,
    running: begun.running + indices.length,
    attempts: [...begun.attempts, { ticket, indices, left: indices.length, attempt, until }],
    patience: patienceFrom(batch.group, now)
  }
}

/** The record is in no stage any more. */
const left = (batch: Batch, index: number): Batch => {
  const stage = stageOf(batch, index)
  switch (stage?._tag) {
    case 'Running':
      return { ...batch, running: batch.running - 1, attempts: answered(batch.attempts, stage.ticket) }
    case 'Burying':
      return { ...batch, burying: batch.burying - 1 }
    case 'Delivering':
      return { ...batch, delivering: batch.delivering - 1 }
    case 'Retrying':
    case 'Done':
      return batch
    case undefined:
      return taken(batch, index)
  }
}

const answered = (attempts: ReadonlyArray<Attempt>, ticket: number): ReadonlyArray<Attempt> =>
  attempts.flatMap((one) => {
    if (one.ticket !== ticket) return [one]
    return one.left === 1 ? [] : [{ ...one, left: one.left - 1 }]
  })

/** The dead letter of a record that `next` named, or that is in another stage, is being written. */
export const bury = (batch: Batch, index: number, failure: boolean, reason: string): Batch => {
  const moved = left(batch, index)
  const stages = Sparse.set<Stage>(moved.stages, index, { _tag: 'Burying', failure, reason })
  return { ...moved, stages, burying: moved.burying + 1 }
}

/**
 * The outputs of a record that `next` named, or that was running, are under way. The next one of its key may
 * begin: the sinks keep the order of a key.
 */
export const deliver = (batch: Batch, index: number, asked: boolean): Batch => {
  const moved = left(batch, index)
  const stages = Sparse.set<Stage>(moved.stages, index, { _tag: 'Delivering', asked })
  return release({ ...moved, stages, delivering: moved.delivering + 1 }, index)
}

/** The next record of the same key may begin. */
const release = (batch: Batch, index: number): Batch => {
  const following = batch.links?.following[index] ?? -1
  if (following < 0 || stageOf(batch, following) !== undefined || isReady(batch, following)) return batch
  return { ...batch, ready: insert(batch.ready, { index: following, attempt: 1 }) }
}

const isReady = (batch: Batch, index: number): boolean => batch.ready.some((one) => one.index === index)

/**
 * An attempt failed: the first record of each of its keys runs again at the given time, and the others follow.
 * `alone`: each of them by itself.
 */
export const again = (
  batch: Batch,
  { ticket, indices }: Attempt,
  attempt: number,
  at: number,
  alone: boolean
): Batch => {
  const keys = new Set<string>()
  const unanswered = indices.filter((index) => isRunning(stageOf(batch, index), ticket))
  let { stages, retrying } = batch
  for (const index of unanswered) {
    const key = batch.records[index]?.partitionKey ?? ''
    const isFirst = !keys.has(key)
    keys.add(key)
    if (isFirst) retrying = insert(retrying, { index, attempt, at })
    stages = Sparse.set<Stage>(stages, index, isFirst ? { _tag: 'Retrying' } : undefined)
  }
  return {
    ...batch,
    stages,
    retrying,
    attempts: batch.attempts.filter((one) => one.ticket !== ticket),
    running: batch.running - unanswered.length,
    alone: alone ? new Set([...batch.alone, ...unanswered]) : batch.alone
  }
}

const isRunning = (stage: Stage | undefined, ticket: number): boolean =>
  stage?._tag === 'Running' && stage.ticket === ticket

/** A record is finished. It stays `Done` until those before it are, too: see `settle`. */
export const finish = (batch: Batch, index: number, asked: boolean, held: boolean): Batch => {
  const wasDelivering = stageOf(batch, index)?._tag === 'Delivering'
  const moved = left(batch, index)
  const stages = Sparse.set<Stage>(moved.stages, index, { _tag: 'Done', asked, held })
  const finished = { ...moved, stages, done: moved.done + 1, held: moved.held + (held ? 1 : 0) }
  return wasDelivering ? finished : release(finished, index)
}

/** Those at the end of the prefix that are done, in order: they become part of the progress now. */
export const settle = (batch: Batch): readonly [Batch, ReadonlyArray<Stage & { readonly _tag: 'Done' }>] => {
  const settled: Array<Stage & { readonly _tag: 'Done' }> = []
  for (;;) {
    const stage = stageOf(batch, batch.prefix + settled.length)
    if (stage?._tag !== 'Done') break
    settled.push(stage)
  }
  if (settled.length === 0) return [batch, nobody]
  const held = settled.filter((one) => one.held).length
  const moved = { prefix: batch.prefix + settled.length, done: batch.done - settled.length }
  return [{ ...batch, ...moved, held: batch.held - held }, settled]
}

/** A record was finished, so the failures before it were no outage. */
export const releaseHeld = (batch: Batch): Batch => {
  if (batch.held === 0) return batch
  let { stages } = batch
  for (let i = batch.prefix; i < batch.records.length; i++) {
    const stage = Sparse.get(stages, i)
    if (stage?._tag === 'Done' && stage.held) stages = Sparse.set<Stage>(stages, i, { ...stage, held: false })
  }
  return { ...batch, stages, held: 0 }
}

/** The retries that are due may begin, and a group may have waited long enough. */
export const wake = (batch: Batch, now: number): Batch => {
  const due = batch.retrying.filter(({ at }) => at <= now)
  const patience = batch.patience <= now ? 0 : batch.patience
  if (due.length === 0) return patience === batch.patience ? batch : { ...batch, patience }
  let { stages, ready } = batch
  for (const { index, attempt } of due) {
    stages = Sparse.set<Stage>(stages, index, undefined)
    ready = insert(ready, { index, attempt })
  }
  return { ...batch, stages, ready, patience, retrying: batch.retrying.filter(({ at }) => at > now) }
}
