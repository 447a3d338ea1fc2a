/** When to checkpoint, as a reducer: no clock of its own, one event for each finished record. */

/** When to checkpoint. */
export interface Policy {
  /** Milliseconds since the last checkpoint (or `initialize`) after which one is due; 0 turns it off. */
  readonly interval: number
  /** Records since the last checkpoint after which one is due; 0 turns it off. */
  readonly count: number
  /** Whether a handler's `checkpoint()` is honoured. With interval and count 0 nothing else is. */
  readonly manual: boolean
}

/** What the policy has seen since the last checkpoint that became due. */
export interface State {
  /** When the interval began: `initialize`, then each checkpoint that became due. Milliseconds. */
  readonly since: number
  /** Records finished since then. */
  readonly count: number
  /** Whether one of them asked for a checkpoint. */
  readonly asked: boolean
}

/** What moves the state on. */
export type Event =
  /** One more record is finished. */
  | { readonly _tag: 'Finished'; readonly asked: boolean }
  /** A checkpoint became due, or the shard was initialized: count from here. */
  | { readonly _tag: 'Restarted'; readonly now: number }

const finishedAsked: Event = { _tag: 'Finished', asked: true }
const finishedPlain: Event = { _tag: 'Finished', asked: false }
/**
 * One more record is finished. `asked`: it returned `checkpoint()`.
 *
 * @param asked whether the handler returned `checkpoint()` for it
 * @returns the event for `step`
 */
export const finished = (asked: boolean): Event => (asked ? finishedAsked : finishedPlain)
/**
 * `count` more records are finished, none of which returned `checkpoint()`.
 *
 * @param state the state before them
 * @param count how many records
 * @returns the state after them
 */
export const passed = (state: State, count: number): State => ({
  since: state.since,
  count: state.count + count,
  asked: state.asked
})

/**
 * A checkpoint became due, or the shard was initialized, at this time in milliseconds.
 *
 * @param now milliseconds by the clock of `due`
 * @returns the event for `step`
 */
export const restarted = (now: number): Event => ({ _tag: 'Restarted', now })

/**
 * The state of a shard that is initialized at this time in milliseconds.
 *
 * @param now milliseconds by the clock of `due`
 * @returns the state with which a shard begins
 */
export const initial = (now: number): State => ({ since: now, count: 0, asked: false })

/**
 * The state after an event.
 *
 * @param policy when to checkpoint
 * @returns a function that takes the state and the event and returns the next state
 */
export const step =
  (policy: Policy) =>
  (state: State, event: Event): State => {
    switch (event._tag) {
      case 'Finished':
        return {
          since: state.since,
          count: state.count + 1,
          asked: state.asked || (event.asked && policy.manual)
        }
      case 'Restarted':
        return initial(event.now)
    }
  }

/**
 * Whether a checkpoint is due: interval or count, whichever comes first, each as soon as its limit is reached.
 *
 * @param policy when to checkpoint
 * @returns a function that takes the state and the time in milliseconds and says whether a checkpoint is due
 */
export const due =
  (policy: Policy) =>
  (state: State, now: number): boolean =>
    state.asked ||
    (policy.count > 0 && state.count >= policy.count) ||
    (policy.interval > 0 && now - state.since >= policy.interval)
