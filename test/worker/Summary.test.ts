import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Totals from '../../src/host/Totals'
import * as Summary from '../../src/worker/Summary'
import { shard } from '../host/status/Example'

describe('the summary in the log', () => {
  it('has what was counted since the last one, over all sessions, and the furthest shard behind', () => {
    const [first, second] = [shard(0), shard(1, { millisBehindLatest: 90_000 })]
    const before = Summary.count({ shards: [first], past: [] }, 1000)
    const ended = { ...Totals.of(first), checkpointsSent: 12, deadLetters: 3 }
    const after = Summary.count({ shards: [second], past: [ended] }, 61_000)
    assert.deepEqual(Summary.fields(before, after, [second]), {
      shards: 1,
      recordsPerSecond: 70,
      behind: 90_000,
      checkpoints: 11,
      deadLetters: 3
    })
  })

  it('of a worker without a shard has no lag', () => {
    const nothing = Summary.count({ shards: [], past: [] }, 0)
    assert.deepEqual(Summary.fields(nothing, { ...nothing, at: 60_000, records: 21 }, []), {
      shards: 0,
      recordsPerSecond: 0.4,
      behind: null,
      checkpoints: 0,
      deadLetters: 0
    })
  })
})
