/** The records of one batch, in the shard's order. */
import * as KinesisRecord from './KinesisRecord'

/**
 * An array is one. The codec gives one that makes a record when it is asked for: a record that was asked for twice
 * is equal, but need not be the same object.
 */
export interface KinesisRecords {
  readonly length: number
  /** As of an array: undefined beyond the end, and after a release. A negative index is not asked for. */
  readonly at: (index: number) => KinesisRecord.KinesisRecord | undefined
  /** No record is asked for any more: what they are made of may be used again. */
  readonly release?: () => void
  /** The bytes of all payloads, where they are known without a look at each record. */
  readonly bytes?: number
  /** The line of the daemon that they are made of, until the release; absent where they are made of something else. */
  readonly line?: Uint8Array
  /**
   * The positions of the record at this index and of its neighbours, the same object for each of them; absent, or null: only
   * the records have them.
   */
  readonly places?: (index: number) => Places | null
}

/** Positions of records that follow each other, before any of these is made. */
export interface Places {
  /** In ASCII. All their sequence numbers stand in it, among other names. */
  readonly text: string
  /** The index of the first record. */
  readonly first: number
  /** Three for each record: where its sequence number begins and ends, and its subsequence number. */
  readonly numbers: ReadonlyArray<number>
}

export const toArray = (records: KinesisRecords): ReadonlyArray<KinesisRecord.KinesisRecord> =>
  Array.from({ length: records.length }, (_, index) => records.at(index) ?? missing(index))

const missing = (index: number): never => {
  throw new RangeError(`there is no record ${index}`)
}

/** The bytes of all payloads. */
export const bytes = (records: KinesisRecords): number =>
  records.bytes ?? toArray(records).reduce((sum, record) => sum + KinesisRecord.size(record), 0)
