/** Workers and shards with everything filled in, for tests that change a part of them. */
import * as Position from '../../../src/protocol/Position'
import type { ShardStatus } from '../../../src/host/ShardStatus'
import type { Worker } from '../../../src/host/status/Worker'
import * as Histogram from '../../../src/run/Histogram'
import * as Meter from '../../../src/run/Meter'

/** A moment by the wall clock that reads well. */
export const NOW = 1_700_000_000_000
/** The same moment by the monotonic clock. */
export const TICK = 5_000_000

const handler = (): Histogram.Histogram => {
  const filling = Histogram.make()
  for (const seconds of [0.000_004, 0.000_05, 0.000_05, 0.02, 90]) filling.add(seconds)
  return filling.read()
}

/** A shard in the middle of a batch, which moved a second ago. */
export const shard = (number: number, more: Partial<ShardStatus> = {}): ShardStatus => ({
  shardId: `shardId-${String(number).padStart(12, '0')}`,
  thread: 0,
  relay: 1000 + number,
  phase: 'Running',
  isDraining: false,
  isFenced: false,
  watermark: Position.make('49590338271490256608559692538361571095921575989136588898', 7),
  checkpoint: Position.make('49590338271490256608559692538361571095921575989136588000', 0),
  checkpointedAt: NOW - 20_000,
  checkpointedTick: TICK - 20_000,
  replay: 120,
  handled: 4120,
  skipped: 3,
  deadLetters: 2,
  bad: 1,
  suspicions: 1,
  checkpointsSent: 9,
  checkpointsCoalesced: 4,
  checkpointsFailed: 1,
  millisBehindLatest: 1500,
  open: { action: 'processRecords', since: TICK - 2000 },
  waiting: 80,
  pending: 0,
  counts: {
    ...Meter.empty,
    records: 4200,
    bytes: 84_000,
    batches: 42,
    verdicts: { ack: 4100, checkpoint: 9, skip: 3, reject: 1, halt: 0, failed: 7 },
    filtered: { age: 5, key: 40 },
    retries: 6,
    delivered: { orders: 4000 },
    handler: handler(),
    movedAt: TICK - 1000
  },
  ...more
})

export const worker = (more: Partial<Worker> = {}): Worker => ({
  application: 'orders',
  worker: 'host-1.0',
  stream: 'clicks',
  startedAt: NOW - 3_600_000,
  uptime: 3_600_000,
  phase: 'working',
  restarts: 1,
  shards: [shard(0)],
  past: [],
  ...more
})
