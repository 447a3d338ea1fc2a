/**
 * The records of one open batch, and where each of them is: not begun, running, waiting to be retried, its dead
 * letter being written, its outputs being delivered, or finished.
 *
 * Records of one partition key run strictly one after the other; those of different keys may run at the same
 * time. What is finished moves into the shard's progress in the shard's order, as its longest finished prefix.
 */
import type { KinesisRecord } from './KinesisRecord'

export type Stage =
  /** Its handler is at work: this attempt (1, 2 ...), known by its ticket, must end by `until`. */
  | { readonly _tag: 'Running'; readonly ticket: number; readonly attempt: number; readonly until: number }
  /** It failed and runs again at the given time. */
  | { readonly _tag: 'Retrying'; readonly attempt: number; readonly at: number }
  /** Its dead letter is being written. */
  | { readonly _tag: 'Burying'; readonly failure: boolean; readonly reason: string }
  /** Its outputs are on the way to their sinks. */
  | { readonly _tag: 'Delivering'; readonly asked: boolean }

export interface Active {
  readonly index: number
  readonly stage: Stage
}

/** Finished, but a record before it is not. */
export interface Done {
  readonly index: number
  readonly asked: boolean
  /** A failure of a run that may be an outage: see Progress. */
  readonly held: boolean
}

/** May begin at any time: the first of its key, one whose forerunner is finished, or a retry that is due. */
export interface Ready {
  readonly index: number
  readonly attempt: number
}

/** Who comes after whom: computed once for a batch, and only when a handler turns out to be an effect. */
export interface Links {
  /** The first record of each key, in order. */
  readonly heads: ReadonlyArray<number>
  /** For each record the next one of the same key, or -1. */
  readonly following: Int32Array
}

export interface Limits {
  /** Handlers at work at the same time. */
  readonly concurrency: number
  /** Records whose outputs are on the way at the same time. */
  readonly undelivered: number
}

export interface Batch {
  readonly records: ReadonlyArray<KinesisRecord>
  readonly limits: Limits
  /** Every record below it is finished and part of the shard's progress. */
  readonly prefix: number
  /** Without links: the next record to begin. With links: the place of the next one in `heads`. */
  readonly cursor: number
  readonly links: Links | null
  readonly ready: ReadonlyArray<Ready>
  readonly active: ReadonlyArray<Active>
  readonly done: ReadonlyArray<Done>
}

const nobody: ReadonlyArray<never> = Object.freeze([])

export const open = (records: ReadonlyArray<KinesisRecord>, limits: Limits): Batch => ({
  records,
  limits,
  prefix: 0,
  cursor: 0,
  links: null,
  ready: nobody,
  active: nobody,
  done: nobody
})

export const isFinished = (batch: Batch): boolean => batch.prefix === batch.records.length

export const stageOf = (batch: Batch, index: number): Stage | undefined =>
  batch.active.find((one) => one.index === index)?.stage

const count = (batch: Batch, tag: Stage['_tag']): number => {
  let found = 0
  for (const { stage } of batch.active) if (stage._tag === tag) found += 1
  return found
}

export const running = (batch: Batch): number => count(batch, 'Running')
export const delivering = (batch: Batch): number => count(batch, 'Delivering')

const head = (batch: Batch): number => {
  if (batch.links === null) return batch.cursor < batch.records.length ? batch.cursor : -1
  return batch.links.heads[batch.cursor] ?? -1
}

/** The record to begin now, or -1. The lowest one first: it is what the checkpoint waits for. */
export const next = (batch: Batch): number => {
  if (batch.active.length > 0) {
    if (running(batch) >= batch.limits.concurrency) return -1
    if (delivering(batch) >= batch.limits.undelivered) return -1
    // A pure handler runs strictly in order, so it waits for the dead letter of the record before.
    if (batch.links === null && count(batch, 'Burying') > 0) return -1
  }
  const first = head(batch)
  const ready = batch.ready[0]
  return ready !== undefined && (first < 0 || ready.index < first) ? ready.index : first
}

const insert = <A extends { readonly index: number }>(list: ReadonlyArray<A>, one: A): ReadonlyArray<A> => {
  let at = list.length
  while (at > 0 && (list[at - 1]?.index ?? -1) > one.index) at -= 1
  return at === list.length ? [...list, one] : [...list.slice(0, at), one, ...list.slice(at)]
}

const without = <A extends { readonly index: number }>(
  list: ReadonlyArray<A>,
  index: number
): ReadonlyArray<A> => (list.length === 0 ? list : list.filter((one) => one.index !== index))

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

/** The attempt that begins now for a record that `next` named. */
export const attemptOf = (batch: Batch, index: number): number =>
  batch.ready.find((one) => one.index === index)?.attempt ?? 1

/** The record that `next` named leaves the queue. */
const taken = (batch: Batch, index: number): Batch =>
  batch.ready[0]?.index === index
    ? { ...batch, ready: batch.ready.slice(1) }
    : { ...batch, cursor: batch.cursor + 1 }

/** The handler of the record that `next` named is an effect, and at work. */
export const begin = (batch: Batch, index: number, ticket: number, until: number): Batch => {
  const attempt = attemptOf(batch, index)
  const linked =
    batch.links === null ? { ...batch, links: linksFrom(batch.records, index), cursor: 0 } : batch
  return {
    ...taken(linked, index),
    active: insert(batch.active, { index, stage: { _tag: 'Running', ticket, attempt, until } })
  }
}

/** A record that `next` named, or that is running, is in another stage now. */
export const enter = (batch: Batch, index: number, stage: Stage): Batch => {
  const before = stageOf(batch, index)
  const moved = before === undefined ? taken(batch, index) : batch
  const entered = { ...moved, active: insert(without(moved.active, index), { index, stage }) }
  // A record whose outputs are under way has been run: the next one of its key may begin, and its outputs
  // follow in the sinks' order.
  return stage._tag === 'Delivering' ? release(entered, index) : entered
}

/** The next record of the same key may begin. */
const release = (batch: Batch, index: number): Batch => {
  const following = batch.links?.following[index] ?? -1
  return following < 0 ? batch : { ...batch, ready: insert(batch.ready, { index: following, attempt: 1 }) }
}

/** A record is finished. It stays in `done` until those before it are, too: see `settled`. */
export const finish = (batch: Batch, index: number, asked: boolean, held: boolean): Batch => {
  const before = stageOf(batch, index)
  const left = before === undefined ? taken(batch, index) : { ...batch, active: without(batch.active, index) }
  const released = before?._tag === 'Delivering' ? left : release(left, index)
  return { ...released, done: insert(batch.done, { index, asked, held }) }
}

/** Those at the end of the prefix that are finished, in order: they become part of the progress now. */
export const settle = (batch: Batch): readonly [Batch, ReadonlyArray<Done>] => {
  let n = 0
  while (batch.done[n]?.index === batch.prefix + n) n += 1
  return n === 0
    ? [batch, nobody]
    : [{ ...batch, prefix: batch.prefix + n, done: batch.done.slice(n) }, batch.done.slice(0, n)]
}

/** Whether the batch is run strictly in order and nothing of it is open: then `pass` is all there is to do. */
export const isPlain = (batch: Batch): boolean =>
  batch.links === null && batch.active.length === 0 && batch.done.length === 0

/** The next record of a plain batch is finished. */
export const pass = (batch: Batch): Batch => ({
  ...batch,
  prefix: batch.prefix + 1,
  cursor: batch.cursor + 1
})

/** A record was finished, so the failures before it were no outage. */
export const releaseHeld = (batch: Batch): Batch =>
  batch.done.some((one) => one.held)
    ? { ...batch, done: batch.done.map((one) => (one.held ? { ...one, held: false } : one)) }
    : batch

/** The retries that are due may begin. */
export const wake = (batch: Batch, now: number): Batch => {
  let { active, ready } = batch
  for (const { index, stage } of batch.active) {
    if (stage._tag !== 'Retrying' || stage.at > now) continue
    active = without(active, index)
    ready = insert(ready, { index, attempt: stage.attempt })
  }
  return active === batch.active ? batch : { ...batch, active, ready }
}

/** The attempts whose deadline has passed. */
export const late = (batch: Batch, now: number): ReadonlyArray<number> =>
  batch.active.filter(({ stage }) => stage._tag === 'Running' && stage.until <= now).map(({ index }) => index)

/** The tickets of the attempts at work. */
export const tickets = (batch: Batch): ReadonlyArray<number> =>
  batch.active.flatMap(({ stage }) => (stage._tag === 'Running' ? [stage.ticket] : []))

/** Nothing is at work: no handler, no dead letter, no delivery. A retry to come is not at work. */
export const isIdle = (batch: Batch): boolean => batch.active.every(({ stage }) => stage._tag === 'Retrying')

/** Records that are not run to their end. */
export const unfinished = (batch: Batch): number => batch.records.length - batch.prefix - batch.done.length

/** When to look again: the earliest retry or deadline; Infinity when there is none. */
export const alarm = (batch: Batch): number => {
  let at = Infinity
  for (const { stage } of batch.active) {
    if (stage._tag === 'Retrying') at = Math.min(at, stage.at)
    if (stage._tag === 'Running') at = Math.min(at, stage.until)
  }
  return at
}
