/** `500kB`, `16MiB`, or a number of bytes. */
import { parsed, type Codec } from './Codec'

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3
}

const SHAPE = /^\s*([0-9]+(?:\.[0-9]+)?) ?(B|kB|MB|GB|KiB|MiB|GiB)?\s*$/

/** Bytes, or undefined when the value is no size. */
export const parse = (value: unknown): number | undefined => {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined
  const match = typeof value === 'string' ? SHAPE.exec(value) : null
  if (match === null) return undefined
  const exact = Number(match[1]) * (UNITS[match[2] ?? 'B'] ?? 1)
  // What is not 0 does not become 0.
  const bytes = exact === 0 ? 0 : Math.max(1, Math.round(exact))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** As in the YAML, with its unit: `500kB`, `16MiB`; or a number of bytes. */
export type Written = `${number}${'B' | 'kB' | 'MB' | 'GB' | 'KiB' | 'MiB' | 'GiB'}` | number

const isSize = (u: unknown): u is number => typeof u === 'number'

const encode = (bytes: number): Written => bytes

/** A size within these bounds. */
export const between = (name: string, least: number, most: number): Codec<number, Written> =>
  parsed(
    name,
    { type: ['string', 'number'], pattern: SHAPE.source, minimum: least, maximum: most },
    { is: (u): u is number => isSize(u) && u >= least && u <= most, parse, encode }
  )

export const Bytes = between('a size such as 500kB, 16MiB or a number of bytes', 0, Number.MAX_SAFE_INTEGER)

/** For limits into which nothing would fit if they were 0. */
export const AboveZero = between(
  'a size above 0, such as 500kB, 16MiB or a number of bytes',
  1,
  Number.MAX_SAFE_INTEGER
)
