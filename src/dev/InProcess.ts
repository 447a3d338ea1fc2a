/** Children in this process: interpreters, driven by their own bytes. */
import * as E from 'fp-ts/Either'
import * as Lines from '../protocol/wire/Lines'
import { isSeveral, type AnyHandler } from '../core/Handler'
import type * as Session from '../core/Session'
import type { Capabilities } from '../run/Capabilities'
import * as Interpreter from '../run/Interpreter'
import type { Chance } from './Chance'
import * as Clock from '../run/Clock'
import type { Ears, Link, Open } from './Link'

export interface Options {
  readonly env: Session.Env
  readonly handler: AnyHandler
  /** What the handler's module acquired. */
  readonly resource: unknown
  readonly bury: Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  readonly log: Capabilities['log']
  readonly clock: Clock.Clock
  readonly chance: Chance
  /** A record was given to the handler, which came back from it. */
  readonly onHandled: () => void
}

const open = (options: Options, shardId: string, ears: Ears): Link => {
  const { clock } = options
  const lines = Lines.make()
  let retries = 0
  const alarm = Clock.alarm(clock)
  /** Set once the child is gone: what it still does has no effect. */
  let last: Session.State | null = null

  const leave = (): void => {
    last ??= interpreter.state()
    alarm.cancel()
  }

  const world: Capabilities = {
    now: clock.now,
    wall: clock.wall,
    random: () => options.chance('jitter', shardId, retries++),
    write: (text) => {
      if (last === null)
        lines.push(Buffer.from(text), (line) => {
          if (line.length > 0) ears.hear(line.toString('utf8'))
        })
    },
    // Once the child is gone the sinks may still acknowledge what they have: nobody hears it.
    deliver: (delivery, then) => {
      if (last !== null) return
      options.deliver(delivery, (end) => {
        if (last === null) then(end)
      })
    },
    bury: (letter) => (last === null ? options.bury(letter) : E.right(undefined)),
    log: (level, message, fields) => {
      if (last === null) options.log(level, message, fields)
    },
    wait: alarm.set,
    turned: clock.turned,
    soon: (then) =>
      clock.soon(() => {
        if (last === null) then()
      }),
    exit: (code) => {
      if (last !== null) return
      leave()
      ears.closed(code)
    }
  }

  /** A record that comes after the end, when the end was in the middle of a batch, is not run. */
  const counted = (count: number, run: () => unknown): unknown => {
    if (last !== null) return false
    try {
      return run()
    } finally {
      for (let i = 0; i < count; i++) options.onHandled()
    }
  }
  const { handler } = options
  const observed: AnyHandler = isSeveral(handler)
    ? { several: (records, context) => counted(records.length, () => handler.several(records, context)) }
    : (record, context) => counted(1, () => handler(record, context))

  const interpreter = Interpreter.make(world, options.env, observed, options.resource)
  return {
    send: (line) => interpreter.line(Buffer.from(line)),
    close: () => interpreter.end(0),
    drain: interpreter.drain,
    kill: leave,
    crashed: interpreter.crashed,
    session: () => last ?? interpreter.state()
  }
}

export const make =
  (options: Options): Open =>
  (shardId, ears) =>
    open(options, shardId, ears)
