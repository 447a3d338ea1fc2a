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
  const bytes = Math.round(Number(match[1]) * (UNITS[match[2] ?? 'B'] ?? 1))
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
