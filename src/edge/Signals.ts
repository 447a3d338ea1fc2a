/** The signals that a terminal's Ctrl-C or a supervisor's kill send to the whole process group. */

export const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const ours: ReadonlySet<string | symbol> = new Set(names)

export const isOurs = (name: string | symbol): boolean => ours.has(name)

const nothing = (): void => undefined

/**
 * Leaves them to the daemon: it decides about its shards, and when it ends, our stdin ends. To be called
 * first of all, since a child that dies while it loads its handler takes the whole worker down.
 */
export const leaveToDaemon = (): void => {
  for (const name of names) process.on(name, nothing)
}

/** Listens to some events of the process; what it gives listens no more. */
export const listening =
  <A>(events: ReadonlyArray<string>) =>
  (then: (what: A) => void): (() => void) => {
    for (const name of events) process.on(name, then)
    return () => {
      for (const name of events) process.off(name, then)
    }
  }

/** Calls back with the name of each signal that asks the whole worker to stop; gives a way to listen no more. */
export const onStop: (then: (name: string) => void) => () => void = listening(names)
