/**
 * A list with gaps, as a value: a tree whose nodes have 32 branches, and its leaves 16 values. To change one place copies the
 * nodes on the way to it, so the cost grows by a step each time that the list becomes 32 times as long. Where changes are
 * scattered over a long list, the copies of its leaves, and they alone, live long enough to cost V8 a second copy: so the
 * leaves are small.
 */
export interface Sparse<A> {
  /** How many levels of nodes lie above the one that holds the values. */
  readonly height: number
  readonly root: Node<A>
}

type Node<A> = ReadonlyArray<Node<A> | A | undefined>

const BITS = 5
const MASK = (1 << BITS) - 1
const LEAF_BITS = 4
const LEAF_MASK = (1 << LEAF_BITS) - 1

/** How many places a tree of each height has: tickets are counted for as long as a session lives, beyond 2^31. */
const SPANS: ReadonlyArray<number> = Array.from(
  { length: 11 },
  (_, height) => 2 ** (LEAF_BITS + BITS * height)
)

export const empty: Sparse<never> = Object.freeze({ height: 0, root: Object.freeze([]) })

/** Whether the tree is high enough for the index. */
const reaches = (height: number, index: number): boolean => index < (SPANS[height] ?? Infinity)

/** Which branch leads to the index. Shifts are for numbers of 32 bits. */
const branchTo = (index: number, level: number): number => {
  if (level === 0) return index & LEAF_MASK
  const shift = LEAF_BITS + BITS * (level - 1)
  return level < 6 ? (index >>> shift) & MASK : Math.floor(index / 2 ** shift) & MASK
}

/** Above the lowest level the branches are nodes, and there the values are: the height distinguishes them. */
const branch = <A>(node: Node<A>, at: number): Node<A> | undefined => node[at] as Node<A> | undefined

export const get = <A>({ height, root }: Sparse<A>, index: number): A | undefined => {
  if (!reaches(height, index)) return undefined
  let node: Node<A> | undefined = root
  for (let level = height; level > 0 && node !== undefined; level--)
    node = branch(node, branchTo(index, level))
  return node?.[index & LEAF_MASK] as A | undefined
}

const changed = <A>(node: Node<A>, level: number, index: number, value: A | undefined): Node<A> => {
  const copy = node.slice()
  const at = branchTo(index, level)
  copy[at] = level === 0 ? value : changed(branch(node, at) ?? [], level - 1, index, value)
  return copy
}

/** With `value` at `index`, a whole number from 0 to 2^53 - 1; undefined makes a gap. */
export const set = <A>(list: Sparse<A>, index: number, value: A | undefined): Sparse<A> => {
  let { height, root } = list
  for (; !reaches(height, index); height++) root = root.length === 0 ? root : [root]
  return { height, root: changed(root, height, index, value) }
}

const emptied = <A>(node: Node<A>, level: number, below: number): Node<A> => {
  const copy = node.slice()
  const at = branchTo(below, level)
  copy.fill(undefined, 0, at)
  const last = branch(node, at)
  if (level > 0 && last !== undefined) copy[at] = emptied(last, level - 1, below)
  return copy
}

/** With a gap at each index below this one, to which the list reaches. */
export const without = <A>({ height, root }: Sparse<A>, below: number): Sparse<A> =>
  reaches(height, below) ? { height, root: emptied(root, height, below) } : empty
