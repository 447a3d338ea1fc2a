/**
 * What the thread that writes has to do. It waits while a batch is in progress: where there are few processors, this thread
 * would take one from the handlers for as long as the work of a batch takes.
 */
import type { Clock } from '../run/Clock'

export interface Backlog {
  readonly add: (work: () => void) => void
  /** All of it, now. */
  readonly finish: () => void
}

export interface Settings {
  readonly clock: Pick<Clock, 'now' | 'later'>
  /** Whether a batch is in progress in a session that is recorded. */
  readonly isBusy: () => boolean
  /** Whether so much waits that it cannot wait longer. */
  readonly isFull: () => boolean
  /** Called when all work is done that had come by then. */
  readonly rest: () => void
}

/** Milliseconds between two looks at whether a batch is in progress. */
const LOOK_MS = 5

/** Milliseconds that work waits at most. A handler may wait for others, and a process may crash. */
const LATEST_MS = 100

interface Item {
  readonly work: () => void
  readonly latest: number
}

export const make = ({ clock, isBusy, isFull, rest }: Settings): Backlog => {
  let items: Array<Item> = []
  let isWaiting = false
  const wait = (): void => {
    isWaiting = true
    clock.later(LOOK_MS, look)
  }
  const look = (): void => {
    isWaiting = false
    let done = 0
    for (const { work, latest } of items) {
      if (isBusy() && !isFull() && clock.now() < latest) break
      work()
      done += 1
    }
    items = items.slice(done)
    if (items.length > 0) wait()
    else rest()
  }
  return {
    add: (work) => {
      items.push({ work, latest: clock.now() + LATEST_MS })
      if (!isWaiting) wait()
    },
    finish: () => items.splice(0).forEach(({ work }) => work())
  }
}
