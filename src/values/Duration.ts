/** `250ms`, `30s`, `5m`, `1h`, `1d`, or a number of seconds. In the program a duration is milliseconds. */
import { parsed, type Codec } from './Codec'

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000
}

const SHAPE = /^\s*([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?\s*$/

/** Whole milliseconds. A value that is not 0 does not become 0, since 0 turns things off. */
const whole = (millis: number): number | undefined => {
  const rounded = millis === 0 ? 0 : Math.max(1, Math.round(millis))
  return Number.isSafeInteger(rounded) ? rounded : undefined
}

/** Milliseconds, or undefined when the value is not a duration. Negative and infinite values are not durations. */
export const parse = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value >= 0 ? whole(value * 1000) : undefined
  if (typeof value !== 'string') return undefined
  const match = SHAPE.exec(value)
  return match === null ? undefined : whole(Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 1000))
}

/** As in the YAML, with its unit: `250ms`, `30s`, `5m`, `1h`, `1d`; 0 where that turns something off. */
export type Written = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}` | 0

/** The shortest exact way to write it: `90s`, `5m`, `0s`. */
export const show = (millis: number): Written & string => {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = UNITS[unit] ?? 1
    if (millis >= size && millis % size === 0) return `${millis / size}${unit}`
  }
  return millis === 0 ? '0s' : `${millis}ms`
}

const isDuration = (u: unknown): u is number => typeof u === 'number' && u >= 0 && Number.isSafeInteger(u)

const which = (name: string, least: number): Codec<number, Written> =>
  parsed(
    name,
    {
      type: ['string', 'number'],
      pattern: SHAPE.source,
      ...(least === 0 ? { minimum: 0 } : { exclusiveMinimum: 0 })
    },
    { is: (u): u is number => isDuration(u) && u >= least, parse, encode: show }
  )

export const Duration = which('a duration such as 250ms, 30s, 5m, 1h, 1d or a number of seconds', 0)

/** For deadlines that nothing could meet if they were 0. */
export const AboveZero = which('a duration above 0, such as 250ms, 30s, 5m, 1h, 1d or a number of seconds', 1)

/** For a property of which the daemon takes 0 as unset. */
export const Positive = which(
  'a duration of 1ms or more, such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
  1
)
