import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Scale from '../../../src/cli/plan/Scale'
import * as Shown from '../../../src/cli/plan/Shown'

const ticks = (...values: ReadonlyArray<number>): ReadonlyArray<number> =>
  Scale.of(values).ticks.map(({ value }) => value)

describe('a scale', () => {
  it('is linear from 0 for values that are alike', () => {
    assert.deepEqual(ticks(3, 9), [0, 2, 4, 6, 8, 10])
    assert.deepEqual(ticks(40, 120), [0, 50, 100, 150])
  })

  it('is logarithmic for values that differ much, with a place for 0', () => {
    assert.deepEqual(ticks(3, 70), [2, 5, 10, 20, 50, 100])
    assert.deepEqual(ticks(3, 90_000), [10, 100, 1000, 10_000, 100_000])
    assert.deepEqual(ticks(0, 0.03, 900), [0, 0.1, 1, 10, 100, 1000])
  })

  it('takes nothing at all', () => assert.deepEqual(ticks(0, 0), [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2]))

  it('keeps every value within it, in order', () =>
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000_000), { minLength: 1 }), (values) => {
        const scale = Scale.of(values)
        const sorted = [...values].sort((one, other) => one - other).map(scale.at)
        assert.ok(sorted.every((at, i) => at >= 0 && at <= 1 && at >= (sorted[i - 1] ?? 0)))
      })
    ))
})

it('numbers are shown with the digits that count', () =>
  assert.deepEqual(
    [
      Shown.whole(1234567.4),
      Shown.rough(4.12),
      Shown.rough(41.2),
      Shown.usd(0),
      Shown.usd(0.0123),
      Shown.usd(12345.6),
      Shown.bytes(999),
      Shown.bytes(1_240_000),
      Shown.time(7.6),
      Shown.time(4_230),
      Shown.time(59_960),
      Shown.time(90_000),
      Shown.time(7_200_000)
    ],
    [
      '1,234,567',
      '4.1',
      '41',
      '0.00',
      '0.012',
      '12,345.60',
      '999 B',
      '1.2 MB',
      '8ms',
      '4.2s',
      '1m',
      '1m30s',
      '2h'
    ]
  ))
