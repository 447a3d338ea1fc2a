/** Reads of shards that failed, by what the KCL logs of each of them. */
import * as DaemonLog from './DaemonLog'
import * as Diagnosis from './Diagnosis'

export interface FailedReads {
  readonly shardId: string
  /** Since the worker was started. */
  readonly count: number
  /** When the last one failed, by the monotonic clock. */
  readonly at: number
  /** Why the last one failed. */
  readonly why: string
}

/** PrefetchRecordsPublisher, with polling: the name of the stream comes first, and may have any letters but a colon. */
const FAILED =
  /^(?:[^:\s]+:)?(shardId-[0-9]+) : +(?:\S+Exception|Exception|Unexpected exception) (?:was )?thrown\b/

const THROTTLED = /ProvisionedThroughputExceededException thrown/

const TOO_MANY_READS =
  'Kinesis throttles the reads of the shard; let fewer applications read the stream, or take daemon.retrieval: fan-out'

/** Null: the line is about something else. */
export const of = (line: DaemonLog.Line): Pick<FailedReads, 'shardId' | 'why'> | null => {
  const shardId = line.logger === 'PrefetchRecordsPublisher' ? FAILED.exec(line.message)?.[1] : undefined
  if (shardId === undefined) return null
  if (THROTTLED.test(line.message)) return { shardId, why: TOO_MANY_READS }
  const known = Diagnosis.of(line)
  return { shardId, why: known === null ? DaemonLog.cause(line) : Diagnosis.show(known) }
}

export const add = (
  all: ReadonlyArray<FailedReads>,
  { shardId, why }: Pick<FailedReads, 'shardId' | 'why'>,
  at: number
): ReadonlyArray<FailedReads> => {
  const count = (all.find((one) => one.shardId === shardId)?.count ?? 0) + 1
  return [...all.filter((one) => one.shardId !== shardId), { shardId, count, at, why }]
}
