/** Which records the handler does not get, as the configuration says: too old, or with a partition key that is not wanted. */
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Glob from './Glob'

export interface Filter {
  /** Milliseconds since Kinesis stored the record; null: no record is too old. */
  readonly maxAge: number | null
  /** A record passes when its partition key matches one of them; null: each key does. */
  readonly include: ReadonlyArray<string> | null
  /** Unless it matches one of these. */
  readonly exclude: ReadonlyArray<string> | null
}

/** Why a record is dropped: what of it, and a sentence without its data. */
export interface Drop {
  readonly by: 'age' | 'key'
  readonly reason: string
}

const OLD: Drop = { by: 'age', reason: 'the record is older than filter.maxAge' }
const NOT_INCLUDED: Drop = {
  by: 'key',
  reason: 'the partition key matches no pattern of filter.include'
}
const EXCLUDED: Drop = { by: 'key', reason: 'the partition key matches a pattern of filter.exclude' }

/** undefined: nothing is dropped. */
export const make = (filter: Filter): Filter | undefined =>
  filter.maxAge === null && filter.include === null && filter.exclude === null ? undefined : filter

type OfRecord = Pick<KinesisRecord, 'partitionKey' | 'approximateArrivalTimestamp'>

/** A record without a timestamp is never too old. */
const isOld = (
  { maxAge }: Filter,
  { approximateArrivalTimestamp: at }: OfRecord,
  now: () => number
): boolean => maxAge !== null && at !== null && now() - at > maxAge

const matches = (patterns: ReadonlyArray<string>, key: string): boolean =>
  patterns.some((pattern) => Glob.matches(pattern, key))

/**
 * Why the record is dropped; null: the handler gets it.
 *
 * @param now milliseconds since 1970
 */
export const dropOf = (filter: Filter, record: OfRecord, now: () => number): Drop | null => {
  const { include, exclude } = filter
  const { partitionKey } = record
  if (exclude !== null && matches(exclude, partitionKey)) return EXCLUDED
  if (include !== null && !matches(include, partitionKey)) return NOT_INCLUDED
  return isOld(filter, record, now) ? OLD : null
}
