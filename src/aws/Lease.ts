/**
 * A row of the lease table, as KCL 2 and 3 write it (their class DynamoDBLeaseSerializer). It holds no time: a worker renews
 * its lease by counting `leaseCounter` up, and others take a lease whose counter has stood still for the failover time.
 */
import * as Position from '../protocol/Position'
import * as Item from './Item'

/** Where a shard is: a sequence number with the number within an aggregated record, or a word such as SHARD_END. */
export type Checkpoint = Position.Position

export interface Lease {
  readonly shard: string
  /** Of a shard that came from a split one, of two that were merged two, else none. */
  readonly parents: ReadonlyArray<string>
  /** Known once the shard has ended. */
  readonly children: ReadonlyArray<string>
  /** Null: no worker. One that stops or dies stays the owner until another takes the lease. */
  readonly owner: string | null
  /** KCL 3: the worker that is to let go of the shard before `owner` begins. */
  readonly giver: string | null
  readonly counter: number
  readonly checkpoint: Checkpoint
  /** Of an application that prepares its checkpoints; none of the daemon's children does. */
  readonly pending: Checkpoint | null
  /** How often the owner has changed since the checkpoint did. */
  readonly ownerSwitches: number
  readonly hashRange: { readonly start: string; readonly end: string } | null
  /** KCL 3: what its owner reads, a moving average, as the owner measures it. */
  readonly throughputKBps: number | null
}

const at = (sequenceNumber: string | null, subSequenceNumber: number | null): Checkpoint | null =>
  sequenceNumber === null ? null : Position.make(sequenceNumber, subSequenceNumber ?? 0)

/** Null: the row is about something else. In the single table of KCL 3.5 the `entityType` distinguishes the rows. */
export const fromItem = (item: Item.Item): Lease | null => {
  const shard = Item.text(item, 'leaseKey')
  const checkpoint = at(Item.text(item, 'checkpoint'), Item.number(item, 'checkpointSubSequenceNumber'))
  if (shard === null || checkpoint === null || (Item.text(item, 'entityType') ?? 'LEASE') !== 'LEASE')
    return null
  const start = Item.text(item, 'startingHashKey')
  const end = Item.text(item, 'endingHashKey')
  return {
    shard,
    parents: Item.texts(item, 'parentShardId'),
    children: Item.texts(item, 'childShardIds'),
    owner: Item.text(item, 'leaseOwner'),
    giver: Item.text(item, 'checkpointOwner'),
    counter: Item.number(item, 'leaseCounter') ?? 0,
    checkpoint,
    pending: at(
      Item.text(item, 'pendingCheckpoint'),
      Item.number(item, 'pendingCheckpointSubSequenceNumber')
    ),
    ownerSwitches: Item.number(item, 'ownerSwitchesSinceCheckpoint') ?? 0,
    hashRange: start === null || end === null ? null : { start, end },
    throughputKBps: Item.number(item, 'throughputKBps')
  }
}

/**
 * What the row alone says. `owned` names the last owner, not that the owner is alive. `handover`: another worker
 * is still to let go of it. `free`: it was begun and has no owner. `never-started`: it has no checkpoint, and it has
 * no owner. `ended`: it is consumed to the end of its shard.
 */
export type State = 'owned' | 'handover' | 'free' | 'never-started' | 'ended'

export const state = ({ owner, giver, checkpoint }: Lease): State => {
  if (checkpoint.sequenceNumber === 'SHARD_END') return 'ended'
  if (owner !== null) return giver === null ? 'owned' : 'handover'
  return Position.isSequenceNumber(checkpoint.sequenceNumber) ? 'free' : 'never-started'
}

/** `4968..1/3`, or the word in its place. */
export const showCheckpoint = (checkpoint: Checkpoint): string =>
  Position.isSequenceNumber(checkpoint.sequenceNumber) ? Position.show(checkpoint) : checkpoint.sequenceNumber

const byShard = (a: Lease, b: Lease): number => (a.shard < b.shard ? -1 : a.shard > b.shard ? 1 : 0)

/** By shard id, but no shard before a parent of its own. */
export const sorted = (leases: ReadonlyArray<Lease>): ReadonlyArray<Lease> => {
  const left = new Map([...leases].sort(byShard).map((lease) => [lease.shard, lease]))
  const placed: Array<Lease> = []
  const place = (lease: Lease): void => {
    left.delete(lease.shard)
    for (const name of [...lease.parents].sort()) {
      const parent = left.get(name)
      if (parent !== undefined) place(parent)
    }
    placed.push(lease)
  }
  for (const lease of left.values()) place(lease)
  return placed
}
