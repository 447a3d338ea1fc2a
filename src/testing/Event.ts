/** Something that happened to a shard in a test, in the terms of a handler's author. */
import type * as Action from '../protocol/Action'
import type { ExitCode } from '../core/Effect'
import * as Position from '../protocol/Position'

/** `at`: the record's position, as `sequenceNumber/subSequenceNumber`. */
export type Event =
  /** The handler was called for the record; `attempt` is 2 for the first retry. */
  | { readonly _tag: 'Handled'; readonly at: string; readonly attempt: number }
  /** The sink acknowledged an output of the record. */
  | { readonly _tag: 'Delivered'; readonly at: string; readonly sink: string; readonly value: unknown }
  /** The dead letter of the record is stored. */
  | { readonly _tag: 'Buried'; readonly at: string; readonly reason: string }
  /** A checkpoint was requested; null: at the end of everything delivered. */
  | { readonly _tag: 'Checkpoint'; readonly at: string | null }
  /** The daemon has the answer to its action. */
  | { readonly _tag: 'Answered'; readonly action: Action.Name }
  | { readonly _tag: 'Exited'; readonly code: ExitCode }

/**
 * The handler was called for this record; `attempt` is 2 for the first retry.
 *
 * @param record the record, or its position
 * @param attempt 1 for the first call
 * @returns the event
 */
export const handled = (record: Position.Position, attempt = 1): Event => ({
  _tag: 'Handled',
  at: Position.show(record),
  attempt
})

/**
 * A sink acknowledged an output of this record.
 *
 * @param record the record, or its position
 * @param sink the name of the sink
 * @param value what was delivered
 * @returns the event
 */
export const delivered = (record: Position.Position, sink: string, value: unknown): Event => ({
  _tag: 'Delivered',
  at: Position.show(record),
  sink,
  value
})

/**
 * The dead letter of this record is stored.
 *
 * @param record the record, or its position
 * @param reason what the dead letter says
 * @returns the event
 */
export const buried = (record: Position.Position, reason: string): Event => ({
  _tag: 'Buried',
  at: Position.show(record),
  reason
})

/**
 * A checkpoint was requested at this record; null: at the end of everything delivered.
 *
 * @param record the record, or its position; null: the end of the shard
 * @returns the event
 */
export const checkpoint = (record: Position.Position | null): Event => ({
  _tag: 'Checkpoint',
  at: record === null ? null : Position.show(record)
})

/**
 * The daemon has the answer to this action.
 *
 * @param action the name of the action
 * @returns the event
 */
export const answered = (action: Action.Name): Event => ({ _tag: 'Answered', action })

/**
 * The child exited.
 *
 * @param code the exit code
 * @returns the event
 */
export const exited = (code: ExitCode): Event => ({ _tag: 'Exited', code })
