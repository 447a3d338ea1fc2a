'use strict'
// Records in a second, what each costs, and how long a batch takes, against batches and payloads of all sizes.
const Contest = require('../Contest')
const Meter = require('../Meter')
const Table = require('../Table')

const HANDLERS = { ignore: 'ignores the data', decode: 'decodes JSON and reads a field' }

/** The speed goals are the geometric mean over these. */
const GOAL_SHAPES = ['1x100', '1x1000', '100x1000', '1000x100', '1000x1000', '1000x10000', '10000x1000']

/** The goals of a round trip are the geometric mean over these. */
const ONE_RECORD = ['1x100', '1x1000', '1x10000']

const SHAPES = [
  ...[1, 100, 1000, 10_000].flatMap((records) => [100, 1000, 10_000].map((bytes) => `${records}x${bytes}`)),
  '10x1000000'
]

/** What is kept of a sample. */
const FIGURES = ['rate', 'cpu', 'p50', 'p99', 'memory']

const kept = (sample) => Object.fromEntries(FIGURES.map((key) => [key, sample[key]]))

const pace = ({ rounds, quick }) =>
  quick
    ? {
        rounds,
        turns: 5,
        warm: { milliseconds: 200, batches: 2 },
        burst: { milliseconds: 40, batches: 1 }
      }
    : {
        rounds,
        turns: 3,
        warm: { milliseconds: 500, batches: 3 },
        burst: { milliseconds: 150, batches: 2 }
      }

const run = async (context) => {
  const { peers, base } = context
  const shapes = context.shapes ?? (context.quick ? [...new Set([...ONE_RECORD, ...GOAL_SHAPES])] : SHAPES)
  const rows = []
  for (const shape of shapes) {
    const line = Meter.lineOf(shape)
    for (const handler of Object.keys(HANDLERS)) {
      context.progress(`${shape}, ${handler}`)
      const contestants = Object.fromEntries(
        Object.entries(peers).map(([name, { start }]) => [name, { line, start: () => start({ handler }) }])
      )
      const samples = await Meter.play(contestants, pace(context))
      const figures = Object.fromEntries(
        Object.entries(samples).map(([name, turns]) => [name, turns.map(kept)])
      )
      rows.push({ handler, shape, of: Contest.compare(figures, () => base) })
    }
  }
  return { rounds: context.rounds, base, rows }
}

const isSame = (one) => (other) => one.shape === other.shape && one.handler === other.handler

/** Rows that were not measured again stay as they were, with the time and the commit of theirs. */
const merge = (before, now) => ({
  ...now,
  rounds: Math.min(before.rounds, now.rounds),
  rows: [
    ...before.rows.map((row) => now.rows.find(isSame(row)) ?? { taken: before.taken, ...row }),
    ...now.rows.filter((row) => !before.rows.some(isSame(row)))
  ]
})

const speeds = ({ base, rows }, handler) => {
  const mine = rows.filter((row) => row.handler === handler)
  const others = Object.keys(mine[0].of).filter((name) => name !== base)
  const goal = mine.filter(({ shape }) => GOAL_SHAPES.includes(shape))
  const means = others.map((name) =>
    Table.figure(Contest.geometricMean(goal.map(({ of }) => of[name].rate.against.median)))
  )
  return {
    title: `A handler that ${HANDLERS[handler]}: records per second, relative to ${base} in the same turn`,
    head: ['records x bytes', `${base}, records/s`, ...others],
    rows: [
      ...mine.map(({ shape, of }) => [
        shape,
        Table.figure(of[base].rate.median),
        ...others.map((name) => Table.spread(of[name].rate.against))
      ]),
      ...(goal.length === GOAL_SHAPES.length
        ? [['geometric mean of the shapes of the goal', '', ...means]]
        : [])
    ]
  }
}

const costs = ({ rows }, handler) => ({
  title: `A handler that ${HANDLERS[handler]}: CPU of a record, round trip of a batch, peak memory`,
  head: ['records x bytes', 'child', 'CPU of a record, us', 'p50 us', 'p99 us', 'MB'],
  rows: rows
    .filter((row) => row.handler === handler)
    .flatMap(({ shape, of }) =>
      Object.entries(of).map(([name, { cpu, p50, p99, memory }]) => [
        shape,
        name,
        ...[cpu, p50, p99, memory].map(({ median }) => Table.figure(median))
      ])
    )
})

const tables = (measured) =>
  Object.keys(HANDLERS).flatMap((handler) => [speeds(measured, handler), costs(measured, handler)])

module.exports = {
  GOAL_SHAPES,
  HANDLERS,
  ONE_RECORD,
  SHAPES,
  name: 'shapes',
  isOnOneCore: true,
  title: 'batches and payloads of all sizes',
  rounds: { full: 7, quick: 1 },
  merge,
  run,
  tables,
  problems: () => []
}
