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

/**
 * By the class that logs them, with polling and with fan-out. The name of the stream comes first, and may have any letters but
 * a colon. The KCL logs a subscription that only timed out at DEBUG, since it subscribes anew.
 */
const FAILED: Readonly<Record<string, RegExp>> = {
  PrefetchRecordsPublisher:
    /^(?:[^:\s]+:)?(shardId-[0-9]+) : +(?:\S+Exception|Exception|Unexpected exception) (?:was )?thrown\b/,
  FanOutRecordsPublisher:
    /^(?:[^:\s]+:)?(shardId-[0-9]+): \[SubscriptionLifetime\] - \(FanOutRecordsPublisher#errorOccurred\) @ \S+ id: \S+ -- (?!Subscriber )/
}

/** Null: the line is about something else. */
export const of = (line: DaemonLog.Line): Pick<FailedReads, 'shardId' | 'why'> | null => {
  const shardId = FAILED[line.logger]?.exec(line.message)?.[1]
  if (shardId === undefined || line.level === 'debug') return null
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

/** Where those are collected that the log reports. */
export interface Filling {
  readonly note: (line: DaemonLog.Line) => void
  readonly failed: () => ReadonlyArray<FailedReads>
}

/** @param now the monotonic clock */
export const make = (now: () => number): Filling => {
  let all: ReadonlyArray<FailedReads> = []
  return {
    note: (line) => {
      const read = of(line)
      if (read !== null) all = add(all, read, now())
    },
    failed: () => all
  }
}
