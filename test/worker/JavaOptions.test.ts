import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as JavaOptions from '../../src/worker/JavaOptions'

describe('the load that the heap follows from', () => {
  const shape = { openShards: 32, recordBytes: 1024 }

  it('is all open shards, but no more than the worker may take, with batches as they are configured', () => {
    assert.deepEqual(
      [
        JavaOptions.loadOf({ maxLeases: null, maxRecords: null }, shape),
        JavaOptions.loadOf({ maxLeases: 10, maxRecords: 500 }, shape),
        JavaOptions.loadOf({ maxLeases: 100, maxRecords: null }, shape),
        JavaOptions.loadOf({ maxLeases: 10, maxRecords: null }, null)
      ],
      [
        { shards: 32, recordBytes: 1024, maxRecords: 10_000 },
        { shards: 10, recordBytes: 1024, maxRecords: 500 },
        { shards: 32, recordBytes: 1024, maxRecords: 10_000 },
        null
      ]
    )
  })
})
