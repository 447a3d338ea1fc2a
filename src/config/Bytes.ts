/** `500kB`, `16MiB`, or a number of bytes. */
import * as t from 'io-ts'

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3
}

const SHAPE = /^([0-9]+(?:\.[0-9]+)?) ?(B|kB|MB|GB|KiB|MiB|GiB)?$/

/** Bytes, or undefined when the value is no size. */
export const parse = (value: unknown): number | undefined => {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined
  const match = typeof value === 'string' ? SHAPE.exec(value.trim()) : null
  if (match === null) return undefined
  const exact = Number(match[1]) * (UNITS[match[2] ?? 'B'] ?? 1)
  // What is not 0 does not become 0.
  const bytes = exact === 0 ? 0 : Math.max(1, Math.round(exact))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

export const Bytes = new t.Type<number, number>(
  'a size such as 500kB, 16MiB or a number of bytes',
  (u): u is number => typeof u === 'number',
  (u, c) => {
    const bytes = parse(u)
    return bytes === undefined ? t.failure(u, c) : t.success(bytes)
  },
  t.identity
)

const isAbove = (u: unknown): u is number => typeof u === 'number' && u > 0

/** Of what nothing would fit into otherwise. */
export const Above = new t.Type<number, number>(
  'a size above 0, such as 500kB, 16MiB or a number of bytes',
  isAbove,
  (u, c) => {
    const bytes = parse(u)
    return isAbove(bytes) ? t.success(bytes) : t.failure(u, c)
  },
  t.identity
)
