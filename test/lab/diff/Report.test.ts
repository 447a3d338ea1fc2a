import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Comparison, type Summary } from '../../../src/lab/diff/Comparison'
import * as Markdown from '../../../src/lab/diff/Markdown'
import * as Outcome from '../../../src/lab/diff/Outcome'
import * as Report from '../../../src/lab/diff/Report'

const sent = (value: unknown): Outcome.Outcome =>
  Outcome.make('ack', null, [{ sink: 'orders', key: 'k', json: JSON.stringify(value) }])

const TOOK = [
  { old: { calls: 1000, millis: 20 }, new: { calls: 1000, millis: 60 } },
  { old: { calls: 1000, millis: 10 }, new: { calls: 1000, millis: 25 } }
]

const summaryOf = (
  pairs: ReadonlyArray<readonly [Outcome.Outcome, Outcome.Outcome, Outcome.Outcome?]>,
  allow: ReadonlyArray<string> = []
): Summary => {
  const comparison = new Comparison(allow)
  for (const [i, [before, after, again]] of pairs.entries())
    comparison.add(
      `shardId-0/${i + 1}`,
      { first: before, again: before },
      { first: after, again: again ?? after }
    )
  return comparison.read(TOOK)
}

const PAIRS = [
  [Outcome.acked, Outcome.acked],
  [sent({ total: 1 }), sent({ total: 'secret | `x`' })],
  [Outcome.acked, Outcome.make('failed', 'Error: no price of "sku-1\u001b[31m"')],
  [Outcome.acked, Outcome.make('failed', 'Error: no price of "sku-2"')],
  [sent({ at: 1 }), sent({ at: 1 }), sent({ at: 2 })]
] as const

const found = (summary: Summary): Report.Found => ({
  summary,
  facts: { lives: 1, shards: 1, masked: true, sampling: 0.5, repeated: 2, problems: ['part.gz is cut'] },
  recording: './recordings',
  names: { old: 'git:main (123456789)', new: '.' },
  notes: ['something was left out'],
  verdict: Report.verdictOf(summary, { count: 0, isPart: false }, [])
})

it('the text has decisions, groups with records, new failures, impure handlers, the time, notes and the verdict', () => {
  assert.equal(
    Report.text(found(summaryOf(PAIRS))),
    `old: git:main (123456789)
new: .
recording: ./recordings, 5 records of 1 shard; 2 records came again and were compared once; 50 % of the keys were recorded; the data is masked

Decisions
  ack            3
  ack -> failed  2

New failures
  ack->failed: 2 records
    shardId-0/3  ack -> failed: Error: no price of "sku-1 [31m"
    shardId-0/4  ack -> failed: Error: no price of "sku-2"

Outputs that differ
  orders.total changed: 1 record
    shardId-0/2  1 -> "secret | \`x\`"

The new handler is impure: called twice for the same record, it gave other answers for 1 record
  shardId-0/5  orders.at: 1 -> 2
  What it does not agree with itself about was not compared.

The new handler takes at least 2.5 times as long: 25 us a record, and the old one 10 us.

Note: part.gz is cut
Note: something was left out

3 of 5 records differ.
`
  )
})

it('the Markdown has names, counts and shapes, and no value of a record', () => {
  const text = Markdown.text(found(summaryOf(PAIRS)))
  assert.match(text, /^### kclts diff: the handlers differ\n\n3 of 5 records differ\.\n/)
  assert.match(text, /\n\| `ack->failed` \| 2 \| `Error: no price of "\.\."/)
  assert.match(text, /\n\| `orders.total changed` \| 1 \| {2}\| `shardId-0\/2` \|\n/)
  assert.doesNotMatch(text, /secret|sku-/)
  assert.ok(!text.includes(String.fromCharCode(27)))
})

it('the time is said only where both passes agree about it', () => {
  const speed = (...given: ReadonlyArray<readonly [before: number, after: number]>): string | null =>
    Report.speed({
      ...summaryOf([]),
      took: given.map(([before, after]) => ({
        old: { calls: 1000, millis: before },
        new: { calls: 1000, millis: after }
      }))
    })
  assert.equal(
    speed([20, 19], [20, 5]),
    'No difference in speed is certain: 5.0 us a record, and the old one 20 us.'
  )
  assert.equal(
    speed([20, 12], [20, 5]),
    'The new handler is at least 40 % faster: 5.0 us a record, and the old one 20 us.'
  )
  assert.equal(
    speed([20, 26], [20, 80]),
    'The new handler is at least 30 % slower: 80 us a record, and the old one 20 us.'
  )
  assert.equal(speed(), null)
})

describe('the verdict', () => {
  const verdict = (summary: Summary, max: string, allow: ReadonlyArray<string> = []): Report.Verdict => {
    const most = Report.most(max)
    assert.ok(most !== null)
    return Report.verdictOf(summary, most, allow)
  }
  const differing = summaryOf([[Outcome.acked, Outcome.make('skip', 'x')], ...PAIRS.slice(0, 1)])

  it('is that of --max: a number of records, or a part of them', () => {
    assert.deepEqual(verdict(differing, '0'), { isSame: false, text: '1 of 2 records differs.' })
    assert.equal(verdict(differing, '1').isSame, true)
    assert.equal(verdict(differing, '49.9%').isSame, false)
    assert.equal(verdict(differing, '50%').isSame, true)
    assert.deepEqual(['x', '-1', '1.5', '%'].map(Report.most), [null, null, null, null])
  })

  it('does not trust an impure handler, unless that is allowed', () => {
    const impure = summaryOf(PAIRS.slice(4))
    assert.deepEqual(verdict(impure, '0'), {
      isSame: false,
      text: 'No record differs, but the new handler does not agree with itself (--allow impure accepts that).'
    })
    assert.equal(verdict(impure, '0', ['impure']).isSame, true)
  })

  it('is no success where nothing was compared', () => {
    assert.equal(verdict(summaryOf([]), '0').isSame, false)
  })
})
