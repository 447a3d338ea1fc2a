import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type * as t from 'io-ts'
import { ack, checkpoint, emit } from '../../src/core/Decision'
import type { EffectHandler } from '../../src/core/Handler'
import { Sink, Transcript, play, playEffect, rewrite, rewriteEffect } from '../../src/testing'

const INITIALIZE =
  '> {"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"TRIM_HORIZON","subSequenceNumber":0}'
const BATCH =
  '> {"action":"processRecords","records":[{"data":"","partitionKey":"k","sequenceNumber":"7","approximateArrivalTimestamp":null,"subSequenceNumber":0,"action":"record"}],"millisBehindLatest":0}'

const golden = `# A comment.
checkpoint.interval: 10s
show: handled log

${INITIALIZE}
@ info shard initialized
< {"action":"status","responseFor":"initialize"}

# Another.
${BATCH}
@ handled 7/0
< {"action":"status","responseFor":"processRecords"}
+ 10s
> {"action":"processRecords","records":[],"millisBehindLatest":0}
< {"action":"checkpoint","sequenceNumber":"7","subSequenceNumber":0}
< {"action":"status","responseFor":"processRecords"}
> {"action":"checkpoint","sequenceNumber":"7","subSequenceNumber":0,"error":null}
! eof
= exit 0
`

describe('a transcript', () => {
  it('is played without a difference', () => assert.equal(play(golden, { handler: ack }), null))

  it('shows the first difference', () =>
    assert.equal(
      play(golden, { handler: checkpoint }),
      `  @ info shard initialized
  < {"action":"status","responseFor":"initialize"}
  ${BATCH}
  @ handled 7/0
expected: < {"action":"status","responseFor":"processRecords"}
but was:  < {"action":"checkpoint","sequenceNumber":"7","subSequenceNumber":0}`
    ))

  it('shows what is missing at its end', () =>
    assert.equal(
      play(`${INITIALIZE}\n< {"action":"status","responseFor":"initialize"}\n! eof`, { handler: ack }),
      `  ${INITIALIZE}
  < {"action":"status","responseFor":"initialize"}
  ! eof
expected: nothing more
but was:  = exit 0`
    ))

  it('takes settings in place of its header', () =>
    assert.match(
      play(golden, { handler: ack, env: { checkpoint: { interval: '1h' } } }) ?? '',
      /expected: < .*"checkpoint"/
    ))

  it('says what it does not understand', () => {
    assert.match(play('! dance', { handler: ack }) ?? '', /this line cannot be understood: ! dance/)
    assert.match(play('+ soon', { handler: ack }) ?? '', /this is no time: \+ soon/)
    assert.match(
      play('checkpoint.count: many\n! eof', { handler: ack }) ?? '',
      /checkpoint\.count: expected a whole number/
    )
    assert.match(play('hello there', { handler: ack }) ?? '', /this line cannot be understood: hello there/)
  })

  it('shows outputs when their sinks acknowledge them', () =>
    assert.equal(
      play(
        `checkpoint.count: 1

${INITIALIZE}
< {"action":"status","responseFor":"initialize"}
${BATCH}
+ 249ms
+ 1ms
@ output orders {"id":"o-1"}
< {"action":"checkpoint","sequenceNumber":"7","subSequenceNumber":0}
< {"action":"status","responseFor":"processRecords"}
`,
        {
          handler: () => emit('orders', { id: 'o-1' })(ack()),
          sinks: { orders: Sink.acknowledges(250) }
        }
      ),
      null
    ))

  it('gives its header', () =>
    assert.deepEqual(Transcript.header(golden), { 'checkpoint.interval': '10s', show: 'handled log' }))

  it('is rewritten with what the child says, comments kept', () => {
    const without = golden
      .split('\n')
      .filter((line) => !/^[<@=]/.test(line))
      .join('\n')
    assert.equal(rewrite(without, { handler: ack }), golden)
    assert.equal(rewrite(golden, { handler: ack }), golden)
  })
})

describe('a transcript of an effect', () => {
  const effect = `takes: 30ms

${INITIALIZE}
< {"action":"status","responseFor":"initialize"}
${BATCH}
+ 29ms
+ 1ms
+ 0ms
@ output orders "o-1"
< {"action":"status","responseFor":"processRecords"}
! eof
= exit 0
`
  const handler: EffectHandler<{ readonly orders: typeof t.string }, string> = (_, { resource }) =>
    Promise.resolve(emit('orders', resource)(ack()))

  it('is played in virtual time', async () => {
    const played = await playEffect(effect, { handler, resource: 'o-1' })
    assert.equal(played, null)
  })

  it('shows the first difference, and is rewritten with what the child says', async () => {
    assert.match(
      (await playEffect(effect, { handler, resource: 'o-2' })) ?? '',
      /expected: @ output orders "o-1"/
    )
    assert.equal(
      await rewriteEffect(effect, { handler, resource: 'o-1', sinks: { orders: Sink.silent } }),
      effect
        .replace('@ output orders "o-1"\n< {"action":"status","responseFor":"processRecords"}\n', '')
        .replace(
          '= exit 0',
          '@ error stdin ended in the middle of processRecords; it is not acknowledged\n= exit 3'
        )
    )
  })

  it('may be one of a batch handler', async () =>
    assert.equal(
      await playEffect(
        `show: handled\n${INITIALIZE}\n< {"action":"status","responseFor":"initialize"}\n${BATCH}\n@ handled 7/0\n< {"action":"status","responseFor":"processRecords"}`,
        { handler: { batchHandler: (list) => list.map(ack) } }
      ),
      null
    ))
})
