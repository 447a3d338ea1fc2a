/** What is to come, the least key first, as a value (a leftist heap): adding and taking cost the logarithm of its size. */
export interface Heap<A> {
  readonly key: number
  readonly value: A
  /** The shortest way down to a gap; that of `left` is never less than that of `right`. */
  readonly rank: number
  readonly left: Heap<A> | null
  readonly right: Heap<A> | null
}

const rankOf = (heap: Heap<unknown> | null): number => (heap === null ? 0 : heap.rank)

const make = <A>(key: number, value: A, one: Heap<A> | null, other: Heap<A> | null): Heap<A> =>
  rankOf(one) >= rankOf(other)
    ? { key, value, rank: rankOf(other) + 1, left: one, right: other }
    : { key, value, rank: rankOf(one) + 1, left: other, right: one }

/** Goes down the short side alone. */
const merge = <A>(one: Heap<A> | null, other: Heap<A> | null): Heap<A> | null => {
  if (one === null) return other
  if (other === null) return one
  return one.key <= other.key
    ? make(one.key, one.value, one.left, merge(one.right, other))
    : make(other.key, other.value, other.left, merge(other.right, one))
}

export const add = <A>(heap: Heap<A> | null, key: number, value: A): Heap<A> => {
  const single: Heap<A> = { key, value, rank: 1, left: null, right: null }
  return merge(heap, single) ?? single
}

/** Without the least. */
export const rest = <A>({ left, right }: Heap<A>): Heap<A> | null => merge(left, right)
