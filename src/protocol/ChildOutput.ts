/** What a child says to the daemon, and what it reports to its driver: plain data. */
import type * as Action from './Action'
import type * as Reply from './Reply'
import type { Request } from './Slot'

/**
 * The result of a request. `Stored`; `Refused`: the daemon never takes it; `Replaced`: a newer one took its place;
 * `Lost`: its time is over, or another worker has the lease.
 */
export type Outcome = 'Stored' | 'Refused' | 'Replaced' | 'Lost'

/** Why the conversation ends. */
export type Reason =
  | {
      readonly _tag: 'OutOfTurn'
      readonly action: Action.Answerable['_tag']
      readonly open: Action.Name | null
    }
  | { readonly _tag: 'NotAsked'; readonly asked: Request | null; readonly answered: string | null }
  /** `maxRefused` checkpoints in a row. */
  | { readonly _tag: 'Refused' }
  /** The driver is done with a shard's end that no checkpoint has ended. */
  | { readonly _tag: 'Unended' }
  | { readonly _tag: 'Halted' }
  /** The daemon closed the pipe: in the middle of an action, or between two. */
  | { readonly _tag: 'Closed'; readonly open: Action.Name | null }

export type Output =
  | { readonly _tag: 'Say'; readonly reply: Reply.Reply }
  /** The driver's turn: it ends with `MayAnswer`. */
  | { readonly _tag: 'Opened'; readonly action: Action.Plain }
  /** An attempt failed, and another one follows. */
  | { readonly _tag: 'Failed'; readonly request: Request }
  /** `error`: what the daemon answered last; null where it did not. */
  | {
      readonly _tag: 'Settled'
      readonly request: Request
      readonly outcome: Outcome
      readonly error: string | null
    }
  | { readonly _tag: 'Leave'; readonly reason: Reason }

export const none: ReadonlyArray<Output> = []

export const say = (reply: Reply.Reply): Output => ({ _tag: 'Say', reply })

export const settled = (request: Request, outcome: Outcome, error: string | null): Output => ({
  _tag: 'Settled',
  request,
  outcome,
  error
})

export const lost = (request: Request | null, error: string | null): ReadonlyArray<Output> =>
  request === null ? none : [settled(request, 'Lost', error)]
