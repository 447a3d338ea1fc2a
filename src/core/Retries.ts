/**
 * The records that wait to be tried again, by when they are due. What is due in one millisecond is a heap of its own, and
 * the milliseconds are another: their number is bounded by the longest wait, however many records wait.
 */
import * as Heap from './Heap'
import * as Sparse from './Sparse'

export interface Retries {
  /** The whole milliseconds are counted from here. */
  readonly since: number
  /** Those in which a record is due. */
  readonly moments: Heap.Heap<null>
  /** The records of each, by the exact time. */
  readonly due: Sparse.Sparse<Heap.Heap<number>>
}

/** The range of times is that of a `Sparse`; times out of it are taken with the nearest moment, where their order holds. */
const LAST = 2 ** 40

const momentOf = (since: number, at: number): number =>
  at - since > 0 ? Math.min(Math.floor(at - since), LAST) : 0

/** The record is due at this time, which is not before `now`. */
export const add = (retries: Retries | null, at: number, index: number, now: number): Retries => {
  const since = retries === null ? now : retries.since
  const due = retries === null ? Sparse.empty : retries.due
  const moments = retries === null ? null : retries.moments
  const moment = momentOf(since, at)
  const others = Sparse.get<Heap.Heap<number>>(due, moment)
  return {
    since,
    moments: moments === null || others === undefined ? Heap.add(moments, moment, null) : moments,
    due: Sparse.set<Heap.Heap<number>>(due, moment, Heap.add(others ?? null, at, index))
  }
}

const earliest = ({ moments, due }: Retries): Heap.Heap<number> | undefined => Sparse.get(due, moments.key)

/** When the next record is due; Infinity: none waits. */
export const alarm = (retries: Retries | null): number =>
  retries === null ? Infinity : (earliest(retries)?.key ?? Infinity)

/** The record that is due first, and the others. */
export const take = (retries: Retries): readonly [index: number, others: Retries | null] => {
  const { since, moments, due } = retries
  const heap = earliest(retries)
  const rest = heap === undefined ? null : Heap.rest(heap)
  const later = rest === null ? Heap.rest(moments) : moments
  return [
    heap?.value ?? -1,
    later === null ? null : { since, moments: later, due: Sparse.set(due, moments.key, rest ?? undefined) }
  ]
}
