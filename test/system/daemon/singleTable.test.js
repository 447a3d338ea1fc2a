'use strict'
/** Three tables are moved into one (docs/single-table.md). The KCL waits an hour twice, so the rows of its status are aged. */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Fleet = require('./stage/Fleet')

const VERSION = '3.5.1'

/** Its tables are those of an application that began with KCL 3.0 to 3.4. */
const BEFORE = '3.1.3'

const ROW = 'TableMigration3.5'

/** More than the shortest time that the KCL allows (CoordinatorConfig). */
const HOUR_MS = 3_700_000

describe(`the move to a single table with KCL ${VERSION}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  /** The rows of a table, by their keys, without those that only the emulator's caller would look at. */
  const rowsOf = async (table) => {
    const { Items } = await emulators.dynamo('Scan', { TableName: table, ConsistentRead: true })
    return new Map(Items.map((item) => [(item.key ?? item.leaseKey ?? item.wid).S, item]))
  }

  const statusIn = async (table) =>
    (await rowsOf(table)).get(ROW)?.tm.S.replace('TABLE_MIGRATION_STATUS_', '') ?? null

  const age = async (table) => {
    const row = (await rowsOf(table)).get(ROW)
    const mts = { N: String(Number(row.mts.N) - HOUR_MS) }
    await emulators.dynamo('PutItem', { TableName: table, Item: { ...row, mts } })
  }

  it('INIT, DEPLOYED, PENDING, COMPLETE, and without the old tables: each record once', async (t) => {
    const fleet = await Fleet.set(t, emulators, { version: BEFORE, shards: 1, daemon: { version: VERSION } })
    const leader = `${fleet.application}-CoordinatorState`
    const workers = `${fleet.application}-WorkerMetricStats`
    const stored = []
    const consumes = async (worker) => {
      stored.push(...(await fleet.putOne()))
      await worker.until('it has consumed', () => fleet.finished().length === stored.length)
    }
    const reaches = (worker, status) =>
      worker.until(`it is ${status}`, async () => (await statusIn(leader)) === status)

    const first = fleet.start('first')
    await reaches(first, 'INIT')
    await consumes(first)
    await age(leader)
    await reaches(first, 'DEPLOYED')
    await Fleet.stop(first)

    const properties = { migrateAllEntitiesToLeaseTable: true, tableMigrationCompleteBakeTimeSeconds: 3600 }
    const second = fleet.start('second', { daemon: { properties } })
    await reaches(second, 'PENDING')
    assert.deepEqual([...(await rowsOf(leader)).keys()].sort(), ['Leader', ROW])
    assert.deepEqual([...(await rowsOf(workers)).keys()], [])
    await consumes(second)
    await age(leader)
    await reaches(second, 'COMPLETE')
    assert.equal(await statusIn(fleet.application), 'COMPLETE')
    await second.until('it leads by the lease table', async () =>
      (await rowsOf(fleet.application)).has('Leader')
    )
    await consumes(second)
    await Fleet.stop(second)

    for (const TableName of [leader, workers]) await emulators.dynamo('DeleteTable', { TableName })
    const third = fleet.start('third')
    await consumes(third)
    await Fleet.stop(third)
    Fleet.assertOnce(fleet, stored)
  })
})
