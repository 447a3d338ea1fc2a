/** Dead letters as NDJSON: one JSON object a line, keys always in the same order, times in milliseconds. */
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import type { DeadLetter } from '../core/DeadLetter'
import { explain } from './Explain'

const orNull = <C extends t.Mixed>(codec: C): t.UnionC<[C, t.NullC]> => t.union([codec, t.null])

const Failure = t.type({ name: t.string, message: t.string, stack: orNull(t.string) }, 'an error')

const Letter: t.Type<DeadLetter> = t.type(
  {
    shardId: t.string,
    sequenceNumber: t.string,
    subSequenceNumber: t.number,
    partitionKey: t.string,
    approximateArrivalTimestamp: orNull(t.number),
    data: t.string,
    reason: t.string,
    error: orNull(Failure),
    handlerVersion: orNull(t.string),
    time: t.number
  },
  'a dead letter'
)

/** One line, its newline included. JSON escapes what would break it: a newline, a lone surrogate. */
export const encode = (letter: DeadLetter): string =>
  `${JSON.stringify({
    shardId: letter.shardId,
    sequenceNumber: letter.sequenceNumber,
    subSequenceNumber: letter.subSequenceNumber,
    partitionKey: letter.partitionKey,
    approximateArrivalTimestamp: letter.approximateArrivalTimestamp,
    data: letter.data,
    reason: letter.reason,
    error: letter.error,
    handlerVersion: letter.handlerVersion,
    time: letter.time
  })}\n`

/** A line that is no dead letter, such as the torn end of a write that a crash cut off. */
export interface Unreadable {
  /** Counted from 1. */
  readonly line: number
  readonly problem: string
  /** The line's first 200 characters. */
  readonly excerpt: string
}

/** Left: not JSON, or a field is missing or of another type; the sentence says which. */
export const decode = (line: string): E.Either<string, DeadLetter> => {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (problem) {
    return E.left(`not JSON: ${E.toError(problem).message}`)
  }
  return E.mapLeft((errors: t.Errors) => explain(errors).join('; '))(Letter.decode(value))
}

/** A whole file. A line that cannot be read is told and never dropped; empty lines are nothing. */
export const read = (text: string): ReadonlyArray<E.Either<Unreadable, DeadLetter>> =>
  text
    .split('\n')
    .flatMap((line, i) =>
      line === ''
        ? []
        : [
            E.mapLeft((problem: string): Unreadable => ({
              line: i + 1,
              problem,
              excerpt: line.slice(0, 200)
            }))(decode(line))
          ]
    )
