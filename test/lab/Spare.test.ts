/** Memory for the lines that are recorded, used again. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Spare from '../../src/lab/Spare'

describe('Spare', () => {
  it('gives the memory that came back last', () => {
    const spare = Spare.make()
    const [one, other] = [new ArrayBuffer(100), new ArrayBuffer(100)]
    spare.add(one)
    spare.add(other)
    assert.deepEqual([spare.take(100) === other, spare.take(50) === one], [true, true])
  })

  it('makes new memory, with room for a longer line, where none is left or it is too small', () => {
    const spare = Spare.make()
    assert.equal(spare.take(100).byteLength, 125)
    spare.add(new ArrayBuffer(100))
    assert.equal(spare.take(200).byteLength, 250)
  })

  it('keeps the memory of four lines', () => {
    const spare = Spare.make()
    const memories = Array.from({ length: 6 }, () => new ArrayBuffer(100))
    for (const memory of memories) spare.add(memory)
    const again = Array.from({ length: 6 }, () => spare.take(100))
    assert.equal(again.filter((memory) => memories.includes(memory)).length, 4)
  })
})
