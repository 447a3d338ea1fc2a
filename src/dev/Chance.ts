/**
 * Seeded chances. Each is a hash of the seed and of its subject, not the next of a series, so that it does not
 * depend on the order in which shards take their turns.
 */
import { createHash } from 'node:crypto'

/** In [0, 1), the same for the same words. */
export type Chance = (...about: ReadonlyArray<string | number>) => number

const BYTES = 6

export const make =
  (seed: number): Chance =>
  (...about) =>
    createHash('md5')
      .update(`${seed}:${about.join(':')}`)
      .digest()
      .readUIntBE(0, BYTES) /
    2 ** (8 * BYTES)
