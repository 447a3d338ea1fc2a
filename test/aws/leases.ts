/** Leases and looks for tests. */
import type * as Lease from '../../src/aws/Lease'
import type { LeaseLook } from '../../src/aws/LeaseLook'

export const lease = (shard: string, some: Partial<Lease.Lease> = {}): Lease.Lease => ({
  shard,
  parents: [],
  children: [],
  owner: 'vm-0',
  giver: null,
  counter: 1,
  checkpoint: { sequenceNumber: '100', subSequenceNumber: 0 },
  pending: null,
  ownerSwitches: 0,
  hashRange: null,
  throughputKBps: null,
  ...some
})

/** Of KCL 2, unless told otherwise. `at` is the time by both clocks. */
export const look = (
  at: number,
  leases: ReadonlyArray<Lease.Lease>,
  some: Partial<LeaseLook> = {}
): LeaseLook => ({
  at,
  moment: at,
  leases,
  reports: [],
  leader: null,
  clientVersion: null,
  migration: null,
  unread: [],
  ...some
})
