/** Steps of a start that take long, in words for the log: without them the first start is silent for a minute. */
import type { Line } from './DaemonLog'

/** What the KCL's classes log at INFO, of KCL 2 and 3. */
const MILESTONES: ReadonlyArray<readonly [logger: string, sign: RegExp, text: string]> = [
  [
    'DynamoDBLeaseRefresher',
    /^Waiting for Lease table creation/,
    'waiting for DynamoDB to make the lease table'
  ],
  ['DynamoDBLeaseCoordinator', /^Created new lease table/, 'DynamoDB makes the lease table'],
  [
    'DynamoDBLeaseRefresher',
    /^Creating Lease table GSI/,
    'DynamoDB makes the index of the lease table, which takes a minute or two and happens once'
  ],
  [
    'Scheduler',
    /^Lease table is still empty/,
    'the lease table is empty: the daemon waits up to half a minute, for another worker may be filling it'
  ],
  ['Scheduler', /is initiating the lease sync/, 'the daemon lists the shards of the stream'],
  ['Scheduler', /^Initialization complete/, 'the daemon is ready and takes shards']
]

/** Null: the line is not a milestone. */
export const of = ({ logger, message }: Line): string | null =>
  MILESTONES.find(([wanted, sign]) => wanted === logger && sign.test(message))?.[2] ?? null
