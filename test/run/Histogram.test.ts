import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Histogram from '../../src/run/Histogram'

const of = (...seconds: ReadonlyArray<number>): Histogram.Histogram => {
  const filling = Histogram.make()
  seconds.forEach(filling.add)
  return filling.read()
}

const filled = ({ buckets }: Histogram.Histogram): Readonly<Record<string, number>> =>
  Object.fromEntries(
    buckets.flatMap((n, i) => (n === 0 ? [] : [[String(Histogram.BOUNDS[i] ?? 'above'), n]]))
  )

describe('Histogram', () => {
  it('has bounds that grow', () => {
    assert.deepEqual(
      [...Histogram.BOUNDS].sort((a, b) => a - b),
      Histogram.BOUNDS
    )
  })

  it('counts what is on a bound below it', () => {
    assert.deepEqual(filled(of(0.001, 0.0011)), { '0.001': 1, '0.005': 1 })
  })

  it('counts what is above all bounds, and what took no time', () => {
    assert.deepEqual(filled(of(61, 0)), { '0.00001': 1, above: 1 })
  })

  it('knows how many there are, and their sum', () => {
    const histogram = of(0.5, 0.25, 100)
    assert.deepEqual([Histogram.count(histogram), histogram.sum], [3, 100.75])
  })

  it('gives what was filled so far, which does not change any more', () => {
    const filling = Histogram.make()
    const before = filling.read()
    filling.add(1)
    assert.deepEqual(before, Histogram.empty)
  })

  it('adds two as if they had been one', () => {
    assert.deepEqual(Histogram.add(of(0.5, 2), of(0.5, 100)), of(0.5, 2, 0.5, 100))
  })
})
