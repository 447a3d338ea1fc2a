/**
 * Whose handler runs on this thread: what is printed now is about its record.
 *
 * During the call of a handler, a variable says so, which costs nothing. What an effect does after an `await` is found by an
 * AsyncLocalStorage, which costs a microsecond a record, and on Node 20 and 22 slows down every promise of the process. So
 * it is used only for handlers that are effects, and only where what they print is heard.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Level } from '../core/Effect'

/** What takes lines about the record, such as its attempt. */
export interface Speaker {
  readonly log: (level: Level, message: string) => void
}

let called: Speaker | null = null
let isHeard = false
let followed: AsyncLocalStorage<Speaker> | null = null

/** A handler is called. */
export const enter = (speaker: Speaker): void => {
  called = speaker
}

/** The handler has returned or thrown. */
export const leave = (): void => {
  called = null
}

/** From now on `speaker` is asked for. */
export const hear = (): void => {
  isHeard = true
}

/** The handler is an effect: those that begin from now on are followed, if what they print is heard. */
export const followEffects = (): void => {
  if (isHeard) followed ??= new AsyncLocalStorage()
}

export const followsEffects = (): boolean => followed !== null

/** Calls `run`; what it begins belongs to the speaker, also after `run` has returned, once effects are followed. */
export const within = <A>(speaker: Speaker, run: () => A): A =>
  followed === null ? run() : followed.run(speaker, run)

/** null: no handler is at work here, or it is not known which. */
export const speaker = (): Speaker | null => called ?? followed?.getStore() ?? null
