/** The signals that ask a worker to stop, from the start of the run to its end. */

/** Calls back with the name of each signal that asks to stop; gives a way to listen no more. */
export type OnStop = (then: (signal: string) => void) => () => void

export interface Stops {
  /** The name of the first one. */
  readonly first: Promise<string>
  /** Gives each to `then`, beginning with those that came before. */
  readonly to: (then: (signal: string) => void) => void
  readonly off: () => void
}

/**
 * One listener for the whole run: with one for the preparation and one for the daemon, a signal between the two was lost, or
 * ended the process where it stood. As PID 1 a process gets no signal that it does not listen to.
 */
export const listen = (onStop: OnStop): Stops => {
  const waiting: Array<string> = []
  let hear = (signal: string): void => void waiting.push(signal)
  let off = (): void => undefined
  const first = new Promise<string>((resolve) => {
    off = onStop((signal) => {
      resolve(signal)
      hear(signal)
    })
  })
  return {
    first,
    to: (then) => {
      hear = then
      waiting.splice(0).forEach(then)
    },
    off
  }
}
