/** The space of hash keys: Kinesis puts a record on the shard whose range holds the MD5 of its partition key. */
import { createHash } from 'node:crypto'

/** Both ends belong to it, as in Kinesis. */
export interface HashRange {
  readonly first: bigint
  readonly last: bigint
}

/** Hash keys have 128 bits. */
export const SPACE = 1n << 128n

export const hashOf = (partitionKey: string): bigint =>
  BigInt(`0x${createHash('md5').update(partitionKey, 'utf8').digest('hex')}`)

/** The whole space in this many ranges of equal width, as CreateStream makes them. */
export const divide = (count: number): ReadonlyArray<HashRange> =>
  Array.from({ length: count }, (_, i) => ({
    first: (SPACE * BigInt(i)) / BigInt(count),
    last: (SPACE * BigInt(i + 1)) / BigInt(count) - 1n
  }))

/** The lower and the upper half. */
export const halve = ({ first, last }: HashRange): readonly [HashRange, HashRange] => {
  const middle = first + (last - first) / 2n
  return [
    { first, last: middle },
    { first: middle + 1n, last }
  ]
}

export const contains = ({ first, last }: HashRange, hash: bigint): boolean => first <= hash && hash <= last

/** 2^128 divided by the golden ratio: its multiples fall evenly over the space, however many are taken. */
const GOLDEN = 210306068529402873165736369884012333109n

/**
 * The place of the record of a line that has no key: one range after the other in turn, and evenly over each of
 * them, so that the halves of a split share too.
 */
export const inTurn = (ranges: ReadonlyArray<HashRange>, line: number): bigint => {
  const { first, last } = ranges[line % ranges.length] ?? { first: 0n, last: SPACE - 1n }
  const width = last - first + 1n
  return first + (((BigInt(line) * GOLDEN) % SPACE) * width) / SPACE
}
