/** What the host makes of a thread that ended, or stood still: the records that may have done it are remembered. */
import * as E from 'fp-ts/Either'
import type { Level, LogFields } from '../core/Effect'
import * as Position from '../protocol/Position'
import * as Clock from '../run/Clock'
import * as Quarantine from './Quarantine'
import * as QuarantineFile from './QuarantineFile'

export interface Options {
  readonly quarantineFile: string
  /** Left out: its name is not known. */
  readonly stream?: string | undefined
  readonly log: (level: Level, message: string, fields: LogFields) => void
}

/** Remembers the records before the daemon ends, which brings them again. */
export const remember = (
  { quarantineFile, stream = '', log }: Options,
  calls: ReadonlyArray<Quarantine.Call>,
  how: Quarantine.How
): void => {
  const now = Clock.wall()
  const added = QuarantineFile.remember(quarantineFile, Quarantine.events(calls, stream, how, now), now)
  if (E.isLeft(added)) log('error', `the next run will end at the same records: ${added.left}`, {})
}

/** A checkpoint covers records that were remembered: they do not come again. */
export const cover = (
  { quarantineFile, stream = '', log }: Options,
  shardId: string,
  position: Position.Position
): void => {
  const time = Clock.wall()
  const event = { _tag: 'Covered', stream, shardId, position, time } as const
  const covered = QuarantineFile.remember(quarantineFile, [event], time)
  if (E.isLeft(covered)) log('warn', covered.left, {})
}

const PARTS: Readonly<Record<Quarantine.Part, string>> = {
  handler: 'the handler',
  outputs: 'a codec or sink of outputs',
  letter: 'the sink of dead letters'
}

const NAMED = 3

const nameOf = ({ shardId, from, to }: Quarantine.Call): string =>
  Quarantine.isOne({ from, to })
    ? `the record ${Position.show(from)} of ${shardId}`
    : `the records ${Position.show(from)} to ${Position.show(to)} of ${shardId}`

const namesOf = (calls: ReadonlyArray<Quarantine.Call>): string =>
  calls.length <= NAMED
    ? calls.map(nameOf).join(', ')
    : `${calls.slice(0, NAMED).map(nameOf).join(', ')} and ${calls.length - NAMED} more`

const partOf = (calls: ReadonlyArray<Quarantine.Call>): string => {
  const parts = new Set(calls.map(({ part }) => PARTS[part]))
  return parts.size === 1 ? ([...parts][0] ?? '') : 'user code'
}

/** What happens to these records when they come again, in words that follow a semicolon. */
const next = (calls: ReadonlyArray<Quarantine.Call>): string => {
  const [call] = calls
  if (call !== undefined && calls.length === 1 && call.isAlone && Quarantine.isOne(call))
    return 'this happened before, so when the record comes again, it goes to the failure policy and the handler is not called'
  return calls.length === 1 && call !== undefined && Quarantine.isOne(call)
    ? 'when the record comes again, it runs alone; if this happens again, the record is to blame'
    : 'when the records come again, each runs alone; if this happens again, that record is to blame'
}

export const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

export const stoodStill = (ms: number, calls: ReadonlyArray<Quarantine.Call>, isRunning: boolean): string => {
  if (calls.length === 0)
    return (
      `user code has held up its thread for ${seconds(ms)}, while no record was in progress: ` +
      'in code that the module runs by itself, or that a record left behind; the record is not known'
    )
  const who = partOf(calls)
  return isRunning
    ? `${who} has not returned for ${seconds(ms)} from ${namesOf(calls)}; ${next(calls)}`
    : `user code has held up its thread for ${seconds(ms)} after an await, while ${who} was at work on ${namesOf(calls)}; ${next(calls)}`
}

/** `ms`: how long ago the session ended. */
export const lingered = (ms: number, calls: ReadonlyArray<Quarantine.Call>): string =>
  calls.length === 0
    ? `a handler still runs ${seconds(ms)} after the session of its shard has ended`
    : `${partOf(calls)} still runs ${seconds(ms)} after the session of its shard has ended, on ${namesOf(calls)}; ${next(calls)}`

export const ended = (reason: string, calls: ReadonlyArray<Quarantine.Call>): string =>
  calls.length === 0
    ? reason
    : `${reason}, while ${partOf(calls)} was at work on ${namesOf(calls)}; ${next(calls)}`

/** The shard of the calls; null: there is no call, or they are of several shards. */
export const shardOf = (calls: ReadonlyArray<Quarantine.Call>): string | null => {
  const [shardId = null, ...others] = new Set(calls.map((call) => call.shardId))
  return others.length === 0 ? shardId : null
}
