import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ShardStatus } from '../../../src/host/ShardStatus'
import * as Health from '../../../src/host/status/Health'
import { TICK, shard, worker } from './Example'

const LIMIT = 60_000

const healthOf = (one: ShardStatus, now: number): Health.Problems =>
  Health.health(worker({ shards: [one] }), LIMIT, now)

const stuck = shard(0)
/** When it last moved. */
const since = stuck.counts.movedAt

describe('the health of a worker', () => {
  it('is good up to the limit, and names the shard beyond it', () => {
    assert.deepEqual(healthOf(stuck, since + LIMIT), [])
    assert.deepEqual(healthOf(stuck, since + LIMIT + 1), [
      'shardId-000000000000 has made no progress for 60 s while 80 records wait'
    ])
  })

  it('counts from the batch when nothing moved since it came', () => {
    const fresh = shard(0, { open: { action: 'processRecords', since: since + 5000 }, waiting: 1 })
    assert.deepEqual(healthOf(fresh, since + 5000 + LIMIT), [])
    assert.deepEqual(healthOf(fresh, since + 5001 + LIMIT), [
      'shardId-000000000000 has made no progress for 60 s while 1 record waits'
    ])
  })

  for (const [what, more] of [
    ['has no record waiting', { waiting: 0 }],
    ['is draining', { isDraining: true }],
    ['has lost its lease', { isFenced: true }],
    ['has ended', { phase: 'Ended' }]
  ] as const)
    it(`does not suffer from a shard that ${what}`, () => {
      assert.deepEqual(healthOf(shard(0, more), since + 100 * LIMIT), [])
    })

  it('is good without a shard, and for ever with a limit of 0', () => {
    assert.deepEqual(Health.health(worker({ shards: [] }), LIMIT, TICK), [])
    assert.deepEqual(Health.health(worker(), 0, since + 1e12), [])
  })

  it('is good while the daemon waits for its next start', () => {
    assert.deepEqual(Health.health(worker({ phase: 'waiting', shards: [] }), LIMIT, TICK), [])
  })

  it('does not suffer from a clock that differs between threads', () => {
    assert.equal(Health.stalledFor(stuck, since - 5), 0)
  })
})

describe('a shard that the daemon cannot read', () => {
  const heard = shard(0, { open: null, waiting: 0, heardAt: TICK })
  const unreadOf = (one: ShardStatus, now: number): Health.Problems =>
    Health.unread(worker({ shards: [one] }), LIMIT, now)

  it('is named when nothing has come of it for longer than the limit, not even an empty batch', () => {
    assert.deepEqual(unreadOf(heard, TICK + LIMIT), [])
    assert.deepEqual(unreadOf(heard, TICK + LIMIT + 1), [
      'shardId-000000000000 has had no batch, not even an empty one, for 60 s: the daemon cannot read it; its last errors in the log say why'
    ])
  })

  it('is no illness of the worker, which no start anew would mend, but the worker is not ready', () => {
    assert.deepEqual(healthOf(heard, TICK + 100 * LIMIT), [])
    const all = worker({ shards: [heard] })
    assert.deepEqual(Health.readiness(all, LIMIT, TICK + LIMIT), [])
    assert.deepEqual(Health.readiness(all, LIMIT, TICK + LIMIT + 1), unreadOf(heard, TICK + LIMIT + 1))
    assert.deepEqual(Health.readiness(all, 0, TICK + 100 * LIMIT), [])
  })

  it('is named with the reason of the last read that failed, unless a batch came after it', () => {
    const reasonAt = (at: number, hasEmptyBatches: boolean): Health.Problems => {
      const failedReads = [{ shardId: heard.shardId, count: 3, at, why: 'nothing listens at Kinesis' }]
      return Health.unread(worker({ shards: [heard], failedReads, hasEmptyBatches }), LIMIT, TICK + 2 * LIMIT)
    }
    assert.deepEqual(
      [
        reasonAt(TICK + 1, true),
        reasonAt(TICK - 1, true),
        reasonAt(TICK + 1, false),
        reasonAt(TICK - 1, false)
      ],
      [
        [
          'shardId-000000000000 has had no batch, not even an empty one, for 120 s: the daemon cannot read it: nothing listens at Kinesis'
        ],
        [
          'shardId-000000000000 has had no batch, not even an empty one, for 120 s: the daemon cannot read it; its last errors in the log say why'
        ],
        [
          'shardId-000000000000 has had no batch for 120 s: the daemon cannot read it: nothing listens at Kinesis'
        ],
        []
      ]
    )
  })

  it('is not one whose batch is at work, or that is stopping', () => {
    const open = { action: 'processRecords', since: TICK } as const
    for (const more of [{ open }, { isDraining: true }, { isFenced: true }])
      assert.deepEqual(unreadOf({ ...heard, ...more }, TICK + 100 * LIMIT), [])
  })
})

describe('a worker is ready', () => {
  it('when the daemon works, with a shard or without', () => {
    assert.deepEqual(Health.readiness(worker(), LIMIT, TICK), [])
    assert.deepEqual(Health.readiness(worker({ shards: [] }), LIMIT, TICK), [])
  })

  it('not before, not while the daemon is to be started again, and not when it is stopping', () => {
    assert.deepEqual(
      (['starting', 'waiting', 'stopping'] as const).map((phase) =>
        Health.readiness(worker({ phase }), LIMIT, TICK)
      ),
      [
        ['the daemon is starting'],
        ['the daemon has ended and will be started again'],
        ['the worker is stopping']
      ]
    )
  })
})

describe('a relay that no session answers', () => {
  const waiting = worker({ shards: [], unattached: [{ relay: 77, since: TICK - 30_500, allowed: 30_000 }] })
  const problem = 'a shard has waited for 30 s to be attached: its relay is the process 77'

  it('makes the worker unhealthy after what a handler may take, or status.stalled if that is less', () => {
    assert.deepEqual(
      [300_000, 10_000, 0].map((limit) => Health.health(waiting, limit, TICK)),
      [[problem], [problem], [problem]]
    )
    assert.deepEqual(Health.health(waiting, 300_000, TICK - 500), [])
    assert.deepEqual(Health.health(waiting, 10_000, TICK - 20_400), [
      'a shard has waited for 10 s to be attached: its relay is the process 77'
    ])
  })
})

describe('a record that is tried again and again', () => {
  const of = (triedAgain: number | null): ShardStatus => shard(0, { triedAgain })

  it('makes progress by each attempt, and by the wait for the next one', () => {
    assert.deepEqual(healthOf(of(since + LIMIT), since + 2 * LIMIT), [])
    assert.deepEqual(healthOf(of(since + 2 * LIMIT), since + 2 * LIMIT - 1), [])
  })

  it('is stuck when no further attempt follows in time', () => {
    assert.deepEqual(healthOf(of(since + LIMIT), since + 2 * LIMIT + 1), [
      'shardId-000000000000 has made no progress for 60 s while 80 records wait'
    ])
    assert.equal(healthOf(of(null), since + LIMIT + 1).length, 1)
  })
})
