/** Writes down what sessions are given. It never throws, and never holds up a session. */
import * as E from 'fp-ts/Either'
import type * as ConfigSearch from '../config/ConfigSearch'
import * as Managed from '../run/Managed'
import type { Observe } from '../run/Meter'
import type { HandlerModule } from './HandlerModule'
import type { IdleDetector } from './IdleDetector'
import type { Log } from './Log'

export interface Recorder {
  /** For one more session. */
  readonly session: () => Observe
  /** What was observed is in its files, unless that takes too long. Never rejects. */
  readonly close: () => Promise<void>
}

export interface Recorded {
  readonly loaded: ConfigSearch.Loaded
  readonly module: HandlerModule
  readonly log: Log['write']
  /** null: nothing watches. */
  readonly idle: IdleDetector | null
}

/** null: the configuration asks for no recording. */
export type Open = (recorded: Recorded) => Recorder | null

/** How long the last of a recording may take, in milliseconds. */
const CLOSE_MS = 3000

const opened = (open: Open | null, recorded: Recorded): Recorder | null => {
  if (open !== null) return open(recorded)
  if (recorded.loaded.config.record.folder !== null)
    recorded.log('warn', 'record.folder does nothing in a program that calls start() of kclts', {})
  return null
}

/** @param open null: a program of the user's own, which is not recorded */
export const managed = (open: Open | null, recorded: Recorded): Managed.Managed<Recorder | null> =>
  Managed.make(
    () => Promise.resolve(E.right(opened(open, recorded))),
    Managed.within(CLOSE_MS, 'the files of the recording', (recorder) => recorder?.close())
  )

/** One after the other, where there are several. */
export const all = (observers: ReadonlyArray<Observe | undefined>): Observe | undefined => {
  const there = observers.filter((observe) => observe !== undefined)
  const [first, ...others] = there
  if (first === undefined || others.length === 0) return first
  return (input, step, before) => {
    for (const observe of there) observe(input, step, before)
  }
}
