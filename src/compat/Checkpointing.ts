/** The many ways to call `checkpointer.checkpoint`, understood. */
import { isFields } from '../protocol/Fields'
import { isSequenceNumber, make } from '../protocol/Position'
import type { Target } from './Dialogue'
import type { CheckpointCallback } from './Processor'

export interface Request {
  readonly target: Target
  readonly callback: CheckpointCallback | null
}

const isCallback = (value: unknown): value is CheckpointCallback => typeof value === 'function'

/** `undefined`: it names no place. */
const targetOf = (first: unknown, second: unknown): Target | undefined => {
  if (first === undefined || first === null || isCallback(first)) return null
  if (isFields(first)) return targetOf(first['sequenceNumber'] ?? '', first['subSequenceNumber'])
  // aws-kcl hands a number on as it is; beyond 2^53 it would be another record's.
  const digits = typeof first === 'number' && Number.isSafeInteger(first) ? String(first) : first
  const sub = second === undefined || second === null || isCallback(second) ? 0 : second
  return typeof digits === 'string' && isSequenceNumber(digits) && typeof sub === 'number'
    ? make(digits, sub)
    : undefined
}

/** `target` is undefined when the first arguments name no place in a stream. */
export const understand = (
  args: ReadonlyArray<unknown>
): Omit<Request, 'target'> & { readonly target: Target | undefined } => ({
  target: targetOf(args[0], args[1]),
  callback: args.find(isCallback) ?? null
})
