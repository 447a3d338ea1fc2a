import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as ClientVersion from '../../src/aws/ClientVersion'
import type { Item } from '../../src/aws/Item'

/** As KCL 3 writes it (MigrationState.serialize). */
const row = (version: string, key: 'key' | 'leaseKey' = 'key'): Item => ({
  [key]: { S: 'Migration3.0' },
  cv: { S: `CLIENT_VERSION_${version}` },
  mb: { S: 'vm-0' },
  mts: { N: '1795452067037' }
})

describe('the version of the KCL that workers act as', () => {
  it('is what the row of the leader table or of the single table says', () => {
    for (const version of ['UPGRADE_FROM_2X', '2X', '3X_WITH_ROLLBACK', '3X'] as const)
      for (const key of ['key', 'leaseKey'] as const)
        deepStrictEqual(ClientVersion.of([{ leaseKey: { S: 'shard-1' } }, row(version, key)]), {
          version,
          since: 1_795_452_067_037,
          by: 'vm-0'
        })
  })

  it('is not known without the row, with a version that came later, or without a time', () => {
    const timeless: Item = { key: { S: 'Migration3.0' }, cv: { S: 'CLIENT_VERSION_3X' } }
    for (const items of [[{ key: { S: 'Leader' } }], [row('4X')], [timeless]])
      deepStrictEqual(ClientVersion.of(items), null)
  })
})
