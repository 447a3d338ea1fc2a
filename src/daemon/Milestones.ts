/** The steps of a start, by the lines that the KCL logs: what each one waits for, and how long it usually takes. */
import type { Line } from './DaemonLog'

export interface Milestone {
  readonly text: string
  /** `1 to 30 s`. */
  readonly usually: string
  /** `shards`: the daemon itself is ready. */
  readonly until: 'ready' | 'shards'
  /** Logged when it is reached, and not only when it takes long. */
  readonly isLogged: boolean
}

/** The JVM loads its classes, and the daemon makes its clients for AWS. */
export const first: Milestone = {
  text: 'the daemon is starting',
  usually: '5 to 15 s',
  until: 'ready',
  isLogged: false
}

const step = (text: string, usually: string): Milestone => ({
  text,
  usually,
  until: 'ready',
  isLogged: true
})

const forShards = (text: string, isLogged: boolean): Milestone => ({
  text,
  usually: 'less than a minute',
  until: 'shards',
  isLogged
})

const INDEX = step('DynamoDB creates the index of the lease table, which happens once', 'one to five minutes')

/** What the KCL's classes log at INFO, of KCL 2 and 3. */
const MILESTONES: ReadonlyArray<readonly [logger: RegExp, sign: RegExp, milestone: Milestone]> = [
  [
    /^DynamoDBLeaseRefresher$/,
    /^Waiting for Lease table creation/,
    step('DynamoDB creates the lease table', '10 to 30 s')
  ],
  [
    /^DynamoDBLeaseCoordinator$/,
    /^Created new lease table/,
    step('DynamoDB creates the lease table', '10 to 30 s')
  ],
  [
    /^(?:CoordinatorStateDAO|WorkerMetricStatsDAO)$/,
    /^Waiting for DDB Table: /,
    step('DynamoDB creates the tables for the leader and the workers', '10 to 30 s')
  ],
  [/^DynamoDBLeaseRefresher$/, /^(?:Creating Lease table GSI|GSI status is not active)/, INDEX],
  [
    /^Scheduler$/,
    /^Lease table is still empty/,
    step('the lease table is empty, and the daemon waits in case another worker fills it', '1 to 30 s')
  ],
  [
    /^Scheduler$/,
    /is initiating the lease sync/,
    step('the daemon lists the shards of the stream', 'a few seconds')
  ],
  [
    /^FanOutConsumerRegistration$/,
    / : Waiting for StreamConsumer /,
    step('Kinesis registers the consumer of the stream', 'less than a minute')
  ],
  [
    /^Scheduler$/,
    /^Initialization complete/,
    forShards('the daemon is ready and waits for the leader to assign shards to this worker', true)
  ],
  [
    /^LeaseAssignmentManager$/,
    /is not a leader, ignore/,
    forShards('another worker is the leader, which assigns the shards', false)
  ],
  [
    /^LeaseAssignmentManager$/,
    /is a leader, performing assignment/,
    forShards(
      'this worker is the leader; it assigns shards that no worker holds, and waits until leases of stopped workers have expired',
      false
    )
  ]
]

/** Null: the line is not a milestone. */
export const of = ({ logger, message }: Line): Milestone | null =>
  MILESTONES.find(([wanted, sign]) => wanted.test(logger) && sign.test(message))?.[2] ?? null
