/**
 * The lease on a shard as Amazon's daemon checkpoints it: what a checkpoint may name, and what is stored.
 *
 * Source: KCL 3.1.3, ShardRecordProcessorCheckpointer (range, last checkpoint, end of the shard), ExtendedSequenceNumber
 * (order and equality), DynamoDBCheckpointer.setCheckpoint (a lease that another worker holds).
 */
import * as Position from './Position'
import type { Checkpoint } from './Reply'

/** KCL's ExtendedSequenceNumber: digits, or a sentinel in their place. */
export interface Place {
  readonly sequenceNumber: string
  readonly subSequenceNumber: number
}

export interface Lease {
  /** `lastCheckpointValue`; at first what the lease table has. */
  readonly last: Place
  /** `largestPermittedCheckpointValue`: the last record that was delivered. */
  readonly permitted: Place
  /** `sequenceNumberAtShardEnd`: what was permitted before the shard ended; null while it goes on. */
  readonly end: Place | null
  /** False once another worker has the lease: nothing is written any more. */
  readonly isHeld: boolean
}

/** What a lease table holds, for those who read positions: null is a place before the first record. */
export type Stored = Position.Position | 'SHARD_END' | null

export type Verdict =
  | { readonly _tag: 'Refused'; readonly error: string }
  /** A success without a write: the table has this value. */
  | { readonly _tag: 'Unchanged' }
  | { readonly _tag: 'Writes'; readonly place: Place }

const refused = (error: string): Verdict => ({ _tag: 'Refused', error })

const SHARD_END: Place = { sequenceNumber: 'SHARD_END', subSequenceNumber: 0 }

/** InitializeTask.call: the last checkpoint is all that is permitted at first. */
export const acquire = (place: Place): Lease => ({ last: place, permitted: place, end: null, isHeld: true })

/** ProcessTask.filterAndGetMaxExtendedSequenceNumber: an empty batch, or an older record, permits nothing new. */
export const deliver = (lease: Lease, last: Place | undefined): Lease =>
  last !== undefined && compare(last, lease.permitted) > 0
    ? { ...lease, permitted: Position.make(last.sequenceNumber, last.subSequenceNumber) }
    : lease

/** ShutdownTask.applicationCheckpointAndVerification. */
export const reachEnd = (lease: Lease): Lease => ({ ...lease, end: lease.permitted, permitted: SHARD_END })

/** Another worker has taken it. */
export const lose = (lease: Lease): Lease => ({ ...lease, isHeld: false })

/** ShutdownTask throws without it, once a second for ever. */
export const isEnded = ({ last }: Lease): boolean => isSame(last, SHARD_END)

export const stored = (lease: Lease): Stored => storedAt(lease.last)

export const storedAt = (place: Place): Stored =>
  isSame(place, SHARD_END)
    ? 'SHARD_END'
    : Position.isSequenceNumber(place.sequenceNumber)
      ? Position.make(place.sequenceNumber, place.subSequenceNumber)
      : null

/** `checkpoint()`, `checkpoint(sequenceNumber)` and `checkpoint(sequenceNumber, subSequenceNumber)`. */
export const judge = (lease: Lease, { sequenceNumber, subSequenceNumber }: Checkpoint): Verdict => {
  if (sequenceNumber === null) return advance(lease, lease.permitted)
  const place = { sequenceNumber, subSequenceNumber: subSequenceNumber ?? 0 }
  const isInRange =
    place.subSequenceNumber >= 0 &&
    isComparable(place) &&
    compare(lease.last, place) <= 0 &&
    compare(place, lease.permitted) <= 0
  return isInRange ? advance(lease, place) : refused('IllegalArgumentException')
}

/**
 * `advancePosition`. The number of the last record stands for the end of the shard; but if it is the last checkpoint
 * already nothing is written, and the shard has no end.
 */
const advance = ({ last, end, isHeld }: Lease, place: Place): Verdict => {
  if (isSame(place, last)) return { _tag: 'Unchanged' }
  if (!isHeld) return refused('ShutdownException')
  return { _tag: 'Writes', place: end !== null && isSame(place, end) ? SHARD_END : place }
}

/** By text: `7` and `007` are equal in order, and two values. */
const isSame = (a: Place, b: Place): boolean =>
  a.sequenceNumber === b.sequenceNumber && a.subSequenceNumber === b.subSequenceNumber

/** The sentinels in the order of a shard; digits are 0. */
const RANKS: Readonly<Record<string, number>> = {
  AT_TIMESTAMP: -3,
  TRIM_HORIZON: -2,
  LATEST: -1,
  SHARD_END: 1
}

const DIGITS = /^[0-9]+$/

const isComparable = ({ sequenceNumber }: Place): boolean =>
  DIGITS.test(sequenceNumber) || Object.hasOwn(RANKS, sequenceNumber)

const canonical = (digits: string): string => digits.replace(/^0+(?=[0-9])/, '')

/** SHARD_END is the end of the shard whatever follows it; of equal sequence numbers the second one decides. */
const compare = (a: Place, b: Place): number => {
  const [first, second] = [RANKS[a.sequenceNumber] ?? 0, RANKS[b.sequenceNumber] ?? 0]
  if (first !== second) return first - second
  if (first > 0) return 0
  const bySequence =
    first < 0 ? 0 : Position.compareSequenceNumbers(canonical(a.sequenceNumber), canonical(b.sequenceNumber))
  return bySequence === 0 ? a.subSequenceNumber - b.subSequenceNumber : bySequence
}
