/** What the dialogue wants done, as plain data. The conversation does it, in this order. */
import type * as Effect from '../core/Effect'
import type * as Action from '../protocol/Action'
import type * as Reply from '../protocol/Reply'

export type Output =
  | Effect.Write
  | Effect.Wait
  | Effect.Log
  | Effect.Exit
  /** Call the processor for this action; report `Completed` with this number when it calls back. */
  | { readonly _tag: 'Call'; readonly call: number; readonly what: Action.Plain }
  /** Tell what became of a request. */
  | {
      readonly _tag: 'Answer'
      readonly request: number
      readonly error: string | null
      readonly sequenceNumber: string | null
    }

export const log = (level: Effect.Level, message: string, fields: Effect.LogFields = {}): Output => ({
  _tag: 'Log',
  level,
  message,
  fields
})
export const write = (reply: Reply.Reply): Output => ({ _tag: 'Write', reply })
export const tell = (request: number, error: string | null, sequenceNumber: string | null): Output => ({
  _tag: 'Answer',
  request,
  error,
  sequenceNumber
})
