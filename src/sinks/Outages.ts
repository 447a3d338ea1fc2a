/** Which sinks fail, since when, and why: what is warned of when that changes, and what the status page shows. */
import * as Failure from '../core/Failure'

/** Of one sink, as plain data that threads send each other. Times are milliseconds since 1970. */
export interface State {
  readonly sink: string
  /** null: it works. */
  readonly failingSince: number | null
  /** Why it failed last, and when that began; null: it never did. Secrets are masked. */
  readonly lastError: { readonly at: number; readonly text: string } | null
}

export interface World {
  readonly warn: (warning: string) => void
  readonly wall: () => number
}

export interface Outages {
  /** What the sink of that name reports: why it begins to fail; null: it works again. */
  readonly of: (sink: string) => (failure: Failure.Failure | null) => void
  /** The sinks that were asked for, in that order. */
  readonly states: () => ReadonlyArray<State>
}

export const make = ({ warn, wall }: World): Outages => {
  const states = new Map<string, State>()
  return {
    of: (sink) => {
      states.set(sink, { sink, failingSince: null, lastError: null })
      return (failure) => {
        const lastError = states.get(sink)?.lastError ?? null
        if (failure === null) {
          states.set(sink, { sink, failingSince: null, lastError })
          return warn(`sink ${sink} works again`)
        }
        const text = Failure.show(failure)
        const at = wall()
        states.set(sink, { sink, failingSince: at, lastError: { at, text } })
        warn(`sink ${sink} fails; its outputs are sent again until its deadline: ${text}`)
      }
    },
    states: () => [...states.values()]
  }
}

const together = (one: State, other: State): State => {
  const since = [one, other].flatMap(({ failingSince }) => failingSince ?? [])
  const later = (one.lastError?.at ?? 0) > (other.lastError?.at ?? 0) ? one : other
  return {
    sink: one.sink,
    failingSince: since.length === 0 ? null : Math.min(...since),
    lastError: later.lastError
  }
}

/** Each thread has sinks of its own: one that fails in some of them fails. */
export const merge = (threads: Iterable<ReadonlyArray<State>>): ReadonlyArray<State> => {
  const merged = new Map<string, State>()
  for (const state of [...threads].flat()) {
    const before = merged.get(state.sink)
    merged.set(state.sink, before === undefined ? state : together(before, state))
  }
  return [...merged.values()]
}
