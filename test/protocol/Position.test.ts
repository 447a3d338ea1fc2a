import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Position from '../../src/protocol/Position'

describe('Position', () => {
  it('orders by the length of the sequence number first', () => {
    assert.deepStrictEqual(
      [Position.compareSequenceNumbers('9', '10'), Position.compareSequenceNumbers('10', '9')],
      [-1, 1]
    )
  })

  it('keeps apart two numbers that are the same as a double', () => {
    assert.equal(Position.compareSequenceNumbers('9007199254740992', '9007199254740993'), -1)
  })

  it('orders the records of one aggregate by their number in it, as numbers', () => {
    const [nine, ten] = [Position.make('5', 9), Position.make('5', 10)]
    assert.deepStrictEqual(
      [Position.compare(nine, ten), Position.compare(ten, nine), Position.compare(ten, ten)],
      [-1, 1, 0]
    )
  })

  it('gives the later of two positions', () => {
    assert.deepStrictEqual(
      Position.max(Position.make('9', 7), Position.make('10', 0)),
      Position.make('10', 0)
    )
  })

  it('takes canonical digits for a sequence number, and no sentinel', () => {
    const texts = ['0', '10', '007', '', ' 1', '1\n', '-1', '1.0', '1e3', '١', 'TRIM_HORIZON', 'SHARD_END']
    assert.deepStrictEqual(texts.filter(Position.isSequenceNumber), ['0', '10'])
  })

  it('is shown with both numbers', () => {
    assert.equal(Position.show(Position.make('496', 3)), '496/3')
  })
})
