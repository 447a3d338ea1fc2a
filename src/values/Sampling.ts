/** Which of the traces that records continue are sampled: a share of them, or those that the records say. */
import { guarded } from './Codec'

export type Sampling = number | 'parent'

export const Codec = guarded(
  'a share from 0 to 1, or parent',
  { type: ['number', 'string'], minimum: 0, maximum: 1, pattern: '^parent$' },
  (u): u is Sampling => u === 'parent' || (typeof u === 'number' && u >= 0 && u <= 1)
)

/** None of them would be a record of nothing. */
export const Share = guarded(
  'a share above 0, up to 1',
  { type: 'number', exclusiveMinimum: 0, maximum: 1 },
  (u): u is number => typeof u === 'number' && u > 0 && u <= 1
)
