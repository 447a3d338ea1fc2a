/** Given what has happened, when something more happens, then these are the effects: the fold in a test's words. */
import * as assert from 'node:assert/strict'
import * as Action from '../../src/protocol/Action'
import * as Effect from '../../src/core/Effect'
import * as Failure from '../../src/core/Failure'
import * as Input from '../../src/core/Input'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import type { Position } from '../../src/protocol/Position'
import * as Reply from '../../src/protocol/Reply'
import * as Session from '../../src/core/Session'
import { records } from '../../src/testing/Records'

/** Nothing is due by itself, and nothing trips: each test names the rule that it is about. */
export const quiet: Session.Env = {
  policy: { interval: 0, count: 0, manual: true },
  onShutdown: true,
  shutdownDeadline: 8_000,
  shardEndDeadline: 300_000,
  onFailure: 'dead-letter',
  breaker: 0,
  badRelease: 0,
  retries: 0,
  backoff: 500,
  deadline: 30_000,
  group: null,
  limits: { concurrency: 1, undelivered: 1000 },
  handlerName: './handler.js',
  handlerVersion: 'v7'
}

export interface Given {
  /** The effects of the last of these inputs, of those before it none. */
  readonly when: (...inputs: ReadonlyArray<Input.Input>) => When
}

export interface When {
  readonly gives: (...expected: ReadonlyArray<Effect.Effect>) => When
  readonly and: (...inputs: ReadonlyArray<Input.Input>) => When
  readonly state: Session.State
}

const when = (step: ReturnType<typeof Session.step>, from: Session.State): Given['when'] => {
  return (...inputs) => {
    let state = from
    let last = Effect.none
    for (const input of inputs) [state, last] = step(state, input)
    const result: When = {
      gives: (...expected) => {
        assert.deepStrictEqual(last, expected)
        return result
      },
      and: when(step, state),
      state
    }
    return result
  }
}

/** A session that has seen these inputs, under `quiet` but for what is given first. */
export const given = (env: Partial<Session.Env>, ...inputs: ReadonlyArray<Input.Input>): Given => {
  const step = Session.step({ ...quiet, ...env })
  return {
    when: when(
      step,
      inputs.reduce((state, input) => step(state, input)[0], Session.initial)
    )
  }
}

// --- inputs; the time is 0 unless told, the randomness always a half ---

export const hears = (action: Action.Action, now = 0): Input.Input => Input.received(action, now, 0.5)
export const starts: Input.Input = hears(Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0))
export const r: ReadonlyArray<KinesisRecord> = records(20)
export const at = (index: number): KinesisRecord => {
  const record = r[index]
  if (record === undefined) throw new RangeError(`there is no record ${index}`)
  return record
}
/** Delivers the records from `first` to before `end`. */
export const delivers = (first: number, end: number, now = 0): Input.Input =>
  hears(Action.processRecords(r.slice(first, end), 0), now)
export const empty = (now: number): Input.Input => hears(Action.processRecords([], 0), now)
export const acks = (index: number, now = 0): Input.Input =>
  Input.handled(index, { _tag: 'Ack', outputs: [] }, now)
export const asks = (index: number, now = 0): Input.Input => Input.handled(index, true, now)
export const says = (index: number, value: unknown, now = 0): Input.Input => Input.handled(index, value, now)
export const oops = Failure.make('RangeError', 'oops', 'RangeError: oops\n    at handler')
export const throws = (index: number, now = 0): Input.Input => Input.threw(index, oops, now)
export const buries = (index: number, now = 0): Input.Input => Input.buried(index, null, now)
export const answers = (position: Position | null, error: string | null, now = 0): Input.Input =>
  hears(
    Action.checkpointed(position?.sequenceNumber ?? null, position?.subSequenceNumber ?? null, error),
    now
  )
export const stops = (now = 0): Input.Input => hears(Action.shutdownRequested, now)
export const ends = (now = 0): Input.Input => hears(Action.shardEnded, now)
export const loses: Input.Input = hears(Action.leaseLost)

// --- effects ---

export const status = (name: Action.Name): Effect.Effect => Effect.write(Reply.status(name))
export const done: Effect.Effect = status('processRecords')
export const checkpoint = (position: Position | null): Effect.Effect =>
  Effect.write(Reply.checkpoint(position))
export const { exit, wait, log } = Effect

export const place = (record: KinesisRecord): Effect.LogFields => ({
  sequenceNumber: record.sequenceNumber,
  subSequenceNumber: record.subSequenceNumber,
  partitionKey: record.partitionKey
})

const shown = (position: Position | null): string =>
  position === null ? 'SHARD_END' : `${position.sequenceNumber}/${position.subSequenceNumber}`

/** The fields that a failed checkpoint is logged with. */
export const about = (
  error: string,
  requested: Position | null,
  acknowledged: Position | 'none' = 'none'
) => ({
  error,
  requested: shown(requested),
  acknowledged: acknowledged === 'none' ? 'none' : shown(acknowledged)
})

export const again = (error: string, requested: Position | null, acknowledged?: Position): Effect.Effect =>
  log('warn', 'checkpoint failed and will be tried again', about(error, requested, acknowledged))
export const fencedOff = (requested: Position | null, acknowledged?: Position): Effect.Effect =>
  log(
    'warn',
    'another worker has the lease; waiting for the daemon to end this shard',
    about('ShutdownException', requested, acknowledged)
  )
export const dropped = (error: string, requested: Position | null, acknowledged?: Position): Effect.Effect =>
  log('error', 'checkpoint refused and dropped', about(error, requested, acknowledged))
/** Another batch or action while one is open, a record that nobody asked for. */
export const stray = (action: string, open: string | null): Effect.Effect =>
  log('error', `the daemon sent ${action} out of turn`, { open })

export const letter = (record: KinesisRecord, reason: string, error: Failure.Failure | null) => ({
  shardId: record.shardId,
  sequenceNumber: record.sequenceNumber,
  subSequenceNumber: record.subSequenceNumber,
  partitionKey: record.partitionKey,
  approximateArrivalTimestamp: record.approximateArrivalTimestamp,
  data: record.base64,
  reason,
  error,
  handlerVersion: 'v7'
})
export const bury = Effect.bury
export const becameLetter = (record: KinesisRecord, reason: string): Effect.Effect =>
  log('warn', 'record became a dead letter', { ...place(record), reason })
