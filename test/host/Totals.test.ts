import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Totals from '../../src/host/Totals'
import { shard } from './status/Example'

describe('what sessions had counted', () => {
  it('is summed by shard, in the order of their names', () => {
    const filling = Totals.make()
    filling.add(shard(1))
    filling.add(shard(0))
    filling.add(shard(1, { relay: 7, deadLetters: 5 }))
    assert.deepEqual(
      filling.read().map(({ shardId, counts, deadLetters }) => [shardId, counts.records, deadLetters]),
      [
        ['shardId-000000000000', 4200, 2],
        ['shardId-000000000001', 8400, 7]
      ]
    )
  })

  it('is nothing at first', () => {
    assert.deepEqual(Totals.make().read(), [])
  })

  it('keeps of a status what is counted, and nothing of where the session was', () => {
    assert.deepEqual(Object.keys(Totals.of(shard(0))).sort(), [
      'checkpointsCoalesced',
      'checkpointsFailed',
      'checkpointsSent',
      'counts',
      'deadLetters',
      'shardId',
      'skipped',
      'suspicions'
    ])
  })
})
