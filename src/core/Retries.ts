/**
 * The records that wait to be tried again, by when they are due. Times are whole milliseconds, rounded up, so the number of
 * moments is bounded by the longest wait, however many records wait.
 */
import * as Chain from './Chain'
import * as Heap from './Heap'
import * as Sparse from './Sparse'

export interface Retries {
  /** The milliseconds are counted from here. */
  readonly since: number
  /** Those in which a record is due. */
  readonly moments: Heap.Heap<null>
  /** The records of each. */
  readonly due: Sparse.Sparse<Chain.Chain<number>>
}

/** The range of times is that of a `Sparse`: what is due 34 years later is due with the last moment. */
const LAST = 2 ** 40

const momentOf = (since: number, at: number): number =>
  at - since > 0 ? Math.min(Math.ceil(at - since), LAST) : 0

/** The record is due at this time, which is not before `now`. */
export const add = (retries: Retries | null, at: number, index: number, now: number): Retries => {
  const since = retries === null ? now : retries.since
  const moment = momentOf(since, at)
  const due = retries === null ? Sparse.empty : retries.due
  const others = Sparse.get<Chain.Chain<number>>(due, moment)
  return {
    since,
    moments:
      retries !== null && others !== undefined
        ? retries.moments
        : Heap.add(retries === null ? null : retries.moments, moment, null),
    due: Sparse.set(due, moment, Chain.add(others ?? null, index))
  }
}

/** When the next record is due; Infinity: none waits. */
export const nextDeadline = (retries: Retries | null): number =>
  retries === null ? Infinity : retries.since + retries.moments.key

/** The records that are due, `most` of them at most, and the others. */
export const take = (
  retries: Retries | null,
  now: number,
  most: number
): readonly [indices: Array<number>, others: Retries | null] => {
  const indices: Array<number> = []
  let others = retries
  while (others !== null && nextDeadline(others) <= now && indices.length < most) {
    const { since, moments, due } = others
    let chain = Sparse.get(due, moments.key) ?? null
    for (; chain !== null && indices.length < most; chain = chain.before) indices.push(chain.last)
    const later = chain === null ? Heap.rest(moments) : moments
    others =
      later === null ? null : { since, moments: later, due: Sparse.set(due, moments.key, chain ?? undefined) }
  }
  return [indices, others]
}
