import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Chain from '../../src/core/Chain'
import * as Heap from '../../src/core/Heap'
import * as Sparse from '../../src/core/Sparse'

const indices = fc.oneof(
  fc.nat({ max: 40 }),
  fc.nat({ max: 40_000 }),
  fc.integer({ min: 2 ** 30 - 40, max: 2 ** 33 }),
  fc.maxSafeNat().map((index) => Math.max(0, index - 1))
)

describe('a sparse list', () => {
  it('has what was put in each place last, and no list changes when another is made of it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(indices, fc.option(fc.nat(), { nil: undefined }))), (changes) => {
        const plain = new Map<number, number | undefined>()
        let list: Sparse.Sparse<number> = Sparse.empty
        for (const [index, value] of changes) {
          const before = list
          list = Sparse.set(before, index, value)
          assert.equal(Sparse.get(before, index), plain.get(index))
          plain.set(index, value)
        }
        for (const [index, value] of plain) {
          assert.equal(Sparse.get(list, index), value)
          if (!plain.has(index + 1)) assert.equal(Sparse.get(list, index + 1), undefined)
        }
      })
    )
  })

  it('copies as many nodes for a change among 200,000 values as for one among 20,000, and few of them', () => {
    const nodesOf = (node: unknown, found = new Set<unknown>()): Set<unknown> => {
      if (!Array.isArray(node)) return found
      node.forEach((each) => nodesOf(each, found))
      return found.add(node)
    }
    const copied = (length: number): number => {
      let list: Sparse.Sparse<number> = Sparse.empty
      for (let i = 0; i < length; i++) list = Sparse.set(list, i, i)
      const before = nodesOf(list.root)
      const after = nodesOf(Sparse.set(list, length >> 1, -1).root)
      return [...after].filter((node) => !before.has(node)).length
    }
    assert.deepEqual([copied(20_000), copied(200_000)], [4, 4])
  })

  it('lets go of all below an index, and of nothing else', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 5000 })), fc.nat({ max: 6000 }), (places, below) => {
        const full = places.reduce<Sparse.Sparse<number>>(
          (list, at) => Sparse.set(list, at, at),
          Sparse.empty
        )
        const rest = Sparse.without(full, below)
        assert.deepEqual(
          places.map((at) => [Sparse.get(rest, at), Sparse.get(full, at)]),
          places.map((at) => [at < below ? undefined : at, at])
        )
      })
    )
  })

  it('has the ticket of the attempt after 2^30: a session that lives for weeks would have looked for it for ever', () => {
    for (const ticket of [2 ** 30 - 1, 2 ** 30, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const list = Sparse.set(Sparse.set<string>(Sparse.empty, 1, 'first'), ticket, 'late')
      assert.deepEqual(
        [1, 2, ticket - 1, ticket].map((one) => Sparse.get(list, one)),
        ['first', undefined, undefined, 'late']
      )
    }
  })
})

const emptied = (full: Heap.Heap<string> | null): ReadonlyArray<readonly [number, string]> => {
  const found: Array<readonly [number, string]> = []
  for (let heap = full; heap !== null; heap = Heap.rest(heap)) found.push([heap.key, heap.value])
  return found
}

describe('a heap', () => {
  it('gives the least first, whatever was added when, and stays as it was when something is taken', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (keys) => {
        const heap = keys.reduce<Heap.Heap<string> | null>(
          (made, key) => Heap.add(made, key, `v${key}`),
          null
        )
        const sorted = [...keys].sort((a, b) => a - b).map((key) => [key, `v${key}`])
        assert.deepEqual(emptied(heap), sorted)
        assert.deepEqual(emptied(heap), sorted)
      })
    )
  })

  it('has a short side no longer than the logarithm of its size', () => {
    let heap: Heap.Heap<null> | null = null
    for (let i = 0; i < 100_000; i++) heap = Heap.add(heap, i, null)
    let depth = 0
    for (let at: Heap.Heap<null> | null = heap; at !== null; at = at.right) depth += 1
    assert.ok(depth <= 17, String(depth))
  })
})

describe('a chain', () => {
  it('is what was added, in order, with its length and its first', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), (values) => {
        const chain = values.reduce<Chain.Chain<number> | null>(Chain.add, null)
        assert.deepEqual(
          [Chain.toArray(chain), Chain.length(chain), chain?.first],
          [values, values.length, values[0]]
        )
      })
    )
  })
})
