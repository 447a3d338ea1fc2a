/**
 * The lease on a shard, and which checkpoints are stored in it.
 *
 * Source: ShardRecordProcessorCheckpointer (range and shard end), DynamoDBCheckpointer (a lease that is gone),
 * MultiLangProtocol (no checkpointer in initialize and leaseLost).
 */
import type { Name } from '../protocol/Action'
import * as Position from '../protocol/Position'
import type { Checkpoint } from '../protocol/Reply'

/** What the lease table holds: a position, the end of the shard, or null before the first checkpoint. */
export type Stored = Position.Position | 'SHARD_END' | null

export interface Lease {
  readonly stored: Stored
  /** The last record that was delivered; at first the position that the child was started from. */
  readonly delivered: Position.Position | null
  /** Another worker has taken it: nothing is stored any more. */
  readonly isStolen: boolean
}

export const acquire = (stored: Stored): Lease => ({
  stored,
  delivered: stored === 'SHARD_END' ? null : stored,
  isStolen: false
})

/** The simple name of a Java exception, or what is stored after the checkpoint. */
export type Verdict =
  | { readonly _tag: 'Refused'; readonly error: string }
  | { readonly _tag: 'Accepted'; readonly stored: Stored }

const refused = (error: string): Verdict => ({ _tag: 'Refused', error })
const accepted = (stored: Stored): Verdict => ({ _tag: 'Accepted', stored })

const positionOf = ({ sequenceNumber, subSequenceNumber }: Checkpoint): Position.Position | null => {
  const sub = subSequenceNumber ?? 0
  return sequenceNumber !== null &&
    Position.isSequenceNumber(sequenceNumber) &&
    Number.isSafeInteger(sub) &&
    sub >= 0
    ? Position.make(sequenceNumber, sub)
    : null
}

/** Judges a checkpoint that was asked for while the named action is unanswered. */
export const checkpoint = (lease: Lease, during: Name, request: Checkpoint): Verdict => {
  if (during === 'initialize' || during === 'leaseLost') return refused('InvalidStateException')
  if (lease.isStolen) return refused('ShutdownException')
  if (request.sequenceNumber === null)
    return accepted(during === 'shardEnded' ? 'SHARD_END' : (lease.delivered ?? lease.stored))
  const position = positionOf(request)
  if (position === null || isBefore(position, lease.stored)) return refused('IllegalArgumentException')
  // The same value again is a success without a write: at a shard's end too, which then has no SHARD_END.
  if (lease.stored !== null && lease.stored !== 'SHARD_END' && Position.compare(position, lease.stored) === 0)
    return accepted(lease.stored)
  return during === 'shardEnded' ? atShardEnd(lease, position) : inBatch(lease, position)
}

const isBefore = (position: Position.Position, stored: Stored): boolean =>
  stored === 'SHARD_END' || (stored !== null && Position.compare(position, stored) < 0)

const inBatch = ({ delivered }: Lease, position: Position.Position): Verdict =>
  delivered === null || Position.compare(position, delivered) > 0
    ? refused('IllegalArgumentException')
    : accepted(position)

/** Everything up to SHARD_END is permitted there; the number of the last record is taken for the end itself. */
const atShardEnd = ({ delivered }: Lease, position: Position.Position): Verdict =>
  accepted(delivered !== null && Position.compare(position, delivered) === 0 ? 'SHARD_END' : position)
