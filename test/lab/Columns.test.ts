import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Columns from '../../src/lab/Columns'
import * as Hash from '../../src/lab/Hash'
import * as Action from '../../src/protocol/Action'
import * as KinesisRecord from '../../src/protocol/KinesisRecord'
import * as KinesisRecords from '../../src/protocol/KinesisRecords'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as Scan from '../../src/protocol/wire/Scan'

const SHARD = 'shardId-000000000000'
const WRITING: Columns.Writing = { data: 'full', hash: Hash.plain }

/** Batches below and above the size from which on payloads are packed. */
const batches: fc.Arbitrary<ReadonlyArray<KinesisRecord.KinesisRecord>> = fc
  .constantFrom(20, 4000)
  .chain((maxLength) =>
    fc.array(
      fc
        .record({
          shardId: fc.constant(SHARD),
          sequenceNumber: fc.bigInt({ min: 1n, max: 10n ** 56n }).map(String),
          subSequenceNumber: fc.nat(300),
          partitionKey: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
          approximateArrivalTimestamp: fc.option(fc.nat()),
          base64: fc
            .uint8Array({ maxLength, size: 'max' })
            .map((bytes) => Buffer.from(bytes).toString('base64'))
        })
        .map(KinesisRecord.make),
      { maxLength: 30, size: 'max' }
    )
  )

/** The records as they are on a line of the daemon; null: the scan leaves the line to JSON.parse. */
const scanned = (records: ReadonlyArray<KinesisRecord.KinesisRecord>): KinesisRecords.KinesisRecords | null =>
  Scan.batch(SHARD, Buffer.from(ActionCodec.encode(Action.processRecords(records, 0))))?.records ?? null

const read = (columns: Columns.Columns): ReadonlyArray<object> =>
  KinesisRecords.toArray(
    new Columns.Records(SHARD, JSON.parse(JSON.stringify(columns)) as Columns.Columns, true)
  ).map((record) => ({ ...record }))

describe('the columns of a batch in full', () => {
  it('are the same from a line of the daemon and from records, and give the same records again', () => {
    const seen = { scanned: 0, packed: 0, unpacked: 0 }
    fc.assert(
      fc.property(batches, (records) => {
        const columns = Columns.of(records, WRITING)
        seen[columns.packed === undefined ? 'unpacked' : 'packed'] += 1
        assert.deepEqual(
          read(columns),
          records.map((record) => ({ ...record }))
        )
        const found = scanned(records)
        if (found === null) return
        seen.scanned += 1
        assert.deepEqual(Columns.of(found, WRITING), columns)
      })
    )
    assert.ok(
      Object.values(seen).every((count) => count > 10),
      JSON.stringify(seen)
    )
  })

  it('keep what is no base64 as it is', () => {
    const strange = KinesisRecord.make({
      shardId: SHARD,
      sequenceNumber: '1',
      subSequenceNumber: 0,
      partitionKey: 'a',
      approximateArrivalTimestamp: null,
      base64: 'no base64\n'.repeat(2000)
    })
    const columns = Columns.of([strange], WRITING)
    assert.equal(columns.packed, undefined)
    assert.deepEqual(read(columns), [{ ...strange }])
  })
})
