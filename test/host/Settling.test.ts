import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Settling from '../../src/host/Settling'

/** Which of the looks gave memory back. */
const looksOf = (looks: ReadonlyArray<readonly [shards: number, changes: ReadonlyArray<number>]>) => {
  const { look } = Settling.make()
  return looks.flatMap(([shards, changes], index) => (look(shards, changes) ? [index] : []))
}

const QUIET = [2, []] as const

describe('a thread gives memory back', () => {
  it('once, after two looks without a change', () => {
    assert.deepEqual(looksOf([[2, [0, 0]], QUIET, QUIET, QUIET, [3, [0]], QUIET, QUIET]), [2])
  })

  it('not before a shard has come', () => {
    assert.deepEqual(looksOf([[0, []], [0, []], [0, []], [1, [0]], QUIET, QUIET]), [5])
  })

  it('not while shards come', () => {
    assert.deepEqual(looksOf([[1, [0]], QUIET, [2, [0]], QUIET, [3, [0]]]), [])
  })

  it('never once a shard has had a record', () => {
    assert.deepEqual(looksOf([[2, [0, 7]], QUIET, QUIET, QUIET]), [])
  })
})
