/**
 * What user code prints by `console`, as lines of the log: with shard and position where a handler prints it. A library that
 * writes to `process.stdout` or `process.stderr` by itself is left alone.
 */
import { format, inspect, type InspectOptions } from 'node:util'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Config } from '../config/Config'
import type { Level, LogFields } from '../core/Effect'
import * as Current from '../run/Current'
import * as Logged from '../run/Logged'
import * as Managed from '../run/Managed'
import type { Log } from './Log'

export interface Captured {
  /** Says what is known of a line that no handler prints, such as its shard where the process has one. */
  readonly outside: (fields: () => LogFields) => void
  /** Gives the methods back. */
  readonly release: () => void
}

type Print = (...given: ReadonlyArray<unknown>) => void

const UNREADABLE = '[cannot be read]'

/** To inspect a value may run code of its own, which may throw. */
const guarded = (text: () => string, otherwise: () => string): string => {
  try {
    return text()
  } catch {
    return otherwise()
  }
}

/** As Node prints it. Where a value cannot be inspected, the others are. */
export const textOf = (given: ReadonlyArray<unknown>): string =>
  guarded(
    () => format(...given),
    () =>
      given
        .map((one) =>
          guarded(
            () => format(one),
            () => UNREADABLE
          )
        )
        .join(' ')
  )

const inspected = (value: unknown, options: unknown): string =>
  guarded(
    () => inspect(value, { customInspect: false, ...(options as InspectOptions | undefined), colors: false }),
    () => UNREADABLE
  )

/** Where `print` was called from, as Node shows it. */
const stackAt = (text: string, print: Print): string => {
  const trace = { name: 'Trace', message: text, stack: '' }
  Error.captureStackTrace(trace, print)
  return trace.stack
}

/** Gives a way back, which leaves alone what user code has put there meanwhile. */
const replace = (methods: Readonly<Record<string, Print>>): (() => void) => {
  const before = Object.keys(methods).map((name) => [name, Reflect.get(console, name) as unknown] as const)
  // What is frozen stays as it is.
  for (const [name, print] of Object.entries(methods)) Reflect.set(console, name, print)
  return () => {
    for (const [name, print] of before)
      if (Reflect.get(console, name) === methods[name]) Reflect.set(console, name, print)
  }
}

/** Node's own methods that print by those of `capture`, and that have no level of their own. */
const OTHERS = [
  'assert',
  'count',
  'countReset',
  'dirxml',
  'group',
  'groupCollapsed',
  'table',
  'time',
  'timeEnd',
  'timeLog'
] as const

/** The method as it is. It reads what it is given, and may throw by that: then `print` shows what was given. */
const harmless = (name: (typeof OTHERS)[number], print: Print): Print => {
  const own = Reflect.get(console, name) as Print
  return (...given) => {
    try {
      own(...given)
    } catch {
      print(...given)
    }
  }
}

/** From now on, until it is released. A line that cannot be written is dropped. */
export const capture = (write: Log['write']): Captured => {
  Current.hear()
  let outside = (): LogFields => ({})
  const say = (level: Level, text: string): void => {
    const speaker = Current.speaker()
    if (speaker !== null) return speaker.log(level, text)
    try {
      write(level, Logged.make(level, text, undefined).message, outside())
    } catch {
      // As an attempt's log: what user code prints is no reason to fail.
    }
  }
  const printer =
    (level: Level): Print =>
    (...given) =>
      say(level, textOf(given))
  const trace: Print = (...given) => say('debug', stackAt(textOf(given), trace))
  const release = replace({
    ...Object.fromEntries(OTHERS.map((name) => [name, harmless(name, printer('info'))])),
    log: printer('info'),
    info: printer('info'),
    warn: printer('warn'),
    error: printer('error'),
    debug: printer('debug'),
    trace,
    dir: (value, options) => say('info', inspected(value, options))
  })
  return {
    outside: (fields) => {
      outside = fields
    },
    release
  }
}

const NONE: Captured = { outside: () => undefined, release: () => undefined }

/** Opens something while user code prints as `log.console` of the configuration says, which it does until the release. */
export const during = <A>(
  { log }: Pick<Config, 'log'>,
  write: Log['write'],
  open: (captured: Captured) => Managed.Managed<A>
): Managed.Managed<A> =>
  pipe(
    Managed.make<Captured>(
      () => Promise.resolve(E.right(log.console === 'raw' ? NONE : capture(write))),
      ({ release }) => Promise.resolve(E.right(release()))
    ),
    Managed.chain(open)
  )
