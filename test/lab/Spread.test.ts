import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Spread from '../../src/lab/plan/Spread'

type Piece = readonly [value: number, weight: number]

const pieces = fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000_000 }), fc.integer({ min: 1, max: 1000 })), {
  minLength: 1
})

const quantile = (all: ReadonlyArray<Piece>, share: number): number => {
  const sorted = [...all].sort(([one], [other]) => one - other)
  let left = all.reduce((sum, [, weight]) => sum + weight, 0) * share
  return sorted.find(([, weight]) => (left -= weight) <= 0)?.[0] ?? 0
}

const of = (all: ReadonlyArray<Piece>): Spread.Spread => {
  const spread = Spread.make()
  for (const [value, weight] of all) spread.add(value, weight)
  return spread
}

describe('a spread', () => {
  it('has the exact mean and worst value, and quantiles at most 0.2 % above the true ones', () =>
    fc.assert(
      fc.property(pieces, (all) => {
        const { mean, median, p99, worst } = of(all).read()
        const weight = all.reduce((sum, [, one]) => sum + one, 0)
        const exact = all.reduce((sum, [value, one]) => sum + value * one, 0) / weight
        assert.ok(Math.abs(mean - exact) <= exact * 1e-9)
        assert.equal(worst, Math.max(...all.map(([value]) => value)))
        for (const [found, share] of [
          [median, 0.5],
          [p99, 0.99]
        ] as const) {
          const truth = quantile(all, share)
          assert.ok(found >= truth && found <= truth * 1.002, `${found} for ${truth}`)
        }
      })
    ))

  it('takes a value that grows with the time as all values that it passes', () => {
    const spread = Spread.make(64)
    spread.addGrowing(0, 100)
    assert.deepEqual(spread.read(), { mean: 50, median: 49, p99: 98, worst: 100 })
  })

  it('counts what lasts no time for the worst value alone', () => {
    const spread = Spread.make()
    spread.add(900, 0)
    spread.add(3, 10)
    assert.deepEqual(spread.read(), { mean: 3, median: 3, p99: 3, worst: 900 })
  })

  it('of which nothing is known is 0', () =>
    assert.deepEqual(Spread.make().read(), { mean: 0, median: 0, p99: 0, worst: 0 }))

  it('takes in another one as if its values had come here', () =>
    fc.assert(
      fc.property(pieces, pieces, (some, others) => {
        const both = of(some)
        both.absorb(of(others))
        const { mean, ...rest } = both.read()
        const { mean: expected, ...same } = of([...some, ...others]).read()
        assert.deepEqual(rest, same)
        assert.ok(Math.abs(mean - expected) <= expected * 1e-9)
      })
    ))
})
