/**
 * What the updates of the lease table cost. A checkpoint is one update of an item below 1 KB, which is one write request
 * unit (KCL 3.1.3: DynamoDBCheckpointer.setCheckpoint, DynamoDBLeaseRefresher.updateLease; no attribute of the table's index
 * changes). Renewals and the reads of the table cost the same under every policy, so they are left out.
 */

/** US dollars for a million write request units in us-east-1: https://aws.amazon.com/dynamodb/pricing/on-demand/. */
export const ON_DEMAND = 0.625

/** A month of AWS: 730 hours, in milliseconds. */
export const MONTH = 730 * 3_600_000

/** As many writes a month as there were in this time. */
export const aMonth = (writes: number, elapsed: number): number =>
  elapsed === 0 ? 0 : (writes * MONTH) / elapsed

/** US dollars. */
export const usd = (writes: number, aMillion: number): number => (writes * aMillion) / 1_000_000
