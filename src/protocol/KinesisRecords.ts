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
   * Writes the positions of the record at this index and of its neighbours, before any of these is made. Absent, or null: only
   * the records have them.
   *
   * @param into three numbers for each record: where its sequence number begins and ends in the text, and its subsequence number
   */
  readonly places?: (index: number, into: Float64Array) => Places | null
  /**
   * The record at this index without its payload, which is on `line`; nothing is made of the payload. Null as `at` is undefined.
   * Absent: only the records have it.
   */
  readonly outline?: (index: number) => Outline | null
}

/** A record without its payload. */
export interface Outline extends Omit<KinesisRecord.Fields, 'shardId' | 'base64'> {
  /** Where its payload begins and ends on the line: base64, in ASCII, without a character that JSON would escape. */
  readonly from: number
  readonly to: number
}

/** Positions of records that follow each other. */
export interface Places {
  /** In ASCII. All their sequence numbers stand in it, among other names. */
  readonly text: string
  /** The index of the first record, and how many there are. */
  readonly first: number
  readonly count: number
}

export const toArray = (records: KinesisRecords): ReadonlyArray<KinesisRecord.KinesisRecord> =>
  Array.from({ length: records.length }, (_, index) => records.at(index) ?? missing(index))

const missing = (index: number): never => {
  throw new RangeError(`there is no record ${index}`)
}

/** The bytes of all payloads. */
export const bytes = (records: KinesisRecords): number =>
  records.bytes ?? toArray(records).reduce((sum, record) => sum + KinesisRecord.size(record), 0)
