import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Backoff from '../../src/protocol/Backoff'

const backoff: Backoff.Backoff = { first: 200, most: 10_000 }

describe('the back-off', () => {
  it('doubles from the first wait to the longest, however many failures there are', () => {
    assert.deepStrictEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 5_000].map((failures) => Backoff.jittered(backoff, failures, 1)),
      [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]
    )
  })

  it('is at least half of that: the rest is random', () => {
    assert.deepStrictEqual(
      [0, 0.5, 1].map((random) => Backoff.jittered(backoff, 3, random)),
      [400, 600, 800]
    )
  })
})
