/**
 * A place in a shard: the sequence number of a Kinesis record and, for the user records of one aggregated
 * (KPL) record, the number within it.
 */
import * as O from 'fp-ts/Ord'

/** A place in a shard. */
export interface Position {
  /** Canonical decimal digits, up to 2^192 and more: never convert it to a number. */
  readonly sequenceNumber: string
  /** 0, 1, 2 ... within an aggregated record; 0 for a plain one. */
  readonly subSequenceNumber: number
}

/**
 * A position of its two parts, which are not checked.
 *
 * @param sequenceNumber canonical decimal digits
 * @param subSequenceNumber 0 for a plain record
 * @returns the position
 */
export const make = (sequenceNumber: string, subSequenceNumber: number): Position => ({
  sequenceNumber,
  subSequenceNumber
})

const DIGITS = /^(?:0|[1-9][0-9]*)$/

/**
 * True for canonical decimal digits. The daemon also uses `TRIM_HORIZON`, `LATEST`, `AT_TIMESTAMP` and
 * `SHARD_END` in place of a sequence number (KCL's `SentinelCheckpoint`); those are no positions.
 *
 * @param text what the daemon sent
 * @returns whether it is a sequence number
 */
export const isSequenceNumber = (text: string): boolean => DIGITS.test(text)

/**
 * Canonical decimals order by length, then by text: no conversion, no precision lost.
 *
 * @param a canonical decimal digits
 * @param b canonical decimal digits
 * @returns -1 if `a` comes first, 1 if `b` does, 0 if they are the same
 */
export const compareSequenceNumbers = (a: string, b: string): -1 | 0 | 1 =>
  a.length !== b.length ? (a.length < b.length ? -1 : 1) : a < b ? -1 : a > b ? 1 : 0

/**
 * -1 if `a` comes before `b` in the shard, 1 if it comes after it, 0 if they are the same.
 *
 * @param a a position of the shard
 * @param b a position of the same shard
 * @returns -1, 0 or 1
 */
export const compare = (a: Position, b: Position): -1 | 0 | 1 => {
  const bySequence = compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber)
  if (bySequence !== 0) return bySequence
  return a.subSequenceNumber < b.subSequenceNumber ? -1 : a.subSequenceNumber > b.subSequenceNumber ? 1 : 0
}

/**
 * The order of a shard.
 *
 * Laws: it agrees with the order of the sequence numbers as `BigInt`, then of the sub-sequence numbers.
 */
export const Ord: O.Ord<Position> = O.fromCompare(compare)

/**
 * The later of two positions.
 *
 * @function
 * @param a a position of the shard
 * @param b a position of the same shard
 * @returns the one that comes later
 */
export const max: (a: Position, b: Position) => Position = O.max(Ord)

/**
 * `4968..1/3`, for logs and errors.
 *
 * @param p the position
 * @returns its sequence number, a slash and its sub-sequence number
 */
export const show = (p: Position): string => `${p.sequenceNumber}/${p.subSequenceNumber}`
