/** Patterns for a text, in which `*` stands for any characters. */
import { parsed } from './Codec'

/** As long as a partition key may be. */
const MOST = 256

const isPattern = (u: unknown): u is string => typeof u === 'string' && u !== '' && u.length <= MOST

const arePatterns = (u: unknown): u is ReadonlyArray<string> =>
  Array.isArray(u) && u.length > 0 && u.every(isPattern)

/** One or several. */
export const Patterns = parsed<ReadonlyArray<string>, string | ReadonlyArray<string>>(
  `a pattern such as "eu-*", of up to ${MOST} characters, or a list of them`,
  {
    type: ['string', 'array'],
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    minLength: 1
  },
  {
    is: arePatterns,
    parse: (u) => (typeof u === 'string' ? [u] : u),
    encode: (patterns) => (patterns.length === 1 ? (patterns[0] ?? '') : patterns)
  }
)
