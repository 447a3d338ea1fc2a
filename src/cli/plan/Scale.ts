/** Where a value lies on an axis, and the ticks: logarithmic where the values differ much, and with a place for 0. */

export interface Tick {
  readonly value: number
  /** From 0 to 1. */
  readonly at: number
}

export interface Scale {
  readonly at: (value: number) => number
  readonly ticks: ReadonlyArray<Tick>
}

/** Beyond this ratio a linear axis would put most values at its beginning. */
const WIDE = 15

/** What 0 takes of a logarithmic axis. */
const ZERO = 0.08

/** A round step, so that there are about five to `most`. */
const stepOf = (most: number): number => {
  const size = 10 ** Math.floor(Math.log10(most / 5))
  return ([1, 2, 5, 10].find((digit) => digit * size * 5 >= most) ?? 10) * size
}

const linear = (most: number): Scale => {
  const step = stepOf(most)
  const count = Math.max(1, Math.ceil((most * 1.02) / step))
  const at = (value: number): number => value / (step * count)
  return {
    at,
    ticks: Array.from({ length: count + 1 }, (_, i) => ({
      value: Number((i * step).toPrecision(12)),
      at: at(i * step)
    }))
  }
}

/** 1, 2, 5, 10, 20 ... as far as an amount of anything can go. */
const ROUND = Array.from({ length: 24 }, (_, i) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${i - 6}`))
).flat()

/** More ticks stand too close. */
const MANY = 8

const logarithmic = (least: number, most: number, hasZero: boolean): Scale => {
  const low = ROUND.findLast((one) => one <= least) ?? least
  const high = ROUND.find((one) => one >= most) ?? most
  const start = hasZero ? ZERO : 0
  const at = (value: number): number =>
    value <= 0 ? 0 : start + (Math.log(value / low) / Math.log(high / low)) * (1 - start)
  const all = ROUND.filter((one) => one >= low && one <= high)
  const shown = all.length <= MANY ? all : all.filter((one) => /^1(?:0*$|e)|^0\.0*1$/.test(String(one)))
  return { at, ticks: [...(hasZero ? [0] : []), ...shown].map((value) => ({ value, at: at(value) })) }
}

export const of = (values: ReadonlyArray<number>): Scale => {
  const positive = values.filter((value) => value > 0)
  const [least, most] = [Math.min(...positive), Math.max(...positive)]
  if (positive.length === 0) return linear(1)
  return most / least > WIDE ? logarithmic(least, most, positive.length < values.length) : linear(most)
}
