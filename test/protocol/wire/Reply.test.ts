import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Heard from '../../../src/protocol/wire/Heard'
import * as ReplyCodec from '../../../src/protocol/wire/Reply'
import * as Position from '../../../src/protocol/Position'
import * as Reply from '../../../src/protocol/Reply'
import * as Arbitraries from '../../../src/testing/Arbitraries'

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

  it('is heard by the daemon as it was said', () => {
    fc.assert(
      fc.property(fc.oneof(status, checkpoint), (reply) =>
        assert.deepEqual(Heard.of(ReplyCodec.encode(reply).trim()), reply)
      )
    )
  })
})
