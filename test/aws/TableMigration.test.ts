import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Item } from '../../src/aws/Item'
import * as TableMigration from '../../src/aws/TableMigration'

/** As KCL 3.5.1 writes it (TableMigrationState.serialize). */
const row = (status: string, key: 'key' | 'leaseKey' = 'key'): Item => ({
  [key]: { S: 'TableMigration3.5' },
  entityType: { S: 'TABLE_MIGRATION' },
  tm: { S: `TABLE_MIGRATION_STATUS_${status}` },
  mb: { S: 'vm-0' },
  mts: { N: '1795452067037' }
})

const found = (status: TableMigration.Status, hasLeaderTable: boolean): TableMigration.TableMigration => ({
  status,
  since: 1_795_452_067_037,
  by: 'vm-0',
  hasLeaderTable
})

describe('the move of three tables into one', () => {
  for (const status of ['INIT', 'DEPLOYED', 'PENDING', 'COMPLETE'] as const)
    it(`is ${status} as the row of the leader table says`, () =>
      deepStrictEqual(TableMigration.of([{ leaseKey: { S: 'shard-1' } }, row(status)]), found(status, true)))

  it('has a row in both tables once it is complete, and in the lease table when the other is deleted', () => {
    const both = [row('COMPLETE', 'leaseKey'), row('COMPLETE')]
    deepStrictEqual(TableMigration.of(both), found('COMPLETE', true))
    deepStrictEqual(TableMigration.of(both.slice(0, 1)), found('COMPLETE', false))
  })

  it('is not known without its row, or with one that a later version wrote', () => {
    deepStrictEqual(TableMigration.of([{ key: { S: 'Leader' } }, { leaseKey: { S: 'shard-1' } }]), null)
    deepStrictEqual(TableMigration.of([row('UNDONE')]), null)
  })
})
