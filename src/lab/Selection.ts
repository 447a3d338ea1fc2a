/** Which records of a batch are recorded, and what the inputs about them become where some are left out. */
import * as crypto from 'node:crypto'
import type * as Input from '../core/Input'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import type * as KinesisRecords from '../protocol/KinesisRecords'
import * as Mask from './Mask'

export interface Selection {
  readonly records: KinesisRecords.KinesisRecords
  /** Records that the mask failed for. */
  readonly failed: number
  /** The new index of each record, or -1; null: all of them are there. */
  readonly places: Int32Array | null
}

/** The same keys on every shard, in every process and at all times. */
const isSampled = (key: string, sampling: number): boolean =>
  sampling >= 1 || crypto.createHash('sha256').update(key).digest().readUInt32BE() / 2 ** 32 < sampling

/** @param mask null: nothing is masked */
export const of = (
  records: KinesisRecords.KinesisRecords,
  sampling: number,
  mask: Mask.Mask | null
): Selection => {
  if (sampling >= 1 && mask === null) return { records, failed: 0, places: null }
  const kept: Array<KinesisRecord> = []
  const places = new Int32Array(records.length).fill(-1)
  let failed = 0
  for (let i = 0; i < records.length; i++) {
    const record = records.at(i)
    if (record === undefined || !isSampled(record.partitionKey, sampling)) continue
    const masked = mask === null ? record : Mask.apply(mask, record)
    if (masked === null) failed += 1
    else places[i] = kept.push(masked) - 1
  }
  return { records: kept, failed, places: kept.length === records.length ? null : places }
}

/** The input as one about the records that are left; null: it is about others. */
export const input = (places: Int32Array, given: Input.Input): Input.Input | null => {
  const placeOf = (index: number): number => places[index] ?? -1
  switch (given._tag) {
    case 'Begun': {
      const indices = given.indices.map(placeOf).filter((index) => index >= 0)
      return indices.length === 0 ? null : { ...given, indices }
    }
    case 'Delivered': {
      const indices = given.indices.map(placeOf).filter((index) => index >= 0)
      return indices.length === 0 ? null : { ...given, indices }
    }
    case 'Handled': {
      const kept = Array.from({ length: given.count }, (_, i) => placeOf(given.index + i)).filter(
        (i) => i >= 0
      )
      const [index] = kept
      return index === undefined ? null : { ...given, index, count: kept.length }
    }
    case 'Dropped':
    case 'Threw':
    case 'Undelivered':
    case 'Buried': {
      const index = placeOf(given.index)
      return index < 0 ? null : { ...given, index }
    }
    case 'Received':
    case 'Ticked':
    case 'Drained':
    case 'Closed':
    case 'Broken':
    case 'Crashed':
      return given
  }
}
