/** Makes recordings for tests: of entries, or of a session that is played with a script. */
import * as Decision from '../../src/core/Decision'
import type * as Effect from '../../src/core/Effect'
import * as Input from '../../src/core/Input'
import * as Session from '../../src/core/Session'
import * as Encoder from '../../src/lab/Encoder'
import * as Hash from '../../src/lab/Hash'
import * as Part from '../../src/lab/Part'
import * as Recording from '../../src/lab/Recording'
import * as Action from '../../src/protocol/Action'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import { quiet } from '../core/Given'

export const ENV: Session.Env = {
  ...quiet,
  policy: { interval: 60_000, count: 0, manual: true },
  breaker: 20,
  retries: 3
}

export const HEADER: Recording.Header = {
  format: Recording.FORMAT,
  version: Recording.VERSION,
  kclts: '0.1.0',
  inputs: Input.VERSION,
  application: 'order-consumer',
  stream: 'orders',
  shard: 'shardId-000000000000',
  life: '20261130T020000000Z-1',
  part: 0,
  started: { wall: 1_700_000_000_000, monotonic: 1_000 },
  from: null,
  handler: { file: './handler.js', version: null, hash: null },
  env: ENV,
  data: 'full',
  masked: false,
  sampling: 1
}

/** Writes one part of a life, as the recorder does; gives the name of the file. Without `Closed` at the end it is cut. */
export const write = (
  folder: string,
  header: Partial<Recording.Header>,
  entries: ReadonlyArray<Recording.Entry>
): string => {
  const whole = { ...HEADER, ...header }
  const part = Part.create(folder, whole)
  const encoder = Encoder.make({ data: whole.data, hash: Hash.plain }, part.append)
  for (const entry of entries) encoder.take(entry)
  encoder.flush()
  part.flush()
  part.abandon()
  return part.file
}

/** What happens to a session that is played: a batch, the daemon's answer to a checkpoint, or any other input. */
export type Move =
  { readonly records: ReadonlyArray<KinesisRecord>; readonly now: number } | { readonly input: Input.Input }

export interface Play {
  readonly env?: Session.Env
  /** A pure handler. */
  readonly handler?: (record: KinesisRecord) => unknown
  readonly header?: Partial<Recording.Header>
  readonly moves: ReadonlyArray<Move>
}

/**
 * Entries of a session that the moves are made to, after an `initialize`: its handler runs at once, sinks and disks take
 * everything, and the daemon stores each checkpoint before the next move.
 */
export const played = ({
  env = ENV,
  handler = () => Decision.ack(),
  moves
}: Play): ReadonlyArray<Recording.Entry> => {
  const entries: Array<Recording.Entry> = []
  const step = Session.step(env)
  let state = Session.initial
  let now = HEADER.started.monotonic
  const waiting: Array<Input.Input> = []

  const perform = (effect: Effect.Effect): void => {
    if (effect._tag === 'Write') {
      entries.push(Recording.wrote(effect.reply))
      if (effect.reply._tag === 'Checkpoint') {
        const { sequenceNumber, subSequenceNumber } = effect.reply
        waiting.push(Input.received(Action.checkpointed(sequenceNumber, subSequenceNumber, null), now, 0.5))
      }
    }
    if (effect._tag === 'Bury') waiting.push(Input.buried(effect.index, null, now))
    if (effect._tag === 'Deliver') waiting.push(Input.delivered([effect.index], now))
  }
  const feed = (input: Input.Input): void => {
    entries.push(Recording.took(input))
    const [following, effects] = step(state, input)
    state = following
    effects.forEach(perform)
  }
  const settle = (): void => {
    for (;;) {
      const input = waiting.shift()
      const index = Session.next(state)
      const record = index < 0 ? undefined : state.batch?.records.at(index)
      if (input !== undefined) feed(input)
      else if (record !== undefined) feed(Input.handled(index, handler(record), now))
      else return
    }
  }

  feed(Input.received(Action.initialize(HEADER.shard, 'TRIM_HORIZON', 0), now, 0.5))
  for (const move of moves) {
    if ('input' in move) feed(move.input)
    else {
      now = move.now
      feed(Input.received(Action.processRecords(move.records, 0), now, 0.5))
    }
    settle()
  }
  return [...entries, Recording.closed(true, 0, null)]
}

/** Writes the recording of a session that is played; gives the name of the file. */
export const play = (folder: string, script: Play): string =>
  write(folder, { ...script.header, env: script.env ?? ENV }, played(script))
