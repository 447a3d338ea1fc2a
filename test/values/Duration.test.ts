import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Duration from '../../src/values/Duration'
import { explain } from '../../src/protocol/wire/Explain'

const parsed = (table: Readonly<Record<string, number | undefined>>): void =>
  assert.deepEqual(Object.fromEntries(Object.keys(table).map((text) => [text, Duration.parse(text)])), table)

describe('a duration', () => {
  it('is a number with its unit, in milliseconds here', () =>
    parsed({
      '250ms': 250,
      '30s': 30_000,
      '5m': 300_000,
      '1h': 3_600_000,
      '1d': 86_400_000,
      '0s': 0,
      '1.5s': 1500,
      '0.25h': 900_000,
      ' 5s ': 5000,
      '007s': 7000
    }))

  it('without a unit is in seconds, as text and as a number', () => {
    parsed({ '10': 10_000, '0': 0, '0.5': 500 })
    assert.deepEqual([10, 0.5, 0, -0].map(Duration.parse), [10_000, 500, 0, 0])
  })

  it('that is shorter than a millisecond is one, since 0 turns things off', () => {
    parsed({ '0.1ms': 1, '0.0001s': 1, '0.4ms': 1, '1.6ms': 2, '0.0ms': 0 })
    assert.equal(Duration.parse(0.0001), 1)
  })

  it('is nothing that has a sign, another unit, two units or no number', () =>
    parsed({
      '': undefined,
      ' ': undefined,
      soon: undefined,
      '-5s': undefined,
      '+5s': undefined,
      '5 s': undefined,
      '5S': undefined,
      '5sec': undefined,
      '1w': undefined,
      '1m30s': undefined,
      '5.s': undefined,
      '.5s': undefined,
      '1e3s': undefined,
      '1,5s': undefined,
      '1_000s': undefined,
      '0x10s': undefined,
      '٣s': undefined,
      s: undefined,
      Infinity: undefined
    }))

  it('is no negative, unreal or endless number, nor anything that is no number', () =>
    assert.deepEqual(
      [-1, -0.001, NaN, Infinity, -Infinity, 1e300, 1e306, null, undefined, true, [], ['5s'], {}, 5n].map(
        Duration.parse
      ),
      Array(14).fill(undefined)
    ))

  it('too long to be counted in whole milliseconds is refused', () => {
    parsed({ '104249991d': 9007199222400000, '104249992d': undefined })
    assert.equal(Duration.parse('9'.repeat(400) + 'd'), undefined)
  })

  it('is shown in the largest unit that is exact', () =>
    assert.deepEqual(
      [0, 1, 1500, 2000, 90_000, 300_000, 3_600_000, 86_400_000, 90_000_000].map(Duration.show),
      ['0s', '1ms', '1500ms', '2s', '90s', '5m', '1h', '1d', '25h']
    ))

  it('comes back from how it is shown', () =>
    fc.assert(
      fc.property(fc.maxSafeNat(), (millis) => assert.equal(Duration.parse(Duration.show(millis)), millis))
    ))

  it('that is invalid is reported in a sentence', () =>
    assert.deepEqual(
      pipe(Duration.Duration.decode(NaN), E.mapLeft(explain)),
      E.left(['expected a duration such as 250ms, 30s, 5m, 1h, 1d or a number of seconds, found NaN'])
    ))
})
