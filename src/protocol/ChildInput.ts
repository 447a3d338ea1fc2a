/** What happens to a child: plain data. */
import type * as Action from './Action'
import type * as Position from './Position'

export type Input =
  /** The daemon said something. `random`, in [0, 1), spreads the retries. */
  | {
      readonly _tag: 'Received'
      readonly action: Action.Action
      readonly now: number
      readonly random: number
    }
  /** The driver wants a checkpoint. It goes at the next look: `Ticked`, `MayAnswer`, an answer. */
  | {
      readonly _tag: 'Wants'
      readonly id: number
      readonly target: Position.Position | null
      readonly now: number
    }
  /** What is wanted has a new reason: it waits for no earlier back-off. */
  | { readonly _tag: 'Hurries' }
  /** The driver is done with the open action. */
  | { readonly _tag: 'MayAnswer'; readonly now: number }
  /** The driver ends the conversation, after the checkpoint that is wanted if an action is open. */
  | { readonly _tag: 'Halts'; readonly now: number }
  | { readonly _tag: 'Ticked'; readonly now: number }
  /** The daemon closed our stdin. */
  | { readonly _tag: 'Closed' }

export const received = (action: Action.Action, now: number, random: number): Input => ({
  _tag: 'Received',
  action,
  now,
  random
})
export const wants = (id: number, target: Position.Position | null, now: number): Input => ({
  _tag: 'Wants',
  id,
  target,
  now
})
export const hurries: Input = { _tag: 'Hurries' }
export const mayAnswer = (now: number): Input => ({ _tag: 'MayAnswer', now })
export const halts = (now: number): Input => ({ _tag: 'Halts', now })
export const ticked = (now: number): Input => ({ _tag: 'Ticked', now })
export const closed: Input = { _tag: 'Closed' }
