/** Which policies no other one beats, and which of them to take for a bound. */
import type { Figures } from './Plan'

/** What is weighed: the writes to the lease table, and the records that a crash brings again on average. */
const writes = ({ checkpoints }: Figures): number => checkpoints.writes
const replay = ({ again }: Figures): number => again.records.mean
const worst = ({ again }: Figures): number => again.records.worst

/** At least as good in both, and better in one; of two that are equal the first one is taken. */
const beats = (one: Figures, other: Figures, isFirst: boolean): boolean => {
  const isAsGood = writes(one) <= writes(other) && replay(one) <= replay(other)
  const isEqual = writes(one) === writes(other) && replay(one) === replay(other)
  return isAsGood && (!isEqual || isFirst)
}

/** For each policy whether no other one beats it. */
export const front = (policies: ReadonlyArray<Figures>): ReadonlyArray<boolean> =>
  policies.map((one, index) => !policies.some((other, at) => at !== index && beats(other, one, at < index)))

export type Suggestion =
  /** The one with the fewest writes that keeps within the bound, by its index. */
  | { readonly _tag: 'Keeps'; readonly index: number }
  /** None keeps within it; this one comes nearest. */
  | { readonly _tag: 'Nearest'; readonly index: number }

type Measure = (policy: Figures) => number

/** The first of those with the least values, the first measure before the second. */
const least = (policies: ReadonlyArray<Figures>, measures: ReadonlyArray<Measure>): Figures | undefined =>
  [...policies].sort((one, other) =>
    measures.reduce((order, measure) => order || measure(one) - measure(other), 0)
  )[0]

/**
 * The policy for a user who accepts at most this many records again, at the worst moment.
 *
 * @param policies at least one
 */
export const suggest = (policies: ReadonlyArray<Figures>, most: number): Suggestion => {
  const within = policies.filter((one) => worst(one) <= most)
  const cheapest = least(within, [writes, replay, worst])
  if (cheapest !== undefined) return { _tag: 'Keeps', index: policies.indexOf(cheapest) }
  const nearest = least(policies, [worst, writes, replay])
  return { _tag: 'Nearest', index: nearest === undefined ? 0 : policies.indexOf(nearest) }
}
