import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as E from 'fp-ts/Either'
import { apart, batchOf, diff } from './Given'

const BATCHES = [
  batchOf(Array.from({ length: 6 }, (_, n) => ({ text: String(n) }))),
  batchOf([{ text: '7' }, { text: '8' }], { shardId: 'shardId-000000000001' })
]

const of = (body: string): string =>
  `exports.handler = (record) => { const text = record.data.toString(); ${body} }\n`

it('a record whose handler never returns, or ends its thread, has failed; the others are compared', async () => {
  const summary = await diff({
    old: of('return text !== "8"'),
    new: of('if (text === "2") for (;;); if (text === "4") process.exit(3); return true'),
    batches: BATCHES,
    open: apart(300)
  })
  assert.ok(E.isRight(summary))
  assert.deepEqual(
    summary.right.groups.map(({ name, records, examples: [example] }) => [name, records, example?.to]),
    [
      ['checkpoint->failed', 1, 'failed: the handler did not return within 300 ms'],
      ['checkpoint->failed', 1, 'failed: the handler ended its thread'],
      ['ack->checkpoint', 1, 'checkpoint']
    ]
  )
  assert.equal(summary.right.records, 8)
})

it('a handler that fails outside a record ends the comparison', async () => {
  const summary = await diff({
    old: of('return true'),
    new: of(
      'setImmediate(() => { throw new Error("later") }); const until = Date.now() + 300; if (text === "0") while (Date.now() < until); return true'
    ),
    batches: BATCHES,
    open: apart(60_000)
  })
  assert.match(JSON.stringify(summary), /new handler: it failed outside a record: Error: later/)
})

it('one that cannot be loaded is refused with its problem', async () => {
  const summary = await diff({
    old: of('return true'),
    new: 'exports.handlers = 1\n',
    batches: BATCHES,
    open: apart(60_000)
  })
  assert.match(JSON.stringify(summary), /new.js: expected an export `handler`/)
})
