import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Decision from '../../src/core/Decision'
import * as Input from '../../src/core/Input'
import type { Candidate } from '../../src/lab/plan/Candidate'
import * as Plan from '../../src/lab/plan/Plan'
import * as Recording from '../../src/lab/Recording'
import * as Action from '../../src/protocol/Action'
import * as KinesisRecord from '../../src/protocol/KinesisRecord'
import { source, whole } from './Lives'
import { ENV, HEADER, played, type Move } from './Recordings'

const record = (number: number): KinesisRecord.KinesisRecord =>
  KinesisRecord.make({
    shardId: HEADER.shard,
    sequenceNumber: String(1000 + number),
    subSequenceNumber: 0,
    partitionKey: `key-${number}`,
    approximateArrivalTimestamp: null,
    base64: Buffer.alloc(30).toString('base64')
  })

/** A batch of some records each second, from the second 2 on. */
const batches = (count: number, records: number): ReadonlyArray<Move> =>
  Array.from({ length: count }, (_, i) => ({
    now: 2_000 + i * 1_000,
    records: Array.from({ length: records }, (_, at) => record(i * records + at))
  }))

const end = (now: number): ReadonlyArray<Move> =>
  [
    Input.received(Action.shutdownRequested, now, 0.5),
    Input.received(Action.leaseLost, now + 5, 0.5),
    Input.closed
  ].map((input) => ({ input }))

const plan = (
  moves: ReadonlyArray<Move>,
  candidates: ReadonlyArray<Candidate> = [],
  header: Partial<Recording.Header> = {}
): Plan.Plan =>
  whole(Plan.run([source({ ...header, env: ENV }, played({ env: ENV, moves, header }))], candidates))

const every = (count: number): Candidate => ({ name: `count=${count}`, change: { count } })

describe('the policy in force', () => {
  it('has the checkpoints that were recorded, and what a crash would have brought again', () => {
    // An interval of 60 s, and 10 records a second: due at 61 s, and at the stop.
    const { total, inexact, missing, records, elapsed } = plan([...batches(100, 10), ...end(101_500)])
    assert.deepEqual(
      { inexact, missing, records, elapsed },
      { inexact: [], missing: [], records: 1000, elapsed: 100_505 }
    )
    const [now] = total
    assert.deepEqual(now?.checkpoints, { sent: 2, coalesced: 0, failed: 0, writes: 2 })
    assert.equal(now?.again.records.worst, 600)
    assert.equal(now?.again.bytes.worst, 600 * 30)
    assert.equal(now?.again.age.worst, 59_000)
    assert.deepEqual(now?.stops, { count: 1, median: 0, worst: 0 })
  })

  it('is an estimate where the recording has a gap, and what is missing is named', () => {
    const entries = played({ env: ENV, moves: batches(3, 10) })
    const begun = entries.slice(0, 2)
    const cut = [...entries.slice(0, 5), Recording.gap(7, 'the disk was full'), ...begun]
    const { inexact, missing } = whole(Plan.run([source({}, [...cut, Recording.closed(false, 7, null)])], []))
    assert.deepEqual(missing, [
      'orders shardId-000000000000, life 20261130T020000000Z-1: about 7 records are missing (the disk was full)',
      'orders shardId-000000000000, life 20261130T020000000Z-1: 7 records were dropped while it was recorded'
    ])
    assert.deepEqual(inexact, ['the recording is not complete'])
  })

  it('is an estimate where only some keys were recorded', () =>
    assert.deepEqual(plan(batches(3, 10), [], { sampling: 0.1 }).inexact, [
      'orders shardId-000000000000, life 20261130T020000000Z-1: only 10 % of the partition keys were recorded, and their records alone are counted'
    ]))

  it('is an estimate where the session of today replies something else', () => {
    const entries = played({ env: ENV, moves: batches(70, 10) })
    const without = entries.filter((one) => one._tag !== 'Wrote' || one.reply._tag !== 'Checkpoint')
    assert.deepEqual(whole(Plan.run([source({}, without)], [])).inexact, [
      'orders shardId-000000000000, life 20261130T020000000Z-1: the session of this kclts differs from the recorded one of kclts 0.1.0: it replied something else than was recorded'
    ])
  })

  it('may have changed: each life counts under its own, and all are named', () => {
    const other = { ...ENV, policy: { ...ENV.policy, count: 5 } }
    const lives = [ENV, other].map((env, index) =>
      source(
        { env, life: `life-${index}`, started: { wall: 1_000_000 * (index + 1), monotonic: 1_000 } },
        played({ env, moves: batches(10, 10) })
      )
    )
    const { inForce, total, shards } = whole(Plan.run(lives, []))
    assert.deepEqual(
      inForce.map(({ count }) => count),
      [0, 5]
    )
    assert.equal(total[0]?.checkpoints.sent, 10)
    assert.deepEqual([shards.length, shards[0]?.lives], [1, 2])
  })
})

describe('another policy', () => {
  it('has checkpoints of its own, which are answered in the time that the recorded ones took', () => {
    const { total } = plan([...batches(100, 10), ...end(101_500)], [every(100)])
    const other = total[1]
    // 100 records in 10 seconds; the last hundred is covered before the stop.
    assert.deepEqual(other?.checkpoints, { sent: 10, coalesced: 0, failed: 0, writes: 10 })
    assert.equal(other?.again.records.worst, 100)
  })

  it('that never checkpoints brings everything again', () => {
    const never = { interval: 0, count: 0, manual: false, onShutdown: false }
    const { total } = plan([...batches(10, 10), ...end(11_500)], [{ name: 'never', change: never }])
    assert.deepEqual(total[1]?.checkpoints, { sent: 0, coalesced: 0, failed: 0, writes: 0 })
    assert.equal(total[1]?.again.records.worst, 100)
  })

  it('stops after the checkpoint of its stop, which takes as long as the last recorded one', () => {
    const stops = (entries: ReadonlyArray<Recording.Entry>): Plan.Stops | null | undefined =>
      whole(Plan.run([source({}, entries)], [every(7)])).total[1]?.stops
    // No checkpoint is answered before the stop: 10 ms are usual.
    assert.deepEqual(stops(played({ env: ENV, moves: [...batches(10, 10), ...end(11_500)] })), {
      count: 1,
      median: 10,
      worst: 10
    })
    const slow = played({ env: ENV, moves: [...batches(100, 10), ...end(101_500)] }).map((entry) =>
      entry._tag === 'Took' && entry.input._tag === 'Received' && entry.input.action._tag === 'Checkpointed'
        ? Recording.took({ ...entry.input, now: entry.input.now + 40 })
        : entry
    )
    assert.deepEqual(stops(slow), { count: 1, median: 40, worst: 40 })
  })

  it('honours what the handler asks for, unless it says otherwise', () => {
    const moves = batches(10, 10)
    const entries = played({ env: ENV, moves, handler: () => Decision.checkpoint() })
    const { total } = whole(
      Plan.run([source({}, entries)], [{ name: 'manual off', change: { manual: false } }])
    )
    assert.deepEqual(
      total.map(({ checkpoints }) => checkpoints.writes > 0),
      [true, false]
    )
  })

  it('keeps to the end of another worker: nothing is checkpointed after the lease is gone', () => {
    const entries = played({ env: ENV, moves: batches(62, 10) })
    const lost = entries.map((entry) =>
      entry._tag === 'Took' && entry.input._tag === 'Received' && entry.input.action._tag === 'Checkpointed'
        ? Recording.took({ ...entry.input, action: { ...entry.input.action, error: 'ShutdownException' } })
        : entry
    )
    const { total } = whole(Plan.run([source({}, lost)], [every(100)]))
    assert.deepEqual(total[1]?.checkpoints.writes, 6)
  })
})

describe('several shards', () => {
  it('are crashed together, and an idle one is among them', () => {
    const lives = [10, 20, 0].map((records, index) =>
      source(
        { shard: `shard-${index}` },
        played({ env: ENV, moves: [...batches(5, records), { now: 8_000, records: [] }] })
      )
    )
    const { shards, total } = whole(Plan.run(lives, []))
    assert.deepEqual(
      shards.map(({ shard, records, figures }) => [shard, records, figures[0]?.again.records.worst]),
      [
        ['shard-0', 50, 50],
        ['shard-1', 100, 100],
        ['shard-2', 0, 0]
      ]
    )
    assert.equal(total[0]?.again.records.worst, 150)
  })
})
