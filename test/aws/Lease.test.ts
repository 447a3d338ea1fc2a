import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Item } from '../../src/aws/Item'
import * as Lease from '../../src/aws/Lease'

/** A row as KCL 3.1.3 wrote it. */
const row: Item = {
  leaseKey: { S: 'shardId-000000000003' },
  checkpoint: { S: '49680496018481810596802829685330375826789298085245747250' },
  checkpointSubSequenceNumber: { N: '2' },
  leaseCounter: { N: '11' },
  leaseOwner: { S: 'vm-0' },
  ownerSwitchesSinceCheckpoint: { N: '1' },
  parentShardId: { SS: ['shardId-000000000001'] },
  startingHashKey: { S: '113427455640312821154458202477256070485' },
  endingHashKey: { S: '170141183460469231731687303715884105727' },
  throughputKBps: { N: '0.004507' }
}

const lease: Lease.Lease = {
  shard: 'shardId-000000000003',
  parents: ['shardId-000000000001'],
  children: [],
  owner: 'vm-0',
  giver: null,
  counter: 11,
  checkpoint: {
    sequenceNumber: '49680496018481810596802829685330375826789298085245747250',
    subSequenceNumber: 2
  },
  pending: null,
  ownerSwitches: 1,
  hashRange: {
    start: '113427455640312821154458202477256070485',
    end: '170141183460469231731687303715884105727'
  },
  throughputKBps: 0.004507
}

describe('a row of the lease table', () => {
  it('is a lease', () => deepStrictEqual(Lease.fromItem(row), lease))

  it('of a shard that ended has its children, in the order of their ids', () =>
    deepStrictEqual(
      Lease.fromItem({ ...row, childShardIds: { SS: ['shardId-000000000007', 'shardId-000000000006'] } }),
      { ...lease, children: ['shardId-000000000006', 'shardId-000000000007'] }
    ))

  it('that is handed over has both workers', () =>
    deepStrictEqual(Lease.fromItem({ ...row, checkpointOwner: { S: 'vm-1' } }), { ...lease, giver: 'vm-1' }))

  it('has a checkpoint that is prepared', () =>
    deepStrictEqual(
      Lease.fromItem({
        ...row,
        pendingCheckpoint: { S: '49680496018481810596802829685330375826789298085245747999' },
        pendingCheckpointSubSequenceNumber: { N: '4' }
      }),
      {
        ...lease,
        pending: {
          sequenceNumber: '49680496018481810596802829685330375826789298085245747999',
          subSequenceNumber: 4
        }
      }
    ))

  it('needs no more than its key and a checkpoint', () =>
    deepStrictEqual(Lease.fromItem({ leaseKey: { S: 'shardId-0' }, checkpoint: { S: 'LATEST' } }), {
      shard: 'shardId-0',
      parents: [],
      children: [],
      owner: null,
      giver: null,
      counter: 0,
      checkpoint: { sequenceNumber: 'LATEST', subSequenceNumber: 0 },
      pending: null,
      ownerSwitches: 0,
      hashRange: null,
      throughputKBps: null
    }))

  it('of the single table of KCL 3.5 is a lease by its type', () =>
    deepStrictEqual(Lease.fromItem({ ...row, entityType: { S: 'LEASE' } }), lease))

  for (const [what, item] of [
    ['of another type', { ...row, entityType: { S: 'STREAM' } }],
    ['without a checkpoint', { leaseKey: { S: 'Leader' }, ownerName: { S: 'vm-0' } }],
    ['without a key of a lease', { key: { S: 'Leader' }, checkpoint: { S: '1' } }],
    ['whose key is no text', { leaseKey: { N: '1' }, checkpoint: { S: '1' } }]
  ] as const)
    it(`${what} is not a lease`, () => deepStrictEqual(Lease.fromItem(item), null))
})

describe('what a lease alone shows', () => {
  const at = (sequenceNumber: string): Pick<Lease.Lease, 'checkpoint'> => ({
    checkpoint: { sequenceNumber, subSequenceNumber: 0 }
  })
  for (const [what, some, state] of [
    ['with an owner', {}, 'owned'],
    ['with an owner that waits for another worker', { giver: 'vm-1' }, 'handover'],
    ['with an owner and no checkpoint', at('TRIM_HORIZON'), 'owned'],
    ['that was begun and has no owner', { owner: null }, 'free'],
    ['at TRIM_HORIZON without an owner', { owner: null, ...at('TRIM_HORIZON') }, 'never-started'],
    ['at LATEST without an owner', { owner: null, ...at('LATEST') }, 'never-started'],
    ['at AT_TIMESTAMP without an owner', { owner: null, ...at('AT_TIMESTAMP') }, 'never-started'],
    ['at the end of its shard', { owner: null, ...at('SHARD_END') }, 'ended'],
    ['at the end of its shard, which its owner still renews', at('SHARD_END'), 'ended']
  ] as const)
    it(`a lease ${what} is ${state}`, () => deepStrictEqual(Lease.state({ ...lease, ...some }), state))

  it('a checkpoint is shown with the number within an aggregated record', () =>
    deepStrictEqual(Lease.showCheckpoint({ sequenceNumber: '496', subSequenceNumber: 2 }), '496/2'))

  it('a word in place of a sequence number is shown alone', () =>
    deepStrictEqual(Lease.showCheckpoint({ sequenceNumber: 'SHARD_END', subSequenceNumber: 0 }), 'SHARD_END'))
})

describe('leases in order', () => {
  const of = (shard: string, ...parents: ReadonlyArray<string>): Lease.Lease => ({ ...lease, shard, parents })
  const order = (...leases: ReadonlyArray<Lease.Lease>): ReadonlyArray<string> =>
    Lease.sorted(leases).map(({ shard }) => shard)

  it('are by shard', () => deepStrictEqual(order(of('c'), of('a'), of('b')), ['a', 'b', 'c']))

  it('have a parent before its children, whatever their ids', () =>
    deepStrictEqual(order(of('a', 'z'), of('b'), of('z', 'm'), of('m')), ['m', 'z', 'a', 'b']))

  it('have both parents before the child of a merge', () =>
    deepStrictEqual(order(of('a', 'y', 'x'), of('x'), of('y')), ['x', 'y', 'a']))

  it('need no parent that is gone from the table', () =>
    deepStrictEqual(order(of('b', 'gone'), of('a')), ['a', 'b']))

  it('are all there, though they name each other as parents', () =>
    deepStrictEqual(order(of('a', 'b'), of('b', 'a')), ['b', 'a']))
})
