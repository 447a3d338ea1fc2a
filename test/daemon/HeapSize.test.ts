import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as HeapSize from '../../src/daemon/HeapSize'

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

const load = (shards: number, more: Partial<HeapSize.Load> = {}): HeapSize.Load => ({
  shards,
  recordBytes: MIB,
  maxRecords: 10_000,
  ...more
})

const needs = (of: HeapSize.Load): number => Math.ceil(HeapSize.need(of, 2) / MIB)

describe('the heap that Java needs', () => {
  it('follows from the shards, and from the largest batch that the KCL reads at once', () => {
    assert.deepEqual(
      [
        needs(load(0)),
        needs(load(1)),
        needs(load(8, { recordBytes: 10 * MIB })),
        needs(load(32)),
        needs(load(32, { maxRecords: 100, recordBytes: KIB })),
        needs(load(32, { maxRecords: 1 }))
      ],
      [96, 211, 694, 2166, 120, 342]
    )
  })

  it('grows with shards, records and their size', () => {
    const loads = fc.record({
      shards: fc.integer({ min: 1, max: 1000 }),
      recordBytes: fc.integer({ min: KIB, max: 10 * MIB }),
      maxRecords: fc.integer({ min: 1, max: 10_000 })
    })
    fc.assert(
      fc.property(loads, loads, (a, b) => {
        const larger = {
          shards: Math.max(a.shards, b.shards),
          recordBytes: Math.max(a.recordBytes, b.recordBytes),
          maxRecords: Math.max(a.maxRecords, b.maxRecords)
        }
        assert.ok(HeapSize.need(larger, 4) >= Math.max(HeapSize.need(a, 4), HeapSize.need(b, 4)))
      })
    )
  })
})

describe('the heap of Java', () => {
  const of = (one: HeapSize.Load, memory: number): HeapSize.HeapSize => HeapSize.of(one, { memory, cores: 2 })

  it('is the quarter of the memory that Java takes anyway, where that is enough', () => {
    assert.deepEqual(of(load(8), 4 * GIB), { mebibytes: null, doubt: null })
    assert.deepEqual(HeapSize.optionsOf(of(load(8), 4 * GIB)), [])
  })

  it('is what the shards need, where that is more', () => {
    assert.deepEqual(of(load(8), 2 * GIB), { mebibytes: 694, doubt: null })
    assert.deepEqual(HeapSize.optionsOf(of(load(8), 2 * GIB)), ['-Xmx694m'])
  })

  it('leaves Node its part of the memory, and says that it may be too little', () => {
    assert.deepEqual(of(load(32), 2 * GIB), {
      mebibytes: 1229,
      doubt:
        'Java gets a heap of 1229 MB, but may need 2166 MB if this worker holds 32 shards; give the worker more memory, or lower daemon.maxRecords or daemon.maxLeases'
    })
  })

  it('is not so large that the class archive does not fit', () => {
    assert.equal(of(load(1000), 100 * GIB).mebibytes, 31 * 1024)
  })
})
