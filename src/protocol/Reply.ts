/** What a child says to the daemon: nothing but these two. */
import type { Name } from './Action'
import type { Position } from './Position'

export interface Status {
  readonly _tag: 'Status'
  readonly responseFor: Name
}
/** Both null: everything delivered, which at a shard's end is the end itself. */
export interface Checkpoint {
  readonly _tag: 'Checkpoint'
  readonly sequenceNumber: string | null
  readonly subSequenceNumber: number | null
}

export type Reply = Status | Checkpoint

export const status = (responseFor: Name): Reply => ({ _tag: 'Status', responseFor })

export const checkpoint = (position: Position | null): Reply => ({
  _tag: 'Checkpoint',
  sequenceNumber: position === null ? null : position.sequenceNumber,
  subSequenceNumber: position === null ? null : position.subSequenceNumber
})
