/**
 * What a module's function says by what its promise gave. It stores all outputs or none, so that most values mean that all
 * are stored. Some mean the contrary, and come from a mistake: outputs would be lost without a word.
 */
import type * as E from 'fp-ts/Either'
import { understand } from '../core/Decision'
import * as Failure from '../core/Failure'
import { isPromise } from '../run/Attempt'
import { again, never, type Sent } from './Sink'

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

export const isLeft = (value: unknown): value is E.Left<unknown> =>
  isObject(value) && '_tag' in value && value._tag === 'Left' && 'left' in value

const isRight = (value: unknown): value is E.Right<unknown> =>
  isObject(value) && '_tag' in value && value._tag === 'Right' && 'right' in value

/** An element of the result of `Promise.allSettled`. */
const isRejected = (value: object): value is { readonly reason: unknown } =>
  'status' in value && value.status === 'rejected' && 'reason' in value

const isFulfilled = (value: object): value is { readonly value: unknown } =>
  'status' in value && value.status === 'fulfilled' && 'value' in value

/** `status` is that of fetch, axios and superagent, `statusCode` that of node:http, undici and got. */
const statusOf = (value: object): number | null =>
  [Failure.fieldOf(value, 'status'), Failure.fieldOf(value, 'statusCode')].find(
    (one) => typeof one === 'number'
  ) ?? null

/**
 * The status of a response that is no success: several clients return one without a throw. null: it is not such a
 * response.
 */
const failedStatusOf = (value: object): number | null => {
  const status = statusOf(value)
  if (status === null) return null
  if (Failure.fieldOf(value, 'ok') === false) return status
  return 'headers' in value && (status < 200 || status > 299) ? status : null
}

/** What a Left, a throw or a rejection says. */
export const refusal = (left: unknown): Sent => {
  const decision = understand(left)
  return decision._tag === 'Reject'
    ? never(Failure.make('Rejected', decision.reason))
    : again(Failure.fromUnknown(left))
}

/**
 * The answers of AWS to a batch succeed when a part of it failed: FailedRecordCount (Kinesis), FailedPutCount (Firehose),
 * Failed (SQS, SNS), FailedEntryCount (EventBridge), UnprocessedItems (DynamoDB), errors beside items (OpenSearch).
 */
const isPartial = (value: object): boolean =>
  Object.entries(value).some(([name, found]: readonly [string, unknown]) => {
    if (/^Failed(?:Record|Put|Entry)Count$/.test(name)) return typeof found === 'number' && found > 0
    if (name === 'Failed') return Array.isArray(found) && found.length > 0
    return name === 'UnprocessedItems' && isObject(found) && Object.keys(found).length > 0
  }) ||
  (Failure.fieldOf(value, 'errors') === true && Array.isArray(Failure.fieldOf(value, 'items')))

const PARTIAL = again(
  Failure.make('PartialFailure', 'the function returned an answer that says that a part of the batch failed')
)

const NOT_AWAITED = never(
  Failure.make(
    'NoPromise',
    'the function returned promises or Tasks without waiting for them, so it is not known whether the outputs are stored; use Promise.all'
  )
)

const hole = again(Failure.make('NoAnswer', 'the function returned an array with a hole in it'))

/** Arrays within arrays: what is deeper is data. */
const DEPTH = 2

/** Why a value does not mean that the outputs are stored; null: it does. Throws what a getter of the value throws. */
export const objection = (value: unknown, depth = 0): Sent | null => {
  if (typeof value === 'function') return NOT_AWAITED
  if (!isObject(value)) return null
  if (Array.isArray(value)) return depth < DEPTH ? firstOf(value, depth + 1) : null
  if (isPromise(value)) return NOT_AWAITED
  if (isLeft(value)) return refusal(value.left)
  if (isRight(value)) return objection(value.right, depth)
  if (isRejected(value)) return refusal(value.reason)
  if (isFulfilled(value)) return objection(value.value, depth)
  if (value instanceof Error) return refusal(value)
  const status = failedStatusOf(value)
  if (status !== null)
    return again(Failure.make('HttpError', `the function returned a response with the status ${status}`))
  if (isPartial(value)) return PARTIAL
  const decision = understand(value)
  if (decision._tag === 'Halt') return again(Failure.make('Halt', decision.reason))
  return decision._tag === 'Reject' ? refusal(value) : null
}

const firstOf = (values: ReadonlyArray<unknown>, depth: number): Sent | null => {
  for (let i = 0; i < values.length; i++) {
    const found = i in values ? objection(values[i], depth) : hole
    if (found !== null) return found
  }
  return null
}
