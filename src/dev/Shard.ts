/** The shards of the local stream, the parent of a split and its children included. */
import * as HashRange from './HashRange'

export interface Shard {
  /** `shardId-000000000000`. */
  readonly id: string
  /** The shard whose end must be checkpointed before this one is read; null for a first one. */
  readonly parent: string | null
  /** Its records come from the lines after this one, */
  readonly after: number
  /** and up to this one; null: it stays open. */
  readonly until: number | null
}

/** A shard that is dealt records by the hashes of their keys. */
export interface Ranged extends Shard {
  readonly range: HashRange.HashRange
}

const idOf = (index: number): string => `shardId-${String(index).padStart(12, '0')}`

/**
 * The given number of shards of equal width. With a line to split after, the first of them ends there and two children with
 * half of its range each take over: known from the start, so that a resumed run finds the same shards.
 */
export const make = (count: number, splitAfter: number | null): ReadonlyArray<Ranged> => {
  const first = HashRange.divide(count).map((range, i): Ranged => ({
    id: idOf(i),
    range,
    parent: null,
    after: 0,
    until: i === 0 ? splitAfter : null
  }))
  const parent = first[0]
  if (splitAfter === null || parent === undefined) return first
  const children = HashRange.halve(parent.range).map((range, i): Ranged => ({
    id: idOf(count + i),
    range,
    parent: parent.id,
    after: splitAfter,
    until: null
  }))
  return [...first, ...children]
}

/** Whether the record of a line with this hash belongs to the shard. */
export const holds = (shard: Ranged, hash: bigint, line: number): boolean =>
  line > shard.after && (shard.until === null || line <= shard.until) && HashRange.contains(shard.range, hash)
