import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { json } from '../../../src/cli/leases/json'
import { age, text } from '../../../src/cli/leases/text'
import type { View } from '../../../src/cli/leases/view'
import type * as Lease from '../../../src/aws/Lease'
import type * as ClientVersion from '../../../src/aws/ClientVersion'
import type * as TableMigration from '../../../src/aws/TableMigration'
import type { LeaseLook } from '../../../src/aws/LeaseLook'
import * as LeaseWatch from '../../../src/aws/LeaseWatch'
import { lease, look } from '../../aws/leases'

const START = Date.UTC(2026, 10, 23, 16, 41, 0, 250)

const FIRST = '49680496011278669897677438410607085269806188100656824322'
const SECOND = '49680496011278669897677438410631263786198482127259959298'
const at = (sequenceNumber: string, subSequenceNumber = 0): Pick<Lease.Lease, 'checkpoint'> => ({
  checkpoint: { sequenceNumber, subSequenceNumber }
})

const tables = { application: 'orders', leases: 'order-leases', others: [] }

const once = (taken: LeaseLook): View => ({
  tables,
  failoverTime: 10_000,
  watch: LeaseWatch.step(null, taken),
  isWatching: false
})

const watched = (first: LeaseLook, ...more: ReadonlyArray<LeaseLook>): View => ({
  tables,
  failoverTime: 10_000,
  watch: more.reduce(LeaseWatch.step, LeaseWatch.step(null, first)),
  isWatching: true
})

const AFTER_LOOK =
  'The table holds no times, and a worker that is gone stays the owner until another takes over: --watch shows which leases are renewed.'
const AFTER_WATCH = 'age: since the lease was renewed; moved: since its checkpoint changed; +: or longer'

/** Line by line, as a diff of them is read. */
const lines = (view: View, width: number | null = null, problem: string | null = null) =>
  text(view, width, problem).split('\n')

describe('the leases as text', () => {
  it('of KCL 3 have their workers below them, with the leader and the last reports', () => {
    const view = once(
      look(
        START,
        [
          lease('shardId-000000000000', { ...at(FIRST, 2), giver: 'vm-1', throughputKBps: 12.345 }),
          lease('shardId-000000000001', { ...at('SHARD_END'), ownerSwitches: 1 }),
          lease('shardId-000000000002', { ...at('TRIM_HORIZON'), owner: null }),
          lease('shardId-000000000003', { ...at(SECOND), parents: ['shardId-000000000001'], owner: 'vm-1' })
        ],
        {
          leader: 'vm-1',
          reports: [
            { worker: 'vm-0', at: START - 65_000 },
            { worker: 'vm-1', at: START + 500 },
            { worker: 'vm-2', at: START - 300_000 },
            { worker: 'vm-gone', at: START - 300_001 }
          ]
        }
      )
    )
    deepStrictEqual(lines(view), [
      'order-leases: 4 leases: 1 owned, 1 handover, 1 never-started, 1 ended',
      '',
      'shard                 parents               state          owner             checkpoint                                                  switches  KB/s',
      'shardId-000000000000  -                     handover       vm-0 (from vm-1)  49680496011278669897677438410607085269806188100656824322/2  0         12.3',
      'shardId-000000000001  -                     ended          vm-0              SHARD_END                                                   1         -',
      'shardId-000000000002  -                     never-started  -                 TRIM_HORIZON                                                0         -',
      'shardId-000000000003  shardId-000000000001  owned          vm-1              49680496011278669897677438410631263786198482127259959298/0  0         -',
      '',
      'worker  leases  last report',
      'vm-0    1       1m5s ago',
      'vm-1    1       0s ago       leads',
      'vm-2    0       5m ago',
      '',
      AFTER_LOOK,
      ''
    ])
  })

  it('have the move from KCL 2 to KCL 3 below them, with what comes next, until it is over', () => {
    const linesOf = (version: ClientVersion.Version) => {
      const clientVersion = { version, since: START - 65_000, by: 'vm-0' }
      return lines(once(look(START, [lease('shard-0')], { clientVersion }))).slice(7, -3)
    }
    deepStrictEqual(linesOf('UPGRADE_FROM_2X'), [
      '',
      'Move from KCL 2 to KCL 3: UPGRADE_FROM_2X for 1m5s: the workers share leases as KCL 2 does; once all of them run KCL 3, it is 3X_WITH_ROLLBACK'
    ])
    deepStrictEqual(linesOf('2X'), [
      '',
      "Move from KCL 2 to KCL 3: 2X for 1m5s: the move was rolled back, and the workers share leases as KCL 2 does; Amazon's migration tool can roll it forward"
    ])
    deepStrictEqual(linesOf('3X_WITH_ROLLBACK'), [
      '',
      'Move from KCL 2 to KCL 3: 3X_WITH_ROLLBACK for 1m5s: the workers share leases as KCL 3 does, and the application can go back; to end the move, take clientVersionConfig out of daemon.properties'
    ])
    deepStrictEqual(linesOf('3X'), [])
  })

  it('have the move of three tables into one below them, with what comes next', () => {
    const linesAt = (status: TableMigration.Status, hasLeaderTable = true) => {
      const migration = { status, since: START - 65_000, by: 'vm-0', hasLeaderTable }
      return lines(once(look(START, [lease('shard-0')], { migration }))).slice(7, -3)
    }
    deepStrictEqual(linesAt('INIT'), [
      '',
      'Move to a single table: INIT for 1m5s: all workers run KCL 3.5; after an hour it is DEPLOYED'
    ])
    deepStrictEqual(linesAt('DEPLOYED'), [
      '',
      'Move to a single table: DEPLOYED for 1m5s: it can begin: set migrateAllEntitiesToLeaseTable in daemon.properties'
    ])
    deepStrictEqual(linesAt('PENDING'), [
      '',
      'Move to a single table: PENDING for 1m5s: all rows are in the lease table; after tableMigrationCompleteBakeTimeSeconds it is COMPLETE'
    ])
    deepStrictEqual(linesAt('COMPLETE'), [
      '',
      'Move to a single table: COMPLETE for 1m5s: the application uses the lease table alone; the other two tables can be deleted'
    ])
    deepStrictEqual(linesAt('COMPLETE', false), [])
  })

  it('of KCL 2 have workers that never report', () =>
    deepStrictEqual(lines(once(look(START, [lease('shard-0')]))), [
      'order-leases: 1 lease: 1 owned',
      '',
      'shard    parents  state  owner  checkpoint  switches',
      'shard-0  -        owned  vm-0   100/0       0',
      '',
      'worker  leases  last report',
      'vm-0    1       -',
      '',
      AFTER_LOOK,
      ''
    ]))

  it('that are watched show how long each is as it is, and which are expired', () => {
    const [free, kept, left] = ['shard-0', 'shard-1', 'shard-2'] as const
    const view = watched(
      look(START, [lease(free, { owner: null }), lease(kept), lease(left, { owner: 'vm-1' })]),
      look(START + 8000, [
        lease(free, { owner: null }),
        lease(kept, { counter: 2 }),
        lease(left, { owner: 'vm-1' })
      ]),
      look(START + 11_000, [
        lease(free, { owner: null }),
        lease(kept, { counter: 2, ...at('101', 3) }),
        lease(left, { owner: 'vm-1' })
      ])
    )
    deepStrictEqual(lines(view), [
      '2026-11-23T16:41:11Z  order-leases: 3 leases: 1 owned, 1 expired, 1 free',
      '',
      'shard    parents  state    owner  checkpoint  switches  age   moved',
      'shard-0  -        free     -      100/0       0         -     11s+',
      'shard-1  -        owned    vm-0   101/3       0         3s    0s',
      'shard-2  -        expired  vm-1   100/0       0         11s+  11s+',
      '',
      'worker  leases  last report',
      'vm-0    1       -',
      'vm-1    1       -',
      '',
      AFTER_WATCH,
      'expired: not renewed for longer than daemon.failoverTime, 10s',
      ''
    ])
  })

  it('have the last digits of their checkpoints alone where the whole is too wide', () => {
    const view = once(
      look(START, [
        lease('shard-0', { ...at(FIRST, 2), pending: { sequenceNumber: SECOND, subSequenceNumber: 0 } }),
        lease('shard-1', at('SHARD_END')),
        lease('shard-2', at('123456789012'))
      ])
    )
    const whole = lines(view).slice(2, 6)
    const width = Math.max(...whole.map((line) => line.length))
    deepStrictEqual(lines(view, width).slice(2, 6), whole)
    deepStrictEqual(lines(view, width - 1).slice(2, 6), [
      'shard    parents  state  owner  checkpoint                                   switches',
      'shard-0  -        owned  vm-0   ..100656824322/2 (pending ..127259959298/0)  0',
      'shard-1  -        ended  vm-0   SHARD_END                                    0',
      'shard-2  -        owned  vm-0   123456789012/0                               0'
    ])
  })

  it('say so if a new table has none', () =>
    deepStrictEqual(lines(once(look(START, []))), [
      'order-leases: 0 leases',
      '',
      'The table has no lease yet: the first worker that starts makes one for each shard.',
      ''
    ]))

  it('come with what could not be read', () =>
    deepStrictEqual(
      lines(once(look(START, [lease('shard-0')], { unread: ['order-stats cannot be read: no'] }))).slice(-5),
      ['', 'order-stats cannot be read: no', '', AFTER_LOOK, '']
    ))

  it('of an earlier look come with what kept the last one from being taken', () =>
    deepStrictEqual(lines(watched(look(START, [lease('shard-0')])), null, 'AWS is gone').slice(0, 5), [
      '2026-11-23T16:41:00Z  order-leases: 1 lease: 1 owned',
      'The last look failed: AWS is gone',
      '',
      'shard    parents  state  owner  checkpoint  switches  age  moved',
      'shard-0  -        owned  vm-0   100/0       0         0s+  0s+'
    ]))

  it('obey no terminal with what a stranger has written into the table', () =>
    deepStrictEqual(
      lines(once(look(START, [lease('s\x1b[2J', { owner: 'a\nb' })])))[3],
      's\\u001b[2J  -        owned  a\\u000ab  100/0       0'
    ))
})

describe('how long something is', () => {
  for (const [ms, shown] of [
    [-5000, '0s'],
    [499, '0s'],
    [500, '1s'],
    [59_499, '59s'],
    [60_000, '1m'],
    [200_000, '3m20s'],
    [3_600_000, '1h'],
    [7_505_000, '2h5m'],
    [86_400_000, '1d'],
    [360_000_000, '4d4h']
  ] as const)
    it(`of ${ms} ms is ${shown}`, () => deepStrictEqual(age(ms), shown))
})

describe('the leases as JSON', () => {
  const full = lease('shardId-000000000003', {
    ...at(FIRST, 2),
    parents: ['shardId-000000000001'],
    children: ['shardId-000000000004'],
    giver: 'vm-1',
    counter: 11,
    pending: { sequenceNumber: SECOND, subSequenceNumber: 1 },
    ownerSwitches: 3,
    hashRange: { start: '0', end: '340282366920938463463374607431768211455' },
    throughputKBps: 0.5
  })
  const shown = {
    shard: 'shardId-000000000003',
    parents: ['shardId-000000000001'],
    children: ['shardId-000000000004'],
    state: 'handover',
    owner: 'vm-0',
    handedOverBy: 'vm-1',
    checkpoint: FIRST,
    subSequenceNumber: 2,
    pending: { checkpoint: SECOND, subSequenceNumber: 1 },
    ownerSwitches: 3,
    counter: 11,
    hashRange: { start: '0', end: '340282366920938463463374607431768211455' },
    throughputKBps: 0.5,
    notRenewedForMs: null,
    notMovedForMs: null
  }

  it('are one document in a line', () => {
    const document = json(
      once(
        look(START, [full], {
          leader: 'vm-1',
          reports: [{ worker: 'vm-1', at: START - 250 }],
          clientVersion: { version: '3X', since: START - 90_000, by: null },
          migration: { status: 'PENDING', since: START - 60_000, by: 'vm-0', hasLeaderTable: true },
          unread: ['order-stats cannot be read: no']
        })
      )
    )
    deepStrictEqual(document.indexOf('\n'), document.length - 1)
    deepStrictEqual(JSON.parse(document), {
      time: '2026-11-23T16:41:00.250Z',
      application: 'orders',
      table: 'order-leases',
      leases: [shown],
      workers: [
        { worker: 'vm-0', leases: 1, reportedAt: null, isLeader: false },
        { worker: 'vm-1', leases: 0, reportedAt: '2026-11-23T16:41:00.000Z', isLeader: true }
      ],
      clientVersion: { version: '3X', since: '2026-11-23T16:39:30.250Z', by: null },
      tableMigration: { status: 'PENDING', since: '2026-11-23T16:40:00.250Z', by: 'vm-0' },
      unread: ['order-stats cannot be read: no']
    })
  })

  it('that are watched show how long they have been seen as they are', () =>
    deepStrictEqual(
      JSON.parse(
        json(
          watched(
            look(START, [lease('a')]),
            look(START + 2000, [lease('a', { counter: 2 })]),
            look(START + 4000, [lease('a', { counter: 2 })])
          )
        )
      ),
      {
        time: '2026-11-23T16:41:04.250Z',
        application: 'orders',
        table: 'order-leases',
        leases: [
          {
            ...shown,
            shard: 'a',
            parents: [],
            children: [],
            state: 'owned',
            handedOverBy: null,
            checkpoint: '100',
            subSequenceNumber: 0,
            pending: null,
            ownerSwitches: 0,
            counter: 2,
            hashRange: null,
            throughputKBps: null,
            notRenewedForMs: 2000,
            notMovedForMs: 4000
          }
        ],
        workers: [{ worker: 'vm-0', leases: 1, reportedAt: null, isLeader: false }],
        clientVersion: null,
        tableMigration: null,
        unread: []
      }
    ))
})
