/** Who comes after whom: the records of one partition key, in order. */
import type { KinesisRecords } from '../protocol/KinesisRecords'

/** Computed once for a batch, and only when its handler is an effect or takes several. */
export interface Links {
  /** The first record of each key, in order. */
  readonly heads: ReadonlyArray<number>
  /** For each record the next one of the same key, or -1. */
  readonly following: Int32Array
}

/** Of the records from the index `from` on. */
export const link = (records: KinesisRecords, from: number): Links => {
  const following = new Int32Array(records.length).fill(-1)
  const heads: Array<number> = []
  const last = new Map<string, number>()
  for (let i = from; i < records.length; i++) {
    const key = records.at(i)?.partitionKey ?? ''
    const before = last.get(key)
    if (before === undefined) heads.push(i)
    else following[before] = i
    last.set(key, i)
  }
  return { heads, following }
}
