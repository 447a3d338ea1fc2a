/** A function of the handler's module that takes out of a record what must not be recorded. */
import * as KinesisRecord from '../protocol/KinesisRecord'

/** What is recorded of a record in place of what it has. */
export interface Masked {
  /** The payload; if it is left out, it stays as it is. */
  readonly data?: string | Uint8Array
  /** The partition key; if it is left out, it stays as it is. */
  readonly partitionKey?: string
}

/**
 * The export `mask` of a handler's module: what of a record is recorded. It runs on the thread that writes the recording, on
 * each record that is recorded, and only if `record.data` is `hash` or `full`. A record for which it throws, or returns
 * something else, is left out.
 */
export type Mask = (record: KinesisRecord.KinesisRecord) => Masked

const isMasked = (value: unknown): value is Masked => {
  if (typeof value !== 'object' || value === null || 'then' in value) return false
  const { data, partitionKey } = value as Record<string, unknown>
  return (
    (data === undefined || typeof data === 'string' || data instanceof Uint8Array) &&
    (partitionKey === undefined || typeof partitionKey === 'string')
  )
}

/** null: the mask failed, and nothing of the record may be written. */
export const apply = (
  mask: Mask,
  record: KinesisRecord.KinesisRecord
): KinesisRecord.KinesisRecord | null => {
  try {
    const masked: unknown = mask(record)
    if (!isMasked(masked)) return null
    const { data, partitionKey = record.partitionKey } = masked
    const base64 = data === undefined ? record.base64 : Buffer.from(data).toString('base64')
    const { shardId, sequenceNumber, subSequenceNumber, approximateArrivalTimestamp } = record
    return KinesisRecord.make({
      shardId,
      sequenceNumber,
      subSequenceNumber,
      approximateArrivalTimestamp,
      partitionKey,
      base64
    })
  } catch {
    return null
  }
}
