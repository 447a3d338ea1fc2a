/**
 * Sequence numbers that look like those of Kinesis (56 digits, increasing, far apart) and are a function of the line
 * a record stands on: a resumed run gives the same ones, without having read what came before.
 */

const FIRST = 49590338271490256608559692538361571095921575989136588898n

/** 2^80: Kinesis leaves gaps of this order between the records of a shard. */
const GAP = 1n << 80n

/** @param line counted from 1. */
export const ofLine = (line: number): string => (FIRST + GAP * BigInt(line)).toString()

/** The last line at or before a sequence number; 0 when it is before all of them. */
export const lineOf = (sequenceNumber: string): number => {
  const distance = BigInt(sequenceNumber) - FIRST
  return distance < 0n ? 0 : Number(distance / GAP)
}
