/** The worker's metrics as Prometheus reads them. */
import * as Histogram from '../../run/Histogram'
import * as Totals from '../Totals'
import * as Health from './Health'
import type { Worker } from './Worker'

/** As `Registry.getMetricsAsJSON` of prom-client gives it. */
interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly aggregator: 'sum'
  readonly values: ReadonlyArray<Value>
}

interface Value {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  readonly metricName?: string
}

type Labels = Value['labels']

const metric = (
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  values: ReadonlyArray<readonly [number, Labels]>
): Metric => ({
  name,
  help,
  type,
  aggregator: 'sum',
  values: values.map(([value, labels]) => ({ value, labels }))
})

type Count = readonly [name: string, help: string, of: (past: Totals.Totals) => number]

const COUNTS: ReadonlyArray<Count> = [
  ['kclts_records_total', 'Records that the daemon sent.', ({ counts }) => counts.records],
  ['kclts_bytes_total', 'Bytes of the payloads of these records.', ({ counts }) => counts.bytes],
  ['kclts_batches_total', 'Batches that the daemon sent.', ({ counts }) => counts.batches],
  ['kclts_retries_total', 'Attempts of the handler after the first one.', ({ counts }) => counts.retries],
  [
    'kclts_skipped_total',
    'Records skipped, by the handler, by failure.then or by the filter.',
    ({ skipped }) => skipped
  ],
  ['kclts_dead_letters_total', 'Records that became dead letters.', ({ deadLetters }) => deadLetters],
  [
    'kclts_bad_release_suspected_total',
    'Runs of rejects and failures that reached half of failure.badRelease.',
    ({ suspicions }) => suspicions
  ]
]

const decisions = (all: ReadonlyArray<Totals.Totals>): Metric =>
  metric(
    'counter',
    'kclts_decisions_total',
    'Results of attempts of the handler: a decision, or failed.',
    all.flatMap(({ shardId, counts }) =>
      Object.entries(counts.verdicts).map(([decision, n]) => [n, { shard: shardId, decision }] as const)
    )
  )

const filtered = (all: ReadonlyArray<Totals.Totals>): Metric =>
  metric(
    'counter',
    'kclts_filtered_total',
    'Records that the filter dropped, by reason: their age, or their partition key.',
    all.flatMap(({ shardId, counts }) =>
      Object.entries(counts.filtered).map(([reason, n]) => [n, { shard: shardId, reason }] as const)
    )
  )

const checkpoints = (all: ReadonlyArray<Totals.Totals>): Metric =>
  metric(
    'counter',
    'kclts_checkpoints_total',
    'Checkpoints sent to the daemon (sent), those of them that failed (failed), and those that a newer one replaced before they were sent (coalesced).',
    all.flatMap((one) => [
      [one.checkpointsSent, { shard: one.shardId, outcome: 'sent' }] as const,
      [one.checkpointsFailed, { shard: one.shardId, outcome: 'failed' }] as const,
      [one.checkpointsCoalesced, { shard: one.shardId, outcome: 'coalesced' }] as const
    ])
  )

const outputs = (all: ReadonlyArray<Totals.Totals>): Metric =>
  metric(
    'counter',
    'kclts_outputs_delivered_total',
    'Outputs that their sink acknowledged.',
    all.flatMap(({ shardId, counts }) =>
      Object.entries(counts.delivered).map(([sink, n]) => [n, { shard: shardId, sink }] as const)
    )
  )

/** Over all shards: with a series for each bucket of each shard, a hundred shards would have 1,900. */
const handlerTime = (all: ReadonlyArray<Totals.Totals>): Metric => {
  const name = 'kclts_handler_seconds'
  const whole = all.reduce((sum, { counts }) => Histogram.add(sum, counts.handler), Histogram.empty)
  let upTo = 0
  const buckets = Histogram.BOUNDS.map((le, i) => {
    upTo += whole.buckets[i] ?? 0
    return { value: upTo, labels: { le }, metricName: `${name}_bucket` }
  })
  const count = Histogram.count(whole)
  return {
    name,
    help: 'How long an attempt of the handler took, over all shards.',
    type: 'histogram',
    aggregator: 'sum',
    values: [
      ...buckets,
      { value: count, labels: { le: '+Inf' }, metricName: `${name}_bucket` },
      { value: whole.sum, labels: {}, metricName: `${name}_sum` },
      { value: count, labels: {}, metricName: `${name}_count` }
    ]
  }
}

/** What shards have now, those that this worker holds. */
const present = ({ shards }: Worker, now: number): ReadonlyArray<Metric> => [
  metric(
    'gauge',
    'kclts_millis_behind_latest',
    'Milliseconds that the shard was behind its tip when its last batch was read.',
    shards.flatMap(({ shardId, millisBehindLatest }) =>
      millisBehindLatest === null ? [] : [[millisBehindLatest, { shard: shardId }] as const]
    )
  ),
  metric(
    'gauge',
    'kclts_replay_records',
    'How many records a crash now would bring again.',
    shards.map(({ shardId, replay }) => [replay, { shard: shardId }])
  ),
  metric(
    'gauge',
    'kclts_waiting_records',
    'Records of the open batch that are not finished.',
    shards.map(({ shardId, waiting }) => [waiting, { shard: shardId }])
  ),
  metric(
    'gauge',
    'kclts_bad_records_in_a_row',
    'Records rejected or failed since the last one that finished.',
    shards.map(({ shardId, bad }) => [bad, { shard: shardId }])
  ),
  metric(
    'gauge',
    'kclts_last_batch_age_seconds',
    'How long ago the daemon last asked for something: with empty batches, the age of the last read that succeeded.',
    shards.flatMap(({ shardId, heardAt }) =>
      heardAt === undefined ? [] : [[Math.max(0, now - heardAt) / 1000, { shard: shardId }] as const]
    )
  ),
  metric(
    'gauge',
    'kclts_stalled_seconds',
    'For how long the shard has made no progress while records wait.',
    shards.map((shard) => [Health.stalledFor(shard, now) / 1000, { shard: shard.shardId }])
  ),
  metric(
    'gauge',
    'kclts_last_checkpoint_timestamp_seconds',
    'When the last checkpoint of this session was acknowledged, since 1970.',
    shards.flatMap(({ shardId, checkpointedAt }) =>
      checkpointedAt === null ? [] : [[checkpointedAt / 1000, { shard: shardId }] as const]
    )
  )
]

const ofWorker = (worker: Worker): ReadonlyArray<Metric> => [
  metric('gauge', 'kclts_info', 'Always 1; its labels say what runs here.', [
    [1, { application: worker.application, worker: worker.worker, stream: worker.stream }]
  ]),
  metric('gauge', 'kclts_start_timestamp_seconds', 'When the worker was started, since 1970.', [
    [worker.startedAt / 1000, {}]
  ]),
  metric('gauge', 'kclts_ready', '1 when the daemon works, with a shard or without; else 0.', [
    [worker.phase === 'working' ? 1 : 0, {}]
  ]),
  metric('gauge', 'kclts_shards', 'Shards that this worker holds.', [[worker.shards.length, {}]]),
  ...(worker.unattached === undefined
    ? []
    : [
        metric('gauge', 'kclts_unattached_shards', 'Shards whose relay waits to be attached to a session.', [
          [worker.unattached.length, {}]
        ])
      ]),
  metric(
    'counter',
    'kclts_unexplained_ends_total',
    'How many earlier workers ended without stopping: they were killed, or their machine went down.',
    [[worker.unexplained ?? 0, {}]]
  ),
  metric(
    'counter',
    'kclts_reads_failed_total',
    "Reads of a shard that failed, by the daemon's log.",
    (worker.failedReads ?? []).map(({ shardId, count }) => [count, { shard: shardId }])
  ),
  metric('counter', 'kclts_daemon_restarts_total', 'How often the daemon was started again.', [
    [worker.restarts, {}]
  ])
]

/** Everything that is measured, at the given time of the monotonic clock. */
export const measure = (worker: Worker, now: number): ReadonlyArray<Metric> => {
  const all = Totals.sums([...worker.past, ...worker.shards])
  return [
    ...ofWorker(worker),
    ...COUNTS.map(([name, help, of]) =>
      metric(
        'counter',
        name,
        help,
        all.map((past) => [of(past), { shard: past.shardId }])
      )
    ),
    decisions(all),
    filtered(all),
    checkpoints(all),
    outputs(all),
    handlerTime(all),
    ...present(worker, now)
  ]
}

/** What to serve, and as what. */
export interface Text {
  readonly contentType: string
  readonly body: string
}

/**
 * prom-client's way for what other threads have counted: plain data, summed and printed. It is loaded when it is first
 * asked for, in 30 ms, and takes 11 MB.
 */
export const print = async (worker: Worker, now: number): Promise<Text> => {
  const { AggregatorRegistry } = await import('prom-client')
  const registry = AggregatorRegistry.aggregate([[...measure(worker, now)]])
  return { contentType: registry.contentType, body: await registry.metrics() }
}
