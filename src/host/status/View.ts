/** The document of `/status.json`, which the page shows. Times are milliseconds since 1970. */
import * as Position from '../../protocol/Position'
import type * as Clock from '../../run/Clock'
import * as Health from './Health'
import type { ShardStatus } from '../ShardStatus'
import type { Worker } from './Worker'

export interface View extends Pick<
  Worker,
  'application' | 'worker' | 'stream' | 'startedAt' | 'uptime' | 'phase' | 'restarts'
> {
  readonly now: number
  /** Why the daemon was last started again, and when it had ended; null: never. */
  readonly lastRestart: { readonly reason: string; readonly at: number } | null
  /** Why the worker is not well, cannot read, or starts its daemon again, a sentence each. */
  readonly problems: Health.Problems
  readonly shards: ReadonlyArray<Row>
  readonly sinks: ReadonlyArray<SinkRow>
}

export interface SinkRow {
  readonly sink: string
  /** null: it works. */
  readonly failingSince: number | null
  /** Why it failed last, with secrets masked; null: it never did. */
  readonly lastError: string | null
  /** When that began. */
  readonly lastErrorAt: number | null
}

export interface Row {
  readonly shard: string
  /** Distinguishes two sessions of one shard, whose counts begin again. */
  readonly session: number
  readonly state: 'working' | 'idle' | 'stalled' | 'stopping' | 'lease lost' | 'ended' | 'halting'
  /** `SEQUENCE/SUB` of the last record that is finished with all before it, else of where the session began; or null. */
  readonly position: string | null
  readonly millisBehindLatest: number | null
  /** Run to their end in this session, skipped ones and dead letters included. */
  readonly handled: number
  readonly waiting: number
  readonly skipped: number
  readonly deadLetters: number
  readonly checkpoint: string | null
  readonly checkpointedAt: number | null
  /** Milliseconds since then, whatever was done to the clock meanwhile. */
  readonly checkpointAge: number | null
  readonly replay: number
}

const stateOf = (shard: ShardStatus, isStalled: boolean): Row['state'] => {
  switch (shard.phase) {
    case 'Ended':
    case 'Exited':
      return 'ended'
    case 'Halting':
      return 'halting'
    case 'Starting':
    case 'Running':
      if (shard.isFenced) return 'lease lost'
      if (shard.isDraining) return 'stopping'
      if (isStalled) return 'stalled'
      return shard.waiting > 0 ? 'working' : 'idle'
  }
}

const show = (position: Position.Position | null): string | null =>
  position === null ? null : Position.show(position)

const rowOf =
  (limit: number, now: number) =>
  (shard: ShardStatus): Row => ({
    shard: shard.shardId,
    session: shard.relay,
    state: stateOf(shard, limit > 0 && Health.stalledFor(shard, now) > limit),
    position: show(shard.watermark ?? shard.checkpoint),
    millisBehindLatest: shard.millisBehindLatest,
    handled: shard.handled,
    waiting: shard.waiting,
    skipped: shard.skipped,
    deadLetters: shard.deadLetters,
    checkpoint: show(shard.checkpoint),
    checkpointedAt: shard.checkpointedAt,
    checkpointAge: shard.checkpointedTick === null ? null : Math.max(0, now - shard.checkpointedTick),
    replay: shard.replay
  })

/** @param limit as for `Health.health` */
export const of = (worker: Worker, limit: number, { monotonic, wall }: Clock.Time): View => ({
  application: worker.application,
  worker: worker.worker,
  stream: worker.stream,
  startedAt: worker.startedAt,
  uptime: worker.uptime,
  phase: worker.phase,
  restarts: worker.restarts,
  now: wall,
  lastRestart:
    worker.lastEnd === undefined || worker.lastEnd === null
      ? null
      : { reason: worker.lastEnd.why, at: Math.round(wall - (monotonic - worker.lastEnd.at)) },
  problems: [
    ...[worker.ending ?? worker.doubt ?? null].filter((why) => why !== null),
    ...Health.health(worker, limit, monotonic),
    ...Health.unread(worker, limit, monotonic)
  ],
  shards: worker.shards.map(rowOf(limit, monotonic)),
  sinks: (worker.sinks ?? []).map(({ sink, failingSince, lastError }) => ({
    sink,
    failingSince,
    lastError: lastError?.text ?? null,
    lastErrorAt: lastError?.at ?? null
  }))
})
