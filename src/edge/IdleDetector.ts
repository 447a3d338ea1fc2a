/**
 * Says whether anything in this process waits for the event loop. While nothing does, a read may block the process until the
 * daemon writes, which saves a third of a round trip. If something does, such a read would block it, too.
 *
 * The answer comes from what Node begins (`async_hooks`): timers, sockets, files, signals, child processes and promises, whatever
 * began them, even if they do not keep the process alive. What V8 does by itself is not seen: a callback of a FinalizationRegistry
 * or an observer of garbage collections runs with one of the next batches.
 */
import { createHook } from 'node:async_hooks'
import * as Signals from './Signals'

export interface IdleDetector {
  /** `turn`: the event loop has to run once. `no`: something waits for it, now or from time to time. */
  readonly now: () => 'yes' | 'turn' | 'no'
  /** The handler is loaded: from here on a read of a file counts, too. */
  readonly loaded: () => void
  /** Runs a function; what it begins does not count. */
  readonly apart: (begin: () => void) => void
  /** Stops watching. */
  readonly end: () => void
}

/** These are done once the event loop has run, or have begun something that counts by itself. */
const PASSING = new Set(['TickObject', 'Microtask', 'Immediate'])

/** Loading a module reads files, and loading an ES module makes a promise. */
const LOADING = /^(FSREQ|FILEHANDLE)/
const PROMISE = 'PROMISE'

/** Node begins nothing for a second listener of a signal, and nothing visible for a listener in another process. */
const HEARD = /^(SIG[A-Z0-9]+|message|disconnect)$/

const isHeard = (name: string | symbol): boolean => typeof name === 'string' && HEARD.test(name)

/** Options of Node that run code before ours, or that make it listen to signals by itself. */
const BEGINS =
  /^(-r|--(require|import|loader|experimental-loader|inspect[a-z-]*|report-on-signal|heapsnapshot-signal))(=|$)/

/** What began before the detector watched. */
const hasBegun = (options: ReadonlyArray<string>): boolean =>
  options.some((option) => BEGINS.test(option)) ||
  process.getActiveResourcesInfo().length > 0 ||
  process
    .eventNames()
    .some((name) => isHeard(name) && process.listenerCount(name) > (Signals.isOurs(name) ? 1 : 0))

/**
 * Must be called before any of the user's code runs.
 *
 * @param options those that Node was started with
 */
export const watch = (options: ReadonlyArray<string>): IdleDetector => {
  let isLoading = true
  let isApart = false
  let isPassing = false
  let isWaiting = hasBegun(options)
  const hook = createHook({
    init: (_id, type) => {
      if (isApart || (isLoading && LOADING.test(type))) return
      // A promise that nothing awaits did not come from plain decisions alone: it may settle at any time.
      if (PASSING.has(type) || (isLoading && type === PROMISE)) isPassing = true
      else isWaiting = true
    },
    // An earlier promise may be awaited.
    promiseResolve: () => {
      isPassing = true
    }
  }).enable()
  const listened = (name: string | symbol): void => {
    if (!isApart && isHeard(name)) isWaiting = true
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
      // These are what the module has begun and not ended, such as a file that it is still reading.
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
