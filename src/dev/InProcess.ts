/** Children in this process: interpreters, driven by their own bytes. */
import * as E from 'fp-ts/Either'
import * as HeldWarnings from '../edge/HeldWarnings'
import type { Recorder } from '../edge/Recorder'
import * as Lines from '../protocol/wire/Lines'
import { isSeveral, type AnyHandler } from '../core/Handler'
import type * as Session from '../core/Session'
import type { Capabilities } from '../run/Capabilities'
import * as Traced from '../tracing/Traced'
import type { Tracing } from '../tracing/Tracing'
import type { Chance } from './Chance'
import * as Clock from '../run/Clock'
import type { ChildListener, ChildHandle, Open } from './ChildHandle'

export interface Options {
  readonly env: Session.Env
  readonly handler: AnyHandler
  /** What the handler's module acquired. */
  readonly resource: unknown
  /** null: nothing is traced. */
  readonly tracing: Tracing | null
  /** For one more session; absent where nothing is recorded. */
  readonly recorder?: Pick<Recorder, 'session'> | null
  readonly bury: Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  readonly log: Capabilities['log']
  readonly clock: Clock.Clock
  readonly chance: Chance
  /** A record was given to the handler, which came back from it. */
  readonly onHandled: () => void
}

/** The handler as long as the child is there: it counts what it is given. */
const watched = ({ handler, onHandled }: Options, isGone: () => boolean): AnyHandler => {
  /** A record that comes after the end, when the end was in the middle of a batch, is not run. */
  const counted = (count: number, run: () => unknown): unknown => {
    if (isGone()) return false
    try {
      return run()
    } finally {
      for (let i = 0; i < count; i++) onHandled()
    }
  }
  return isSeveral(handler)
    ? { several: (records, context) => counted(records.length, () => handler.several(records, context)) }
    : (record, context) => counted(1, () => handler(record, context))
}

const open = (options: Options, shardId: string, listener: ChildListener): ChildHandle => {
  const { clock, env, resource, tracing } = options
  const lines = Lines.make()
  const alarm = Clock.alarm(clock)
  let retries = 0
  /** Set once the child is gone: what it still does has no effect. */
  let last: Session.State | null = null

  const warnings = HeldWarnings.make(options.log, clock.now)
  const leave = (): void => {
    last ??= interpreter.state()
    warnings.end()
    alarm.cancel()
  }
  const unlessGone = (then: () => void): void => {
    if (last === null) then()
  }
  const heard = (line: Buffer): void => {
    if (line.length > 0) listener.hear(line.toString('utf8'))
  }

  const observe = options.recorder?.session()
  const world: Capabilities = {
    now: clock.now,
    wall: clock.wall,
    random: () => options.chance('jitter', shardId, retries++),
    write: (text) => unlessGone(() => lines.push(Buffer.from(text), heard)),
    // After the child's end the sinks may still acknowledge what they have; that is ignored.
    deliver: (delivery, then) =>
      unlessGone(() => options.deliver(delivery, (end) => unlessGone(() => then(end)))),
    bury: (letter) => (last === null ? options.bury(letter) : E.right(undefined)),
    log: (level, message, fields) => unlessGone(() => warnings.log(level, message, fields)),
    wait: alarm.set,
    turned: clock.turned,
    ...(observe === undefined ? {} : { observe }),
    soon: (then) => clock.soon(() => unlessGone(then)),
    exit: (code) =>
      unlessGone(() => {
        leave()
        listener.closed(code)
      })
  }

  const handler = watched(options, () => last !== null)
  const interpreter = Traced.interpreter({ tracing, world, env, handler, resource })
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
  (shardId, listener) =>
    open(options, shardId, listener)
