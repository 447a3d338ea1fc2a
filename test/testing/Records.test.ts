import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { json, text } from '../../src/protocol/KinesisRecord'
import { compare, isSequenceNumber } from '../../src/protocol/Position'
import { aggregated, record, records } from '../../src/testing'

describe('record', () => {
  it('has defaults that look real', () => {
    const { shardId, sequenceNumber, subSequenceNumber, partitionKey, approximateArrivalTimestamp, data } =
      record()
    assert.deepEqual(
      { shardId, sequenceNumber, subSequenceNumber, partitionKey, approximateArrivalTimestamp, data },
      {
        shardId: 'shardId-000000000000',
        sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
        subSequenceNumber: 0,
        partitionKey: 'pk-0',
        approximateArrivalTimestamp: 1_795_415_467_625,
        data: Buffer.alloc(0)
      }
    )
  })

  it('takes its payload as JSON, text, bytes or base64', () => {
    assert.deepEqual(json(record({ json: { id: 'o-1' } })), E.right({ id: 'o-1' }))
    assert.deepEqual(json(record({ json: null })), E.right(null))
    assert.deepEqual(text(record({ text: 'clé' })), E.right('clé'))
    assert.deepEqual(record({ data: Buffer.from([0, 255]) }).base64, 'AP8=')
    assert.deepEqual(record({ base64: 'AP8=' }).data, Buffer.from([0, 255]))
  })

  it('takes the rest as configured', () => {
    const fields = {
      shardId: 'shardId-000000000007',
      sequenceNumber: '7',
      subSequenceNumber: 3,
      partitionKey: 'k',
      approximateArrivalTimestamp: null
    }
    assert.deepEqual({ ...record(fields) }, { ...fields, base64: '' })
  })

  it('is the same for the same options', () =>
    assert.deepEqual({ ...record({ text: 'a' }) }, { ...record({ text: 'a' }) }))
})

describe('records', () => {
  it('have increasing positions, made of digits', () => {
    const list = records(100)
    assert.ok(list.every(({ sequenceNumber }) => isSequenceNumber(sequenceNumber)))
    assert.deepEqual([...list].sort(compare), list)
    assert.equal(new Set(list.map(({ sequenceNumber }) => sequenceNumber)).size, 100)
  })

  it('take a payload each', () =>
    assert.deepEqual(records([{ text: 'a' }, { json: 1 }]).map(text), [E.right('a'), E.right('1')]))

  it('of one aggregated record share its sequence number', () =>
    assert.deepEqual(
      aggregated([{ text: 'a' }, { text: 'b' }]).map(({ sequenceNumber, subSequenceNumber }) => [
        sequenceNumber,
        subSequenceNumber
      ]),
      [
        [record().sequenceNumber, 0],
        [record().sequenceNumber, 1]
      ]
    ))
})
