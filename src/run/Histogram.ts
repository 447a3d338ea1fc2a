/** How long something took, as Prometheus counts it: how often up to each bound, how often in all, and the sum. */

/** Seconds: from a handler that only looks at a record to one that waits for a slow service. */
export const BOUNDS: ReadonlyArray<number> = [
  0.000_01, 0.000_1, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
]

export interface Histogram {
  /** How many lie between the bound before and that of the same index; the last ones lie above all bounds. */
  readonly buckets: ReadonlyArray<number>
  /** Seconds. */
  readonly sum: number
}

export const empty: Histogram = { buckets: Array.from({ length: BOUNDS.length + 1 }, () => 0), sum: 0 }

export const count = ({ buckets }: Histogram): number => buckets.reduce((sum, n) => sum + n, 0)

export const add = (a: Histogram, b: Histogram): Histogram => ({
  buckets: a.buckets.map((n, i) => n + (b.buckets[i] ?? 0)),
  sum: a.sum + b.sum
})

/** One that is being filled. */
export interface Filling {
  readonly add: (seconds: number) => void
  /** Adds this many that took the given time each. */
  readonly addSeveral: (count: number, seconds: number) => void
  readonly read: () => Histogram
}

export const make = (): Filling => {
  const buckets = [...empty.buckets]
  let sum = 0
  const addSeveral = (count: number, seconds: number): void => {
    let i = 0
    while (i < BOUNDS.length && seconds > (BOUNDS[i] ?? 0)) i++
    buckets[i] = (buckets[i] ?? 0) + count
    sum += seconds * count
  }
  return {
    add: (seconds) => addSeveral(1, seconds),
    addSeveral,
    read: () => ({ buckets: [...buckets], sum })
  }
}
