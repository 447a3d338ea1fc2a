/** A list with gaps, as a value: to change one place copies two short lists, however long the whole is. */
export type Sparse<A> = ReadonlyArray<ReadonlyArray<A | undefined> | undefined>

const BITS = 6
const MASK = (1 << BITS) - 1

export const empty: Sparse<never> = Object.freeze([])

export const get = <A>(list: Sparse<A>, index: number): A | undefined => list[index >> BITS]?.[index & MASK]

/** With `value` at `index`; undefined makes a gap. */
export const set = <A>(list: Sparse<A>, index: number, value: A | undefined): Sparse<A> => {
  const chunks = list.slice()
  const chunk = chunks[index >> BITS]?.slice() ?? []
  chunk[index & MASK] = value
  chunks[index >> BITS] = chunk
  return chunks
}
