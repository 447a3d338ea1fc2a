/**
 * What a life of a session adds up to, told a second time in the plainest way: lists that only grow, no
 * arithmetic that the fold uses. The properties compare what was written with it.
 */
import type * as Action from '../../src/protocol/Action'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import * as Position from '../../src/protocol/Position'
import type * as Reply from '../../src/protocol/Reply'
import type * as Session from '../../src/core/Session'
import type { Fact, What } from './Fact'
import type { Behaviour } from './Scenario'

export interface Ledger {
  /** The action without a status. */
  open: { readonly name: Action.Name; readonly what: What; readonly since: number } | null
  /** Records that are dealt with, in the order in which they were. */
  readonly resolved: Array<KinesisRecord>
  /** The tail of `resolved` that no checkpoint may cover yet: failures in a row, and rejects where they are held too. */
  held: number
  /** Failures in a row since the last record that finished or was rejected. */
  failures: number
  /** The record whose dead letter is being written, and whether it failed. */
  burying: { readonly failed: boolean } | null
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

export const make = (): Ledger => ({
  open: null,
  resolved: [],
  held: 0,
  failures: 0,
  burying: null,
  due: null,
  since: 0,
  sinceThen: 0,
  acknowledged: null,
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

/** The last record of the finished prefix. */
export const watermark = (ledger: Ledger): KinesisRecord | null =>
  ledger.resolved[ledger.resolved.length - ledger.held - 1] ?? null

export const isAtOrBelow = (a: Position.Position, b: Position.Position): boolean =>
  Position.compare(a, b) <= 0

/** Records that are dealt with and that the last acknowledged checkpoint does not cover. */
export const uncovered = ({ resolved, acknowledged }: Ledger): ReadonlyArray<KinesisRecord> =>
  acknowledged === 'End'
    ? []
    : resolved.filter((record) => acknowledged === null || !isAtOrBelow(record, acknowledged))

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

const finish = (
  env: Session.Env,
  ledger: Ledger,
  record: KinesisRecord,
  asked: boolean,
  now: number
): void => {
  const run = ledger.resolved.slice(ledger.resolved.length - ledger.held)
  ledger.held = 0
  ledger.failures = 0
  ledger.resolved.push(record)
  for (const one of run) count(env, ledger, one, false, now)
  count(env, ledger, record, asked, now)
  passOn(ledger)
}

const setAside = (
  env: Session.Env,
  ledger: Ledger,
  record: KinesisRecord,
  failed: boolean,
  now: number
): void => {
  if (env.badRelease === 0 && (!failed || env.breaker === 0)) return finish(env, ledger, record, false, now)
  ledger.resolved.push(record)
  ledger.held += 1
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

const ran = (env: Session.Env, ledger: Ledger, record: KinesisRecord, as: Behaviour, now: number): void => {
  const failed = isFailure(as)
  if (!failed && as !== 'reject' && as !== 'halt')
    return finish(env, ledger, record, as === 'checkpoint' || as === 'true', now)
  const isOutage = failed && env.breaker > 0 && ledger.failures + 1 >= env.breaker
  const isBadRelease = env.badRelease > 0 && ledger.held + 1 >= env.badRelease
  if (as === 'halt' || isOutage || isBadRelease || env.onFailure === 'halt') return halt(env, ledger, now)
  if (env.onFailure === 'skip') return setAside(env, ledger, record, failed, now)
  ledger.burying = { failed }
}

const said = (env: Session.Env, ledger: Ledger, fact: Extract<Fact, { _tag: 'Said' }>): void => {
  ledger.open = { name: fact.name, what: fact.what, since: fact.now }
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
      return ran(env, ledger, fact.record, fact.as, fact.now)
    case 'Buried': {
      const { burying } = ledger
      // A fenced or halting session waits for no letter: the record is not dealt with, and comes again.
      if (burying === null) return
      ledger.burying = null
      return fact.ok
        ? setAside(env, ledger, fact.record, burying.failed, fact.now)
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
