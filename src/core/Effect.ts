/** What a session wants done, as plain data. The interpreter does it, in this order, and reports back. */
import type { Letter } from './DeadLetter'
import type { Output } from './Decision'
import type { Reply } from '../protocol/Reply'

export type Level = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, string | number | boolean | null>>

/** Say this to the daemon. */
export interface Write {
  readonly _tag: 'Write'
  readonly reply: Reply
}
/** Put this letter, with the time, on disk, durably, then report `Buried` with the same index. */
export interface Bury {
  readonly _tag: 'Bury'
  readonly index: number
  readonly letter: Letter
}
/** Report `Ticked` at this time. A newer wait replaces an older one. */
export interface Wait {
  readonly _tag: 'Wait'
  readonly until: number
}
export interface Log {
  readonly _tag: 'Log'
  readonly level: Level
  readonly message: string
  readonly fields: LogFields
}
/** End this session: flush what was written, then leave with this code. Nothing follows it. */
export interface Exit {
  readonly _tag: 'Exit'
  readonly code: ExitCode
}

/** Hand the outputs of this record to their sinks, then report `Delivered` or `Undelivered`. */
export interface Deliver {
  readonly _tag: 'Deliver'
  readonly index: number
  readonly outputs: ReadonlyArray<Output>
}
/** Stop the handler's attempt with this ticket; its result is ignored. */
export interface Abort {
  readonly _tag: 'Abort'
  readonly ticket: number
}

/** No output that is under way needs to arrive: the session is over for them, and another run brings them again. */
export interface Recall {
  readonly _tag: 'Recall'
}

export type Effect = Write | Bury | Deliver | Abort | Recall | Wait | Log | Exit

/**
 * 0: the daemon ended the conversation while no action was open. 1: halted, the reason is in the log.
 * 3: the conversation broke. (2, bad usage or configuration, never comes from a session.)
 */
export type ExitCode = 0 | 1 | 3

export const write = (reply: Reply): Write => ({ _tag: 'Write', reply })
export const bury = (index: number, letter: Letter): Effect => ({ _tag: 'Bury', index, letter })
export const deliver = (index: number, outputs: ReadonlyArray<Output>): Effect => ({
  _tag: 'Deliver',
  index,
  outputs
})
export const abort = (ticket: number): Effect => ({ _tag: 'Abort', ticket })
export const recall: Effect = { _tag: 'Recall' }
export const wait = (until: number): Effect => ({ _tag: 'Wait', until })
export const log = (level: Level, message: string, fields: LogFields = {}): Log => ({
  _tag: 'Log',
  level,
  message,
  fields
})
export const exit = (code: ExitCode): Effect => ({ _tag: 'Exit', code })

/** The list for a step that wants nothing: shared, so that an ordinary record allocates none. */
export const none: ReadonlyArray<Effect> = Object.freeze([])
