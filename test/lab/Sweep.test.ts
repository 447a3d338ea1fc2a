import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Sweep from '../../src/lab/plan/Sweep'

const names = (text: string): ReadonlyArray<string> | string => {
  const parsed = Sweep.parse(text)
  return E.isLeft(parsed) ? parsed.left : parsed.right.map(({ name }) => name)
}

describe('a sweep', () => {
  it('has the ends of a range and the round values between them', () => {
    assert.deepEqual(
      names('interval=1s..5m'),
      ['1s', '2s', '5s', '10s', '20s', '30s', '1m', '2m', '5m'].map((one) => `interval=${one}`)
    )
    assert.deepEqual(names('count=150..1000'), ['count=150', 'count=200', 'count=500', 'count=1000'])
  })

  it('has every combination of several keys', () =>
    assert.deepEqual(Sweep.parse('interval=0|10s, count=100'), {
      _tag: 'Right',
      right: [
        { name: 'interval=0,count=100', change: { interval: 0, count: 100 } },
        { name: 'interval=10s,count=100', change: { interval: 10_000, count: 100 } }
      ]
    }))

  it('takes values and ranges of one key together, each once', () =>
    assert.deepEqual(names('count=0|100..200|200'), ['count=0', 'count=100', 'count=200']))

  it('says what is wrong with its text', () =>
    assert.deepEqual(
      [
        '',
        'pause=1s',
        'count',
        'count=many',
        'interval=1s..',
        'count=9..1',
        'count=0..9',
        'count=1,count=2'
      ].map(names),
      [
        'found "", expected interval or count',
        'found "pause", expected interval or count',
        'count: found "", expected a whole number of records',
        'count: found "many", expected a whole number of records',
        'interval: found "", expected a duration such as 500ms, 30s or 5m',
        'count: the range ends below its beginning',
        'count: 0 turns it off, so a range cannot begin with it; write count=0|1..9',
        'count occurs twice; write its values as count=A|B, or as a range count=A..B'
      ]
    ))

  it('refuses more policies than anybody would read', () =>
    assert.equal(
      names('interval=1ms..1d,count=1..1000000000'),
      'it has 756 policies, and at most 200 are possible; take smaller ranges'
    ))
})
