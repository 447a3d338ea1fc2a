/** `250ms`, `30s`, `5m`, `1h`, `1d`, or a number of seconds. In the program a duration is milliseconds. */
import * as t from 'io-ts'

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000
}

const SHAPE = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?$/

/** Whole milliseconds; what is not 0 does not become 0, since that turns things off. */
const whole = (millis: number): number | undefined => {
  const rounded = millis === 0 ? 0 : Math.max(1, Math.round(millis))
  return Number.isSafeInteger(rounded) ? rounded : undefined
}

/** Milliseconds, or undefined when the value is no duration. Negative and infinite ones are none. */
export const parse = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value >= 0 ? whole(value * 1000) : undefined
  if (typeof value !== 'string') return undefined
  const match = SHAPE.exec(value.trim())
  return match === null ? undefined : whole(Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 1000))
}

/** The shortest exact way to write it: `90s`, `5m`, `0s`. */
export const show = (millis: number): string => {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = UNITS[unit] ?? 1
    if (millis >= size && millis % size === 0) return `${millis / size}${unit}`
  }
  return millis === 0 ? '0s' : `${millis}ms`
}

export const Duration = new t.Type<number, string>(
  'a duration such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
  (u): u is number => typeof u === 'number' && u >= 0 && Number.isSafeInteger(u),
  (u, c) => {
    const millis = parse(u)
    return millis === undefined ? t.failure(u, c) : t.success(millis)
  },
  show
)

const isAbove = (u: unknown): u is number => Duration.is(u) && u > 0

/** Of what would never be in time otherwise. */
export const Above = new t.Type<number, string>(
  'a duration above 0, such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
  isAbove,
  (u, c) => {
    const millis = parse(u)
    return isAbove(millis) ? t.success(millis) : t.failure(u, c)
  },
  show
)
