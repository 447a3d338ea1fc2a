/** A session that is recorded without a second thread: its tape, and the writer of its life. */
import * as Input from '../../src/core/Input'
import * as Session from '../../src/core/Session'
import * as Hash from '../../src/lab/Hash'
import { LifeWriter, type Settings } from '../../src/lab/LifeWriter'
import type * as Order from '../../src/lab/Order'
import * as Tape from '../../src/lab/Tape'
import * as Action from '../../src/protocol/Action'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import type { Observe } from '../../src/run/Meter'
import { HEADER } from './Recordings'

export interface Rig {
  readonly observe: Observe
  /** As if the queue had room for nothing. */
  readonly block: (isBlocked: boolean) => void
  /** From now on what is to be done when the event loop turns waits for `turn`. */
  readonly hold: () => void
  readonly turn: () => void
  /** Milliseconds of the clock of the thread that writes. */
  readonly spend: (millis: number) => void
  readonly problems: ReadonlyArray<string>
  readonly flush: () => void
  /** Sessions that have a batch in progress, as the thread that writes sees it. */
  readonly busy: () => number
}

export const make = (folder: string, settings: Partial<Settings> = {}): Rig => {
  const problems: Array<string> = []
  let isBlocked = false
  let now = 1_000
  let busy = 0
  let turns: Array<() => void> | null = null
  let writer: LifeWriter | null = null
  const { shard, life, started } = HEADER
  const whole: Settings = {
    folder,
    header: HEADER,
    mask: null,
    hash: Hash.plain,
    hashOutput: Hash.plain,
    partSize: 1e9,
    onPart: () => undefined,
    onProblem: (problem) => problems.push(problem),
    now: () => now,
    ...settings
  }
  const obey = (order: Order.OfSession): void => {
    if (order._tag === 'Opened') writer = new LifeWriter(whole, { ...order, shard, life })
    else if (order._tag === 'Ended') writer?.end(order.missed, true)
    else writer?.take(order)
  }
  const send: Tape.Channel['send'] = (order) => {
    if (isBlocked && order._tag !== 'Ended') return false
    obey(structuredClone(order))
    return true
  }
  return {
    observe: Tape.make(1, life, {
      send,
      soon: (then) => {
        if (turns === null) then()
        else turns.push(then)
      },
      time: () => ({ wall: started.wall + now, monotonic: now }),
      busy: (change) => {
        busy += change
      }
    }),
    block: (blocked) => {
      isBlocked = blocked
    },
    hold: () => {
      turns = []
    },
    turn: () => {
      for (const then of turns?.splice(0) ?? []) then()
    },
    spend: (millis) => {
      now += millis
    },
    problems,
    flush: () => writer?.flush(),
    busy: () => busy
  }
}

export interface Life {
  readonly feed: (input: Input.Input) => void
  /** A batch whose records are acknowledged, one after the other. */
  readonly batch: (records: ReadonlyArray<KinesisRecord>, answer?: unknown) => void
  readonly state: () => Session.State
}

/** A session after its `initialize`. */
export const live = ({ observe }: Rig, env: Session.Env, ack: unknown): Life => {
  const step = Session.step(env)
  let state = Session.initial
  const feed = (input: Input.Input): void => {
    const before = state
    const taken = step(before, input)
    state = taken[0]
    observe(input, taken, before)
  }
  feed(Input.received(Action.initialize(HEADER.shard, 'TRIM_HORIZON', 0), 1_000, 0.5))
  return {
    feed,
    batch: (records, answer = ack) => {
      feed(Input.received(Action.processRecords(records, 0), 2_000, 0.5))
      for (let index = 0; index < records.length; index++) feed(Input.handled(index, answer, 2_000))
    },
    state: () => state
  }
}
