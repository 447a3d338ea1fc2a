/** A plan as JSON, for programs. */
import type { Figures } from '../../lab/plan/Plan'
import type { Quantiles } from '../../lab/plan/Spread'
import { idle, rows, suggestion, type View } from './View'

const time = (millis: number): string | null =>
  Number.isFinite(millis) ? new Date(millis).toISOString() : null

const seconds = ({ mean, median, p99, worst }: Quantiles): Quantiles => ({
  mean: mean / 1000,
  median: median / 1000,
  p99: p99 / 1000,
  worst: worst / 1000
})

const figuresOf = ({ checkpoints, again, stops }: Figures) => ({
  checkpoints,
  again: { records: again.records, bytes: again.bytes, seconds: seconds(again.age) },
  stops: stops === null ? null : { count: stops.count, medianMs: stops.median, worstMs: stops.worst }
})

/** A line with one document; docs/lab.md describes it. */
export const json = (view: View): string => {
  const { plan, recording, rate, most } = view
  const found = suggestion(view)
  return `${JSON.stringify({
    recording,
    isComplete: plan.missing.length === 0,
    missing: plan.missing,
    isExact: plan.inexact.length === 0,
    inexact: plan.inexact,
    from: time(plan.from),
    to: time(plan.to),
    elapsedMs: plan.elapsed,
    records: plan.records,
    idleShards: idle(view),
    inForce: plan.inForce,
    usdPerMillionWrites: rate,
    policies: rows(view).map(({ index, name, figures, writesAMonth, usdAMonth, isOnFront }) => ({
      name,
      change: plan.candidates[index]?.change ?? {},
      isOnFront,
      writesAMonth,
      usdAMonth,
      ...figuresOf(figures)
    })),
    shards: plan.shards.map(({ stream, shard, lives, records, figures }) => ({
      stream,
      shard,
      lives,
      records,
      policies: figures.map((one, index) => ({ name: plan.candidates[index]?.name, ...figuresOf(one) }))
    })),
    suggestion:
      found === null
        ? null
        : { replayAtMost: most, isKept: found._tag === 'Keeps', policy: plan.candidates[found.index]?.name }
  })}\n`
}
