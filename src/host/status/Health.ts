/** Whether the worker is well, and whether it is ready: from a snapshot and the time alone. */
import type { Unattached } from '../Unattached'
import type { ShardStatus } from '../ShardStatus'
import type { Worker } from './Worker'

/** Why not, a sentence each; none: it is. */
export type Problems = ReadonlyArray<string>

/**
 * For how many milliseconds the shard has made no progress while records of its batch wait; 0 when none wait.
 *
 * Progress is a further record run to its end, in the shard's order, or a further attempt at the first one that is not: the
 * configuration bounds those (failure.retries), and a worker that is killed between them begins at the first again. A shard
 * that is stopping, or whose lease is lost, runs nothing more.
 */
export const stalledFor = (shard: ShardStatus, now: number): number => {
  if (shard.waiting === 0 || shard.isDraining || shard.isFenced || shard.phase !== 'Running') return 0
  const { counts, open, triedAgain } = shard
  return Math.max(0, now - Math.max(counts.movedAt, open?.since ?? 0, triedAgain ?? 0))
}

const seconds = (ms: number): string => `${Math.floor(ms / 1000)} s`

const stalled = (shards: ReadonlyArray<ShardStatus>, limit: number, now: number): Problems =>
  shards.flatMap((shard) => {
    const ms = stalledFor(shard, now)
    return limit === 0 || ms <= limit
      ? []
      : [`${shard.shardId} has made no progress for ${seconds(ms)} while ${waiting(shard)}`]
  })

/** The daemon waits for the first answer of each: a shard of which not even the name is known. */
const unanswered = (unattached: ReadonlyArray<Unattached>, limit: number, now: number): Problems =>
  unattached.flatMap(({ relay, since, allowed }) => {
    const ms = now - since
    return ms <= (limit === 0 ? allowed : Math.min(allowed, limit))
      ? []
      : [`a shard has waited for ${seconds(ms)} to be attached: its relay is the process ${relay}`]
  })

/**
 * Whether to leave the worker alone. The daemon's own end is no illness: it is started again, or the worker ends.
 *
 * @param limit how long a shard may make no progress, in milliseconds; 0: for ever
 */
export const health = ({ shards, unattached = [] }: Worker, limit: number, now: number): Problems => [
  ...unanswered(unattached, limit, now),
  ...stalled(shards, limit, now)
]

const isIdle = ({ phase, isDraining, isFenced, open }: ShardStatus): boolean =>
  phase === 'Running' && !isDraining && !isFenced && open === null

/**
 * Shards that the daemon has sent nothing of for longer than `limit`, though it sends a batch at each read, also an empty
 * one. Without empty batches it is only known of those whose last read failed. It is no illness of the worker: a start anew
 * mends neither a permission nor Kinesis.
 */
export const unread = (
  { shards, failedReads = [], hasEmptyBatches = true }: Worker,
  limit: number,
  now: number
): Problems =>
  shards.filter(isIdle).flatMap(({ shardId, heardAt }) => {
    const ms = now - (heardAt ?? now)
    const failed = failedReads.find((one) => one.shardId === shardId && one.at > (heardAt ?? now))
    if (limit === 0 || ms <= limit || (failed === undefined && !hasEmptyBatches)) return []
    const why = failed === undefined ? '; its last errors in the log say why' : `: ${failed.why}`
    const silence = hasEmptyBatches ? 'no batch, not even an empty one,' : 'no batch'
    return [`${shardId} has had ${silence} for ${seconds(ms)}: the daemon cannot read it${why}`]
  })

const waiting = (shard: ShardStatus): string =>
  shard.waiting === 1 ? '1 record waits' : `${shard.waiting} records wait`

const NOT_READY: Readonly<Record<Worker['phase'], string | null>> = {
  working: null,
  starting: 'the daemon is starting',
  waiting: 'the daemon has ended and will be started again',
  stopping: 'the worker is stopping'
}

/**
 * Whether the worker does its part. One without a shard is ready too: a stream may have fewer shards than workers, and
 * a rolling update waits for every one of them.
 *
 * @param limit how long the daemon may fail to read a shard, in milliseconds; 0: for ever
 */
export const readiness = (worker: Worker, limit: number, now: number): Problems => {
  const problem = NOT_READY[worker.phase]
  return problem === null ? unread(worker, limit, now) : [problem]
}
