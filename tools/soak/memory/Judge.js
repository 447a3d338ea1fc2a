'use strict'
/**
 * What the samples of a run say about its memory: functions of their arguments.
 *
 * A sample has `s`, its second of the run, and the metrics below; a metric that could not be read is null. Bytes are in MB of
 * 1024 x 1024.
 */

const MINUTE = 60
const HOUR = 60 * MINUTE
const WARM_UP = 10 * MINUTE

/** What is shown, in its order; `limit`: how far the last window may be above the first one, in words and as a test. */
const grown = (factor, more) => ({
  words: `${factor} times the first window and ${more} MB`,
  holds: (first, last) => last <= factor * first + more
})
const METRICS = [
  { key: 'live', title: 'JVM heap after a full collection', unit: 'MB', limit: grown(1.15, 5) },
  { key: 'old', title: 'JVM old generation', unit: 'MB' },
  { key: 'metaspace', title: 'JVM metaspace', unit: 'MB' },
  { key: 'jvmRss', title: 'JVM RSS', unit: 'MB', limit: grown(1.15, 15) },
  { key: 'jvmPss', title: 'JVM PSS', unit: 'MB' },
  {
    key: 'threads',
    title: 'JVM threads',
    unit: '',
    limit: { words: 'the first window and 5', holds: (first, last) => last <= first + 5 }
  },
  { key: 'nodeRss', title: 'host RSS', unit: 'MB', limit: grown(1.15, 15) },
  { key: 'nodeHeap', title: 'host heap', unit: 'MB' },
  { key: 'behind', title: 'records not yet handled', unit: '' },
  { key: 'toolRss', title: 'RSS of this tool and its emulators', unit: 'MB' }
]

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return null
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** By least squares, a unit an hour; null: there are no two times. */
const slope = (points) => {
  const mean = (pick) => points.reduce((total, point) => total + pick(point), 0) / points.length
  const [x, y] = [mean(([s]) => s), mean(([, value]) => value)]
  const spread = points.reduce((total, [s]) => total + (s - x) ** 2, 0)
  if (points.length < 2 || spread === 0) return null
  return (points.reduce((total, [s, value]) => total + (s - x) * (value - y), 0) / spread) * HOUR
}

/**
 * In: the seconds of a run. Out: the two windows that are compared, in seconds: the hour after ten minutes and the last hour;
 * where these would overlap, the second and the last quarter.
 */
const windowsOf = (seconds) => {
  if (seconds >= WARM_UP + 2 * HOUR)
    return { first: [WARM_UP, WARM_UP + HOUR], last: [seconds - HOUR, seconds] }
  const quarter = seconds / 4
  return { first: [quarter, 2 * quarter], last: [3 * quarter, seconds] }
}

/** How often the JVM is to collect, in seconds: four times in each window. */
const collectEvery = (seconds) => {
  const [from, to] = windowsOf(seconds).first
  return (to - from) / 4
}

/** In: samples in their order. Out: for each metric its medians, its slope an hour and its maximum; null: there is none. */
const summarize = (samples) => {
  const windows = windowsOf(samples.at(-1)?.s ?? 0)
  const rows = METRICS.map((metric) => {
    const points = samples
      .map((sample) => [sample.s, sample[metric.key]])
      .filter(([, value]) => value !== null)
    const within = ([from, to]) =>
      median(points.filter(([s]) => s >= from && s <= to).map(([, value]) => value))
    return {
      ...metric,
      first: within(windows.first),
      last: within(windows.last),
      slope: slope(points.filter(([s]) => s >= windows.first[0])),
      most: points.length === 0 ? null : points.reduce((most, [, value]) => Math.max(most, value), -Infinity)
    }
  })
  return { windows, rows }
}

const shown = (number) => number.toFixed(1).replace(/\.0$/, '')

const grownTooMuch = ({ title, unit, limit, first, last }) => {
  if (limit === undefined) return []
  if (first === null || last === null) return [`${title}: too few samples to judge it`]
  if (limit.holds(first, last)) return []
  const [from, to] = [first, last].map((number) => `${shown(number)} ${unit}`.trim())
  return [`${title} grew from ${from} to ${to}; the limit is ${limit.words}`]
}

/** What the last sample says: of a run that has not ended, records may still wait. */
const unhandled = ({ lost, isEnd, behind }) => [
  ...(lost > 0 ? [`${lost} records were lost: a later one of their shard was handled`] : []),
  ...(isEnd && behind > 0 ? [`${behind} records were put and never handled`] : [])
]

/**
 * In: the rows of `summarize`; the `last` sample; `endings`, sentences about how processes ended. Out: what must not be, a
 * sentence each.
 */
const problems = ({ rows, last, endings }) => [
  ...endings,
  ...(last.restarts > 0 ? [`the worker started its daemon again, times: ${last.restarts}`] : []),
  ...unhandled(last),
  ...rows.flatMap(grownTooMuch)
]

module.exports = { collectEvery, problems, shown, summarize, windowsOf }
