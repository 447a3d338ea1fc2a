/** A list that grows at its end, as a value: one more costs the same, however long it is. */
export interface Chain<A> {
  readonly last: A
  readonly length: number
  readonly before: Chain<A> | null
  /** The oldest. */
  readonly first: A
}

export const length = (chain: Chain<unknown> | null): number => (chain === null ? 0 : chain.length)

export const add = <A>(before: Chain<A> | null, last: A): Chain<A> => ({
  last,
  length: length(before) + 1,
  before,
  first: before === null ? last : before.first
})

/** The newest gives way to another one. */
export const replaceLast = <A>({ before }: Chain<A>, last: A): Chain<A> => add(before, last)

/** The oldest first. */
export const toArray = <A>(chain: Chain<A> | null): ReadonlyArray<A> => {
  const list: Array<A> = []
  for (let rest = chain; rest !== null; rest = rest.before) list.push(rest.last)
  return list.reverse()
}
