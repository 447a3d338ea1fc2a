import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import * as ReplyCodec from '../../src/protocol/wire/Reply'
import * as Position from '../../src/protocol/Position'
import * as Reply from '../../src/protocol/Reply'
import * as Arbitraries from '../../src/testing/Arbitraries'

const status = fc
  .constantFrom('initialize', 'processRecords', 'leaseLost', 'shardEnded', 'shutdownRequested', 'shutdown')
  .map(Reply.status)

const checkpoint = fc
  .option(fc.record({ sequenceNumber: Arbitraries.digits, subSequenceNumber: fc.nat() }))
  .map(Reply.checkpoint)

describe('Reply', () => {
  it('writes a status byte for byte', () =>
    assert.equal(
      ReplyCodec.encode(Reply.status('processRecords')),
      '\n{"action":"status","responseFor":"processRecords"}\n'
    ))

  it('writes a checkpoint byte for byte, always with the sub-sequence number', () =>
    assert.equal(
      ReplyCodec.encode(
        Reply.checkpoint(Position.make('49680482952675905484497506667795429275255630187812880386', 2))
      ),
      '\n{"action":"checkpoint","sequenceNumber":"49680482952675905484497506667795429275255630187812880386","subSequenceNumber":2}\n'
    ))

  it('writes the checkpoint that ends a shard with two nulls', () =>
    assert.equal(
      ReplyCodec.encode(Reply.checkpoint(null)),
      '\n{"action":"checkpoint","sequenceNumber":null,"subSequenceNumber":null}\n'
    ))

  it('has no key that the daemon does not know', () => {
    fc.assert(
      fc.property(fc.oneof(status, checkpoint), (reply) => {
        const keys = Object.keys(JSON.parse(ReplyCodec.encode(reply)) as object)
        assert.deepEqual(
          keys,
          reply._tag === 'Status'
            ? ['action', 'responseFor']
            : ['action', 'sequenceNumber', 'subSequenceNumber']
        )
      })
    )
  })

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.oneof(status, checkpoint), (reply) =>
        assert.deepEqual(ReplyCodec.decode(ReplyCodec.encode(reply)), E.right(reply))
      )
    )
  })

  it('reads as strictly as the daemon', () => {
    const problems: ReadonlyArray<readonly [string, string]> = [
      [
        '{"action":"status","responseFor":"processRecords","extra":1}',
        'action: expected "checkpoint", found "status"; sequenceNumber: expected string or null, found nothing; subSequenceNumber: expected number or null, found nothing'
      ],
      [
        '{"action":"checkpoint","sequenceNumber":"1","subSequenceNumber":0,"bogus":true}',
        'a key that the daemon does not know'
      ],
      [
        '{"action":"checkpoint","checkpoint":"1"}',
        'sequenceNumber: expected string or null, found nothing; subSequenceNumber: expected number or null, found nothing'
      ],
      ['null', 'expected checkpoint, found null'],
      ['hello', 'not JSON: Unexpected token \'h\', "hello" is not valid JSON']
    ]
    for (const [line, problem] of problems) assert.deepEqual(ReplyCodec.decode(line), E.left(problem))
  })
})
