/**
 * Everything that can happen to a session, as plain data: what is written as JSON and read again has the same effects.
 * Times are milliseconds of a clock that never goes back.
 */
import type { Action } from '../protocol/Action'
import type { Failure } from './Failure'
import type { Drop } from './Filter'

/** The version of these inputs as data. It goes up when one of them changes its fields or its meaning. */
export const VERSION = 1

/** The daemon said something. `random`, in [0, 1), spreads the retries. */
export interface Received {
  readonly _tag: 'Received'
  readonly action: Action
  readonly now: number
  readonly random: number
}
/** The handler of these records is at work: an effect, or one that takes several. Known by its ticket (1, 2 ...). */
export interface Begun {
  readonly _tag: 'Begun'
  readonly indices: ReadonlyArray<number>
  readonly ticket: number
  readonly now: number
}
/**
 * The handler's answer for the record at `index` of the open batch, and for the `count - 1` records after it. Ticket 0: it
 * returned at once.
 */
export interface Handled {
  readonly _tag: 'Handled'
  readonly index: number
  readonly count: number
  readonly ticket: number
  readonly value: unknown
  readonly now: number
}
/**
 * The filter of the configuration drops the record at `index` of the open batch before the handler gets it. Ticket 0: it is
 * the record whose turn it is; else it is one of the group that has begun by this ticket.
 */
export interface Dropped {
  readonly _tag: 'Dropped'
  readonly index: number
  readonly ticket: number
  readonly drop: Drop
  readonly now: number
}
/** The handler threw, or its effect failed, for the record at `index` and all others of the ticket. */
export interface Threw {
  readonly _tag: 'Threw'
  readonly index: number
  readonly ticket: number
  readonly failure: Failure
  /** Whether another attempt may end otherwise: not so for what is no effect. `random` spreads the retries. */
  readonly retry: boolean
  readonly now: number
  readonly random: number
}
/** The sinks have acknowledged all outputs of these records. */
export interface Delivered {
  readonly _tag: 'Delivered'
  readonly indices: ReadonlyArray<number>
  readonly now: number
}
/**
 * A sink has given up on an output of this record; its configuration says what then. `policy`: the output is none that
 * its sink could take, so the record failed, and the failure policy decides.
 */
export interface Undelivered {
  readonly _tag: 'Undelivered'
  readonly index: number
  readonly then: 'halt' | 'dead-letter' | 'policy'
  readonly failure: Failure
  readonly now: number
}
/** The dead letter of the record at `index` is on disk, or (with a `problem`) is not. */
export interface Buried {
  readonly _tag: 'Buried'
  readonly index: number
  readonly problem: Failure | null
  readonly now: number
}
/** Time has passed: a wait is over, or the interpreter let the event loop run within a batch. */
export interface Ticked {
  readonly _tag: 'Ticked'
  readonly now: number
}
/** The supervisor is stopping the worker: begin no further record. */
export interface Drained {
  readonly _tag: 'Drained'
  readonly now: number
}
/** The daemon closed our stdin. */
export interface Closed {
  readonly _tag: 'Closed'
}
/** The conversation cannot go on: a line that is no action, a stdout that is gone. */
export interface Broken {
  readonly _tag: 'Broken'
  readonly problem: string
}
/** User code failed outside a record: an uncaught exception, an unhandled rejection. */
export interface Crashed {
  readonly _tag: 'Crashed'
  readonly failure: Failure
  readonly now: number
}

export type Input =
  | Received
  | Begun
  | Handled
  | Dropped
  | Threw
  | Delivered
  | Undelivered
  | Buried
  | Ticked
  | Drained
  | Closed
  | Broken
  | Crashed

export const received = (action: Action, now: number, random: number): Input => ({
  _tag: 'Received',
  action,
  now,
  random
})
export const begun = (indices: ReadonlyArray<number>, ticket: number, now: number): Begun => ({
  _tag: 'Begun',
  indices,
  ticket,
  now
})
export const handled = (index: number, value: unknown, now: number, ticket = 0, count = 1): Handled => ({
  _tag: 'Handled',
  index,
  count,
  ticket,
  value,
  now
})
export const dropped = (index: number, drop: Drop, now: number, ticket = 0): Dropped => ({
  _tag: 'Dropped',
  index,
  ticket,
  drop,
  now
})
export const threw = (
  index: number,
  failure: Failure,
  now: number,
  ticket = 0,
  retry = false,
  random = 0
): Threw => ({
  _tag: 'Threw',
  index,
  ticket,
  failure,
  retry,
  now,
  random
})
export const delivered = (indices: ReadonlyArray<number>, now: number): Input => ({
  _tag: 'Delivered',
  indices,
  now
})
export const undelivered = (
  index: number,
  then: Undelivered['then'],
  failure: Failure,
  now: number
): Input => ({ _tag: 'Undelivered', index, then, failure, now })
export const buried = (index: number, problem: Failure | null, now: number): Input => ({
  _tag: 'Buried',
  index,
  problem,
  now
})
export const ticked = (now: number): Input => ({ _tag: 'Ticked', now })
export const drained = (now: number): Input => ({ _tag: 'Drained', now })
export const closed: Input = { _tag: 'Closed' }
export const broken = (problem: string): Input => ({ _tag: 'Broken', problem })
export const crashed = (failure: Failure, now: number): Input => ({ _tag: 'Crashed', failure, now })
