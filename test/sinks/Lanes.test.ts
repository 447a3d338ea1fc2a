import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Lanes, type Waiting } from '../../src/sinks/Lanes'
import { entry } from './Fake'

const waiting = (key: string): Waiting => ({
  entry: entry(key, key),
  size: 1,
  pushed: 0,
  settle: () => undefined,
  recalled: undefined,
  tried: null
})

const keys = (lanes: Lanes): ReadonlyArray<string> => lanes.pick().picked.map(({ lane }) => lane.key)

describe('lanes whose request was refused as a whole', () => {
  it('go in smaller ones, which no other lane fills up', () => {
    const lanes = new Lanes({ count: 100, bytes: 100 }, true)
    for (const key of 'abcd') lanes.add(waiting(key))
    for (const { lane, waiting: one } of lanes.pick().picked) {
      lane.part = 2
      lanes.putBack(lane, [one], 0)
    }
    for (const key of 'xyz') lanes.add(waiting(key))
    assert.deepEqual(
      [keys(lanes), keys(lanes), keys(lanes)],
      [
        ['a', 'b'],
        ['c', 'd'],
        ['x', 'y', 'z']
      ]
    )
  })

  it('wait until the next request, when others were before them', () => {
    const lanes = new Lanes({ count: 100, bytes: 100 }, true)
    lanes.add(waiting('a'))
    const { picked } = lanes.pick()
    for (const key of 'xyz') lanes.add(waiting(key))
    for (const { lane, waiting: one } of picked) {
      lane.part = 1
      lanes.putBack(lane, [one], 0)
    }
    assert.deepEqual([keys(lanes), keys(lanes)], [['x', 'y', 'z'], ['a']])
  })
})
