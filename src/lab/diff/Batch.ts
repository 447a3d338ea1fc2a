/** A batch of a recording, as plain data for the threads of both handlers. */
import * as Filter from '../../core/Filter'
import type { Fields } from '../../protocol/KinesisRecord'
import * as Outcome from './Outcome'

/** What the recorded session made of the age of a record. */
export type Aged = 'old' | 'fresh' | 'unknown'

export interface Batch {
  readonly shardId: string
  readonly millisBehindLatest: number | null
  /** Milliseconds since 1970 when the batch came. */
  readonly wall: number
  /** `filter.maxAge` of the recorded session. */
  readonly maxAge: number | null
  readonly records: ReadonlyArray<Fields>
  /** For each record. */
  readonly aged: ReadonlyArray<Aged>
}

/** A record as another thread can have it. */
export const fieldsOf = (record: Fields): Fields => ({
  shardId: record.shardId,
  sequenceNumber: record.sequenceNumber,
  subSequenceNumber: record.subSequenceNumber,
  partitionKey: record.partitionKey,
  approximateArrivalTimestamp: record.approximateArrivalTimestamp,
  base64: record.base64
})

/**
 * Why the filter drops the record; null: the handler gets it. A recorded decision about its age holds for as long as
 * `filter.maxAge` is as recorded. For another one the record has the age that it had when its batch came.
 */
const dropOf = (filter: Filter.Filter, batch: Batch, index: number, record: Fields): Filter.Drop | null => {
  const byKey = Filter.dropOf({ ...filter, maxAge: null }, record, () => batch.wall)
  if (byKey !== null || filter.maxAge === null) return byKey
  const aged = filter.maxAge === batch.maxAge ? batch.aged[index] : 'unknown'
  if (aged === 'fresh') return null
  return Filter.dropOf(
    { ...filter, include: null, exclude: null },
    record,
    aged === 'old' ? () => Infinity : () => batch.wall
  )
}

/** The indices of the records that the handler gets; the outcomes of the others are filled in. */
export const sift = (
  batch: Batch,
  filter: Filter.Filter | undefined,
  outcomes: Array<Outcome.Outcome | undefined>
): ReadonlyArray<number> => {
  const passed: Array<number> = []
  for (const [index, record] of batch.records.entries()) {
    const drop = filter === undefined ? null : dropOf(filter, batch, index, record)
    if (drop === null) passed.push(index)
    else outcomes[index] = Outcome.make('drop', drop.reason)
  }
  return passed
}
