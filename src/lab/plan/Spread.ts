/**
 * How a quantity is spread over time: for how many milliseconds it had which value. The mean and the worst value are exact;
 * a median or another quantile is at most 0.2 % above the true one, so that the memory does not grow with the recording.
 *
 * A library for this, such as hdr-histogram-js, counts events. Here a value is weighted with the time that it lasted, and one
 * that grows with the time is added as a range.
 */

export interface Quantiles {
  readonly mean: number
  readonly median: number
  readonly p99: number
  readonly worst: number
}

export interface Spread {
  /** The value lasted this long. With a weight of 0 it counts for the worst value alone. */
  readonly add: (value: number, weight: number) => void
  /** The value grew from `from` to `to`, by 1 for each millisecond. */
  readonly addGrowing: (from: number, to: number) => void
  /** Takes in all that another one has, which has the same steps. */
  readonly absorb: (other: Spread) => void
  readonly weights: () => ReadonlyMap<number, number>
  readonly read: () => Quantiles
}

/** How many steps there are from a value to its double: 512 for values of any kind, 64 where whole ranges are added. */
export type Steps = 512 | 64

/** Values below twice the steps have a bucket of their own. */
const bucketOf = (value: number, steps: Steps): number => {
  if (value < 2 * steps) return value
  const doublings = Math.floor(Math.log2(value)) - Math.log2(steps)
  return doublings * steps + Math.floor(value / 2 ** doublings)
}

/** The first value above the bucket. */
const endOf = (bucket: number, steps: Steps): number => {
  if (bucket < 2 * steps) return bucket + 1
  const doublings = Math.floor(bucket / steps) - 1
  return (bucket - doublings * steps + 1) * 2 ** doublings
}

class Weights implements Spread {
  readonly #weights = new Map<number, number>()
  #sum = 0
  #weight = 0
  #worst = 0

  constructor(private readonly steps: Steps) {}

  #put(bucket: number, weight: number): void {
    this.#weights.set(bucket, (this.#weights.get(bucket) ?? 0) + weight)
  }

  readonly add = (value: number, weight: number): void => {
    if (value > this.#worst) this.#worst = value
    if (weight <= 0) return
    this.#put(bucketOf(Math.floor(value), this.steps), weight)
    this.#sum += value * weight
    this.#weight += weight
  }

  readonly addGrowing = (from: number, to: number): void => {
    if (to > this.#worst) this.#worst = to
    if (to <= from) return
    for (let at = from; at < to;) {
      const bucket = bucketOf(Math.floor(at), this.steps)
      const end = Math.min(endOf(bucket, this.steps), to)
      this.#put(bucket, end - at)
      at = end
    }
    this.#sum += ((from + to) / 2) * (to - from)
    this.#weight += to - from
  }

  readonly weights = (): ReadonlyMap<number, number> => this.#weights

  readonly absorb = (other: Spread): void => {
    const { mean, worst } = other.read()
    let weight = 0
    for (const [bucket, more] of other.weights()) {
      this.#put(bucket, more)
      weight += more
    }
    this.#sum += mean * weight
    this.#weight += weight
    this.#worst = Math.max(this.#worst, worst)
  }

  readonly read = (): Quantiles => {
    const buckets = [...this.#weights].sort(([one], [other]) => one - other)
    const quantile = (share: number): number => {
      let left = this.#weight * share
      for (const [bucket, weight] of buckets) {
        left -= weight
        if (left <= 0) return Math.min(endOf(bucket, this.steps) - 1, this.#worst)
      }
      return 0
    }
    const mean = this.#weight === 0 ? 0 : this.#sum / this.#weight
    return { mean, median: quantile(0.5), p99: quantile(0.99), worst: this.#worst }
  }
}

export const make = (steps: Steps = 512): Spread => new Weights(steps)
