/** What is found about one record, as plain data. */
import type { Either } from 'fp-ts/Either'
import type { Lease } from '../../aws/Lease'
import type { DeadLetter } from '../../core/DeadLetter'
import type { Mark } from '../../deadLetters/DeadLetterMarks'
import type { Entry } from '../../host/Quarantine'
import type { Position } from '../../protocol/Position'

/** A record by its place; without a sub-sequence number, all records of the aggregated one. */
export interface Place {
  readonly shardId: string
  readonly sequenceNumber: string
  readonly subSequenceNumber: number | null
}

/** Left: why it was not looked at, in a sentence. */
export type Looked<A> = Either<string, A>

export interface Letters {
  readonly file: string
  /** The newest letter of each record that is not done. */
  readonly open: ReadonlyArray<{ readonly letter: DeadLetter; readonly letters: number }>
  readonly done: ReadonlyArray<Pick<Mark, 'reason' | 'time'>>
  /** The streams of letters of this place that are of another stream. */
  readonly others: ReadonlyArray<string>
}

/** Code that ended its thread, or never returned, at this record. */
export interface Ends {
  readonly file: string
  /** The handler is not called with it any more. */
  readonly charged: Entry | null
  /** It runs alone next time. */
  readonly suspect: Entry | null
}

export interface Leased {
  readonly table: string
  /** null: the table has no row of the shard. */
  readonly lease: Lease | null
}

/** Outputs of the record in the files of a sink. */
export interface Delivered {
  readonly sink: string
  readonly files: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
}

/** What the handler, as it is now, makes of the data. */
export interface Decided {
  /** Where the data are from. */
  readonly data: string
  readonly decision: string
  readonly reason: string | null
  readonly outputs: ReadonlyArray<{ readonly sink: string; readonly key?: string; readonly value: unknown }>
}

export interface Facts {
  readonly place: Place
  readonly stream: string | null
  readonly letters: Looked<Letters>
  readonly ends: Looked<Ends>
  readonly lease: Looked<Leased>
  /** By sink of the configuration. */
  readonly delivered: ReadonlyArray<Looked<Delivered>>
  readonly decided: Looked<Decided>
}

export const isAt = (place: Place, shardId: string, position: Position): boolean =>
  place.shardId === shardId &&
  place.sequenceNumber === position.sequenceNumber &&
  (place.subSequenceNumber === null || place.subSequenceNumber === position.subSequenceNumber)

/** `shardId-000000000000/4959...`, perhaps with `/SUB`; null: it is something else. */
export const placeOf = (text: string): Place | null => {
  const match = /^([^/\s]+)\/(0|[1-9][0-9]*)(?:\/(0|[1-9][0-9]*))?$/.exec(text)
  if (match === null) return null
  const [, shardId = '', sequenceNumber = '', sub] = match
  return { shardId, sequenceNumber, subSequenceNumber: sub === undefined ? null : Number(sub) }
}
