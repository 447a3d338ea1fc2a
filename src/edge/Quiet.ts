/**
 * Whether anything in this process waits for the event loop. While nothing does, a read may hold the process up until the
 * daemon speaks, which saves a third of a round trip; when something does, that would hold it up, too.
 *
 * Told by what Node begins (`async_hooks`): timers, sockets, files, signals, child processes, whoever has begun them, and
 * those that do not keep the process alive as well.
 */
import { createHook } from 'node:async_hooks'
import * as Signals from './Signals'

export interface Quiet {
  /** `turn`: the event loop has to run once. `no`: something waits for it, now or from time to time. */
  readonly now: () => 'yes' | 'turn' | 'no'
  /** The handler is loaded: from here on a read of a file counts, too. */
  readonly loaded: () => void
  /** What this begins is not counted. */
  readonly apart: (begin: () => void) => void
  /** Watches no more. */
  readonly end: () => void
}

/** They are done once the event loop has run, or have begun what is counted by itself. */
const PASSING = new Set(['TickObject', 'PROMISE', 'Microtask', 'Immediate'])

/** To load a module is to read files. */
const LOADING = /^(FSREQ|FILEHANDLE)/

const signals: ReadonlySet<string | symbol> = new Set(Signals.names)

/** To be called before any of the user's code runs. */
export const watch = (): Quiet => {
  let isLoading = true
  let isApart = false
  let isPassing = false
  let isWaiting = false
  const hook = createHook({
    init: (_id, type) => {
      if (isApart || (isLoading && LOADING.test(type))) return
      if (PASSING.has(type)) isPassing = true
      else isWaiting = true
    }
  }).enable()
  // Node begins nothing for a second listener of a signal.
  const listened = (name: string | symbol): void => {
    if (!isApart && signals.has(name)) isWaiting = true
  }
  process.on('newListener', listened)

  return {
    now: () => {
      if (isWaiting) return 'no'
      if (!isPassing) return 'yes'
      isPassing = false
      return 'turn'
    },
    loaded: () => {
      isLoading = false
      // What the module has begun and not ended, a file that it still reads among them.
      if (process.getActiveResourcesInfo().length > 0) isWaiting = true
    },
    apart: (begin) => {
      isApart = true
      begin()
      isApart = false
    },
    end: () => {
      hook.disable()
      process.off('newListener', listened)
    }
  }
}
