/**
 * What a life of a session adds up to, told a second time in the plainest way: lists that only grow, no
 * arithmetic that the fold uses. The properties and the fuzzer compare what was written with it.
 */
import type * as Action from '../../src/protocol/Action'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import * as Position from '../../src/protocol/Position'
import type * as Reply from '../../src/protocol/Reply'
import type * as Session from '../../src/core/Session'
import type { Fact, What } from './Fact'
import type { Behaviour } from './Scenario'

/** A delivered record, and what has come of it. Held: dealt with, but no checkpoint may cover it yet. */
export interface Entry {
  readonly record: KinesisRecord
  is: 'waiting' | 'running' | 'delivering' | 'held' | 'finished'
}

export interface Ledger {
  /** The action without a status. */
  open: { readonly name: Action.Name; readonly what: What; readonly since: number } | null
  /** All records that were delivered, in order. */
  readonly entries: Array<Entry>
  /** Failures in a row since the last record that finished or was rejected. */
  failures: number
  /** The record whose dead letter is being written, and whether it failed. */
  burying: { readonly entry: Entry; readonly failed: boolean } | null
  /** Where a checkpoint became due last, or was asked for. */
  due: Position.Position | null
  since: number
  sinceThen: number
  acknowledged: Position.Position | 'End' | null
  inFlight: Position.Position | 'End' | null
  /** The newest request that was refused. */
  refused: Position.Position | null
  refusedInRow: number
  /** Since the last answer that was no throttling, or the last new reason to try. */
  attempts: number
  throttledAt: number
  /** When the stop, the end of the shard or the halt gives up. */
  deadline: number | null
  fenced: boolean
  draining: boolean
  halting: boolean
  ended: boolean
  exited: boolean
  begun: boolean
}

/** The ledger of a session that begins after this position. */
export const make = (from: Position.Position | null = null): Ledger => ({
  open: null,
  entries: [],
  failures: 0,
  burying: null,
  due: null,
  since: 0,
  sinceThen: 0,
  acknowledged: from,
  inFlight: null,
  refused: null,
  refusedInRow: 0,
  attempts: 0,
  throttledAt: 0,
  deadline: null,
  fenced: false,
  draining: false,
  halting: false,
  ended: false,
  exited: false,
  begun: false
})

/** The finished prefix. */
export const prefix = ({ entries }: Ledger): ReadonlyArray<KinesisRecord> => {
  const end = entries.findIndex(({ is }) => is !== 'finished')
  return entries.slice(0, end < 0 ? entries.length : end).map(({ record }) => record)
}

/** The last record of the finished prefix. */
export const watermark = (ledger: Ledger): KinesisRecord | null => prefix(ledger).at(-1) ?? null

const isDealtWith = ({ is }: Entry): boolean => is === 'held' || is === 'finished'

/** Records that are dealt with. */
export const resolved = ({ entries }: Ledger): ReadonlyArray<KinesisRecord> =>
  entries.filter(isDealtWith).map(({ record }) => record)

/** Whether every record that was delivered is dealt with. */
export const isSettled = ({ entries }: Ledger): boolean => entries.every(isDealtWith)

export const held = ({ entries }: Ledger): ReadonlyArray<Entry> => entries.filter(({ is }) => is === 'held')

export const isAtOrBelow = (a: Position.Position, b: Position.Position): boolean =>
  Position.compare(a, b) <= 0

/** Records that are dealt with and that the last acknowledged checkpoint does not cover. */
export const uncovered = (ledger: Ledger): ReadonlyArray<KinesisRecord> => {
  const { acknowledged } = ledger
  return acknowledged === 'End'
    ? []
    : resolved(ledger).filter((record) => acknowledged === null || !isAtOrBelow(record, acknowledged))
}

const count = (
  env: Session.Env,
  ledger: Ledger,
  record: KinesisRecord,
  asked: boolean,
  now: number
): void => {
  const { interval, count: records, manual } = env.policy
  ledger.sinceThen += 1
  const due =
    (asked && manual) ||
    (records !== 0 && ledger.sinceThen >= records) ||
    (interval !== 0 && now - ledger.since >= interval)
  if (due) isDue(ledger, record, now)
}

const isDue = (ledger: Ledger, at: Position.Position, now: number): void => {
  ledger.due = at
  ledger.since = now
  ledger.sinceThen = 0
}

const finish = (env: Session.Env, ledger: Ledger, entry: Entry, asked: boolean, now: number): void => {
  const run = held(ledger)
  ledger.failures = 0
  for (const one of [...run, entry]) one.is = 'finished'
  for (const { record } of run) count(env, ledger, record, false, now)
  count(env, ledger, entry.record, asked, now)
  passOn(ledger)
}

const setAside = (env: Session.Env, ledger: Ledger, entry: Entry, failed: boolean, now: number): void => {
  if (env.badRelease === 0 && (!failed || env.breaker === 0)) return finish(env, ledger, entry, false, now)
  entry.is = 'held'
  ledger.failures = failed ? ledger.failures + 1 : 0
  passOn(ledger)
}

/** A draining session takes the watermark once nothing is under way. */
const passOn = (ledger: Ledger): void => {
  if (ledger.draining && ledger.open?.what === 'batch' && ledger.burying === null)
    ledger.due = watermark(ledger) ?? ledger.due
}

const halt = (env: Session.Env, ledger: Ledger, now: number): void => {
  if (ledger.halting) return
  ledger.halting = true
  ledger.burying = null
  ledger.due = watermark(ledger) ?? ledger.due
  ledger.deadline = now + env.shutdownDeadline
  ledger.attempts = 0
}

const isFailure = (as: Behaviour): boolean => as === 'throw' || as === 'garbage' || as === 'promise'

const ran = (env: Session.Env, ledger: Ledger, as: Behaviour | 'emit', now: number): void => {
  const entry = ledger.entries.find(({ is }) => is === 'waiting')
  if (entry === undefined) return
  entry.is = as === 'emit' ? 'delivering' : 'running'
  if (as === 'emit') return
  const failed = isFailure(as)
  if (!failed && as !== 'reject' && as !== 'halt')
    return finish(env, ledger, entry, as === 'checkpoint' || as === 'true', now)
  const isOutage = failed && env.breaker > 0 && ledger.failures + 1 >= env.breaker
  const isBadRelease = env.badRelease > 0 && held(ledger).length + 1 >= env.badRelease
  if (as === 'halt' || isOutage || isBadRelease || env.onFailure === 'halt') return halt(env, ledger, now)
  if (env.onFailure === 'skip') return setAside(env, ledger, entry, failed, now)
  ledger.burying = { entry, failed }
}

/** The sinks have acknowledged the outputs of a record. */
const delivered = (env: Session.Env, ledger: Ledger, at: Position.Position, now: number): void => {
  const entry = ledger.entries.find(
    ({ is, record }) => is === 'delivering' && Position.compare(record, at) === 0
  )
  if (entry !== undefined && !ledger.fenced && !ledger.halting && !ledger.exited)
    finish(env, ledger, entry, false, now)
}

const said = (env: Session.Env, ledger: Ledger, fact: Extract<Fact, { _tag: 'Said' }>): void => {
  ledger.open = { name: fact.name, what: fact.what, since: fact.now }
  ledger.entries.push(...fact.records.map((record): Entry => ({ record, is: 'waiting' })))
  if (fact.what === 'start') {
    ledger.begun = true
    ledger.since = fact.now
  }
  if (ledger.fenced) return
  const mark = watermark(ledger)
  if (fact.what === 'stop') {
    ledger.deadline = fact.now + env.shutdownDeadline
    ledger.attempts = 0
    if (env.onShutdown) ledger.due = mark ?? ledger.due
  }
  if (fact.what === 'end') {
    ledger.deadline = fact.now + env.shardEndDeadline
    ledger.attempts = 0
  }
  if (fact.what === 'lost') ledger.due = null
  if (fact.what !== 'batch') return
  const { interval } = env.policy
  const idle = fact.records.length === 0 && !ledger.draining
  if (idle && mark !== null && interval !== 0 && fact.now - ledger.since >= interval)
    isDue(ledger, mark, fact.now)
  passOn(ledger)
}

const REFUSALS = ['IllegalArgumentException', 'InvalidStateException', 'NullPointerException']

const answered = (ledger: Ledger, error: string | null, now: number): void => {
  const { inFlight } = ledger
  ledger.inFlight = null
  if (error === null) {
    ledger.acknowledged = inFlight
    ledger.attempts = 0
    ledger.refusedInRow = 0
  } else if (error === 'ShutdownException') {
    ledger.fenced = true
    ledger.due = null
    ledger.burying = null
  } else if (REFUSALS.includes(error)) {
    ledger.refused = inFlight === 'End' ? ledger.refused : inFlight
    ledger.refusedInRow += 1
  } else {
    ledger.attempts += 1
    ledger.throttledAt = now
  }
}

const wrote = (ledger: Ledger, reply: Reply.Reply): void => {
  if (reply._tag === 'Checkpoint') {
    const { sequenceNumber, subSequenceNumber } = reply
    ledger.inFlight = sequenceNumber === null ? 'End' : Position.make(sequenceNumber, subSequenceNumber ?? 0)
    return
  }
  const { open } = ledger
  ledger.ended ||= open?.what === 'end' || open?.what === 'lost'
  // A stop that gave up asks for its checkpoint no more.
  if (open?.what === 'stop' && ledger.attempts > 0) ledger.due = null
  ledger.deadline = null
  ledger.open = null
}

/** One more fact. */
export const enter = (env: Session.Env, ledger: Ledger, fact: Fact): void => {
  switch (fact._tag) {
    case 'Said':
      return said(env, ledger, fact)
    case 'Ran':
      return ran(env, ledger, fact.as, fact.now)
    case 'Delivered':
      return delivered(env, ledger, fact.record, fact.now)
    case 'Buried': {
      const { burying } = ledger
      // A fenced or halting session waits for no letter: the record is not dealt with, and comes again.
      if (burying === null) return
      ledger.burying = null
      return fact.ok
        ? setAside(env, ledger, burying.entry, burying.failed, fact.now)
        : halt(env, ledger, fact.now)
    }
    case 'Answered':
      return answered(ledger, fact.error, fact.now)
    case 'Drained':
      ledger.draining = true
      return passOn(ledger)
    case 'Crashed':
      return halt(env, ledger, fact.now)
    case 'Wrote':
      return wrote(ledger, fact.reply)
    case 'Exited':
      ledger.exited = true
      return
    case 'Ticked':
    case 'Closed':
    case 'Stray':
    case 'Garbage':
    case 'Burying':
    case 'Waits':
    case 'Counted':
    case 'Killed':
    case 'Stuck':
      return
  }
}
