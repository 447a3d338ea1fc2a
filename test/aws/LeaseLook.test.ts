import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Item } from '../../src/aws/Item'
import * as LeaseLook from '../../src/aws/LeaseLook'

const shard = (id: string): Item => ({ leaseKey: { S: id }, checkpoint: { S: 'LATEST' } })

const summary = (items: ReadonlyArray<Item>) => {
  const { leases, ...rest } = LeaseLook.make({ wall: 1000, monotonic: 5 }, items, [])
  return { ...rest, shards: leases.map((lease) => lease.shard) }
}

const expected = {
  at: 1000,
  moment: 5,
  shards: ['shard-1', 'shard-2'],
  reports: [
    { worker: 'vm-0', at: 1_795_452_089_000 },
    { worker: 'vm-1', at: 1_795_452_093_000 }
  ],
  leader: 'vm-1',
  clientVersion: { version: '3X', since: 1_795_452_067_037, by: 'vm-0' },
  migration: null,
  unread: []
}

/** As KCL 3 writes it (MigrationState.serialize). */
const client = { cv: { S: 'CLIENT_VERSION_3X' }, mb: { S: 'vm-0' }, mts: { N: '1795452067037' } }

describe('a look at the tables of an application', () => {
  it('of KCL 3 puts the rows of three tables together', () =>
    deepStrictEqual(
      summary([
        shard('shard-2'),
        shard('shard-1'),
        { wid: { S: 'vm-1' }, lut: { N: '1795452093' } },
        { wid: { S: 'vm-0' }, lut: { N: '1795452089' } },
        { key: { S: 'Leader' }, ownerName: { S: 'vm-1' }, leaseDuration: { S: '120000' } },
        { key: { S: 'Migration3.0' }, ...client }
      ]),
      expected
    ))

  it('of the single table of KCL 3.5 distinguishes its rows by their type', () =>
    deepStrictEqual(
      summary([
        { ...shard('shard-2'), entityType: { S: 'LEASE' } },
        shard('shard-1'),
        { leaseKey: { S: 'vm-1' }, lut: { N: '1795452093' }, entityType: { S: 'WORKER_METRIC_STATS' } },
        { leaseKey: { S: 'vm-0' }, lut: { N: '1795452089' }, entityType: { S: 'WORKER_METRIC_STATS' } },
        { leaseKey: { S: 'Leader' }, ownerName: { S: 'vm-1' }, entityType: { S: 'LEADER' } },
        { leaseKey: { S: 'Migration3.0' }, ...client, entityType: { S: 'CLIENT_VERSION_MIGRATION' } }
      ]),
      expected
    ))

  it('of KCL 2 has leases alone', () =>
    deepStrictEqual(summary([shard('shard-1')]), {
      at: 1000,
      moment: 5,
      shards: ['shard-1'],
      reports: [],
      leader: null,
      clientVersion: null,
      migration: null,
      unread: []
    }))

  it('has no report of a worker that has not reported yet', () =>
    deepStrictEqual(summary([{ wid: { S: 'vm-0' } }]).reports, []))
})
