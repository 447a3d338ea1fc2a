'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Conversation = require('../Conversation')
const Wire = require('../Wire')

const parsed = ({ line }) => JSON.parse(line.toString())

describe('what the stand-in for the daemon says', () => {
  it('has the keys of the daemon in its order', () => {
    assert.equal(
      Wire.batchLine(Wire.records(1, 1, 3, 0)),
      `{"action":"processRecords","records":[{"data":"${Buffer.from('{"id":"o-3","total":3,"note":""}').toString('base64')}",` +
        '"partitionKey":"customer-0","sequenceNumber":"49590338271490256608559692538361571095921000000000000003",' +
        '"approximateArrivalTimestamp":1795415467625,"subSequenceNumber":0,"action":"record"}],"millisBehindLatest":0}'
    )
  })

  it('has payloads of the given number of bytes of JSON', () => {
    for (const bytes of [100, 1000, 10_000])
      for (const { data } of Wire.records(12, 3, 95, bytes)) {
        const payload = Buffer.from(data, 'base64')
        assert.equal(payload.length, bytes)
        assert.equal(typeof JSON.parse(payload.toString()).total, 'number')
      }
  })

  it('numbers a batch anew in place, higher or lower', () => {
    const line = Wire.numberedLine(3, 100)
    const made = parsed(line)
    for (const from of [999_999, 123_456_789_012, 5]) {
      line.number(from)
      assert.deepEqual(parsed(line), {
        ...made,
        records: made.records.map((record, index) => ({
          ...record,
          sequenceNumber: Wire.sequenceNumber(from + index)
        }))
      })
    }
  })

  it('answers a checkpoint in the words of the child', () => {
    assert.equal(
      Wire.answerTo({ action: 'checkpoint', sequenceNumber: '7', subSequenceNumber: 1 }),
      '{"action":"checkpoint","sequenceNumber":"7","subSequenceNumber":1,"error":null}'
    )
    assert.equal(
      Wire.answerTo({ action: 'checkpoint', checkpoint: '7' }, 'ThrottlingException'),
      '{"action":"checkpoint","checkpoint":"7","error":"ThrottlingException"}'
    )
  })

  it("answers a checkpoint with the line of Amazon's daemon, as protocol/Daemon has it", () => {
    const requests = [
      '{"action":"checkpoint","sequenceNumber":"7","subSequenceNumber":0}',
      '{"action":"checkpoint","sequenceNumber":"8"}',
      '{"action":"checkpoint","sequenceNumber":null,"subSequenceNumber":null}',
      '{"action": "checkpoint", "checkpoint": "9"}',
      '{"action": "checkpoint", "checkpoint": null}'
    ]
    for (const fault of [null, 'ThrottlingException'])
      for (const line of requests) {
        const conversation = Conversation.begin(Wire.SHARD)
        conversation.initializes()
        assert.deepEqual(conversation.hears('{"action":"status","responseFor":"initialize"}'), {
          isOver: true,
          answer: null
        })
        conversation.delivers('9')
        assert.deepEqual(conversation.hears(line, fault), {
          isOver: false,
          answer: Wire.answerTo(JSON.parse(line), fault)
        })
      }
  })

  it('takes what is no JSON for no reply', () => {
    assert.equal(Wire.replyOf('hello'), null)
  })
})
