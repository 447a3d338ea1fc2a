/** Looks at a lease table one after the other: only so is seen which leases are renewed, since the table holds no times. */
import * as Position from '../protocol/Position'
import * as Lease from './Lease'
import type { LeaseLook } from './LeaseLook'

/** How long something is as it is now. */
export interface Since {
  /** When it was first seen so: milliseconds of the monotonic clock. */
  readonly at: number
  /** True: a change was seen. False: it was so at the first look already, and may be older by any time. */
  readonly isKnown: boolean
}

export interface Watched {
  readonly lease: Lease.Lease
  /** Its owner and its counter: how long it has not been renewed. */
  readonly renewed: Since
  /** Its checkpoint. */
  readonly moved: Since
}

export interface LeaseWatch {
  readonly look: LeaseLook
  /** In the order of the look. */
  readonly leases: ReadonlyArray<Watched>
}

const isRenewed = (before: Lease.Lease, now: Lease.Lease): boolean =>
  before.owner !== now.owner || before.counter !== now.counter

const isMoved = (before: Lease.Lease, now: Lease.Lease): boolean =>
  Position.compare(before.checkpoint, now.checkpoint) !== 0

/** The next look. Null before it: it is the first one. A lease that appears later is new at that time. */
export const step = (before: LeaseWatch | null, look: LeaseLook): LeaseWatch => {
  const known = new Map(before?.leases.map((watched) => [watched.lease.shard, watched]))
  const now: Since = { at: look.moment, isKnown: before !== null }
  return {
    look,
    leases: look.leases.map((lease) => {
      const last = known.get(lease.shard)
      return {
        lease,
        renewed: last === undefined || isRenewed(last.lease, lease) ? now : last.renewed,
        moved: last === undefined || isMoved(last.lease, lease) ? now : last.moved
      }
    })
  }
}

export type State = Lease.State | 'expired'

/**
 * As other workers see it: one that has an owner and was not renewed for longer than the failover time may be taken by
 * any worker.
 */
export const state =
  (failoverTime: number, { moment }: LeaseLook) =>
  ({ lease, renewed }: Watched): State => {
    const alone = Lease.state(lease)
    const isHeld = alone === 'owned' || alone === 'handover'
    return isHeld && moment - renewed.at > failoverTime ? 'expired' : alone
  }
