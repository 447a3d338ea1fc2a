/**
 * When a recording is flushed to its files. The best moment is right after a batch: the thread is awake, and mostly no further batch
 * is in progress. At any other moment, compressing may slow down a handler, since processors share caches and more.
 */
import type { Clock } from '../run/Clock'

export interface Flushing {
  /** Something was recorded. */
  readonly recorded: () => void
  /** Everything that waited is recorded. */
  readonly rest: () => void
}

export interface Settings {
  readonly clock: Pick<Clock, 'now' | 'later'>
  /** Does the work as soon as no batch is in progress. */
  readonly add: (work: () => void) => void
  readonly flush: () => void
}

/** From this many milliseconds after the last flush on, the end of a batch is the moment for the next one. */
const DUE_MS = 1000

/** After this many milliseconds, the flush no longer waits for the end of a batch. */
const LATEST_MS = 1500

export const make = ({ clock, add, flush }: Settings): Flushing => {
  let last = clock.now()
  let isDirty = false
  let isArmed = false
  const run = (): void => {
    if (!isDirty) return
    isDirty = false
    last = clock.now()
    flush()
  }
  const arm = (): void => {
    isArmed = true
    clock.later(last + LATEST_MS - clock.now(), look)
  }
  const look = (): void => {
    isArmed = false
    if (!isDirty) return
    if (clock.now() - last >= LATEST_MS) add(run)
    else arm()
  }
  return {
    recorded: () => {
      isDirty = true
    },
    rest: () => {
      if (isDirty && clock.now() - last >= DUE_MS) run()
      if (isDirty && !isArmed) arm()
    }
  }
}
