'use strict'
/** What kclts is to reach, each against aws-kcl in the same turn unless it says otherwise. */
const Contest = require('./Contest')
const Flight = require('./parts/flight')
const Growth = require('./parts/growth')
const Handlers = require('./parts/handlers')
const Hosted = require('./parts/host')
const Policies = require('./parts/policies')
const Shapes = require('./parts/shapes')
const Table = require('./Table')

const US = 'kclts'
const RUN = 'kclts-run'

/** A goal that is a ratio to aws-kcl counts when it comes from so many rounds. */
const ROUNDS = 7

/** A figure of kclts, which is the child or the host, in one shape, beside aws-kcl. */
const ofShape = (handler, shape, key, show, name = US) => ({
  part: 'shapes',
  rounds: ROUNDS,
  value: ({ base, rows }) =>
    base === 'aws-kcl'
      ? rows.find((row) => row.handler === handler && row.shape === shape)?.of[name]?.[key]
      : undefined,
  show
})

const against = (goal) => ({ ...goal, value: (measured) => goal.value(measured)?.against.median })
const absolute = (goal) => ({ ...goal, value: (measured) => goal.value(measured)?.median })

/** A figure of kclts beside that of aws-kcl, the geometric mean over some shapes. */
const over = (shapes, handler, key) => ({
  part: 'shapes',
  rounds: ROUNDS,
  show: Table.figure,
  value: ({ base, rows }) => {
    const found = shapes.map((shape) => rows.find((row) => row.handler === handler && row.shape === shape))
    return base !== 'aws-kcl' || found.some((row) => row?.of[US] === undefined)
      ? undefined
      : Contest.geometricMean(found.map(({ of }) => of[US][key].against.median))
  }
})

const speed = (handler) => ({ ...over(Shapes.GOAL_SHAPES, handler, 'rate'), isAtLeast: true })

/** The worst of all daemons; 1 is what a batch that pays for one checkpoint keeps. */
const checkpoints = {
  part: 'policies',
  rounds: 1,
  isAtLeast: true,
  show: (part) => part.toFixed(3),
  value: ({ rows }) => {
    const mine = rows.filter(({ name, daemon }) => name === US && !daemon.includes('throttled'))
    return mine.length === 0 ? undefined : Math.min(...mine.map(({ of }) => of[Policies.ONE].ofOne.median))
  }
}

const LONG = 10_000_000

const flat = {
  part: 'growth',
  rounds: 1,
  show: Table.figure,
  value: ({ records }) => (records.at(-1).records >= LONG ? Growth.growthOf(records) : undefined)
}

/** What the fold spends on a record while so many of its batch are on their way. */
const crowd = {
  part: 'flight',
  rounds: ROUNDS,
  show: Table.figure,
  value: Flight.worst
}

/** One shard in the process of `kclts run`. */
const ofRun = (shape, key) => against(ofShape('ignore', shape, key, Table.figure, RUN))

/** What 100 shards in one process take. */
const ofShards = (key) => ({
  part: 'host',
  rounds: 3,
  show: Table.part,
  value: ({ counts }) => Hosted.partOf(counts, key)
})

/** A usual handler, over the shapes of the goals, in kclts-child as the speeds above. */
const usual = (handler) => ({
  part: 'handlers',
  rounds: ROUNDS,
  isAtLeast: true,
  show: Table.figure,
  value: (measured) => Handlers.mean(measured, US, handler)
})

const goals = [
  { title: 'speed, ignoring the data', must: 3.3, aim: 4, ...speed('ignore') },
  { title: 'speed, decoding and reading a field', must: 2, aim: 2.4, ...speed('decode') },
  {
    title: 'CPU of a 1 KB record in batches of 1000, ignoring',
    must: 1 / 5,
    aim: 1 / 6,
    ...against(ofShape('ignore', '1000x1000', 'cpu', Table.part))
  },
  {
    title: 'CPU of a 1 KB record in batches of 1000, decoding',
    must: 1 / 2,
    aim: 1 / 2.5,
    ...against(ofShape('decode', '1000x1000', 'cpu', Table.part))
  },
  {
    title: 'time per record in the fold',
    must: 100,
    aim: 100,
    part: 'fold',
    rounds: ROUNDS,
    value: ({ of }) => of['the fold']?.median,
    show: (nanoseconds) => `${nanoseconds.toFixed(0)} ns`
  },
  {
    title: 'peak memory in batches of 10,000 x 1 KB',
    must: 95,
    aim: 80,
    ...absolute(ofShape('ignore', '10000x1000', 'memory', (megabytes) => `${megabytes.toFixed(0)} MB`))
  },
  {
    title: 'round trip of a batch of one record of 100 B, 1 KB, 10 KB: median',
    must: 0.7,
    aim: 0.6,
    ...over(Shapes.ONE_RECORD, 'ignore', 'p50')
  },
  {
    title: 'round trip of a batch of one record of 100 B, 1 KB, 10 KB: p99',
    must: 0.5,
    aim: 0.4,
    ...over(Shapes.ONE_RECORD, 'ignore', 'p99')
  },
  {
    title: 'speed with a checkpoint in every batch, relative to a port that waits',
    must: Policies.GOAL,
    aim: Policies.GOAL,
    ...checkpoints
  },
  {
    title: 'ten million records: memory in the second half, relative to the first half',
    must: 1.1,
    aim: 1.1,
    ...flat
  },
  {
    title: 'CPU of a record in the fold, 200,000 in progress relative to 20,000',
    must: Flight.MUST,
    aim: Flight.MUST,
    ...crowd
  },
  {
    title: 'one shard in kclts run: speed in batches of 1000 x 1 KB, ignoring',
    must: 4.5,
    aim: 6,
    isAtLeast: true,
    ...ofRun('1000x1000', 'rate')
  },
  {
    title: 'one shard in kclts run: speed in batches of one record of 100 B',
    must: 0.95,
    aim: 1.15,
    isAtLeast: true,
    ...ofRun('1x100', 'rate')
  },
  {
    title: 'one shard in kclts run: round trip of one record of 100 B, median',
    must: 1.05,
    aim: 0.85,
    ...ofRun('1x100', 'p50')
  },
  {
    title: 'one shard in kclts run: round trip of one record of 100 B, p99',
    must: 0.9,
    aim: 0.6,
    ...ofRun('1x100', 'p99')
  },
  { title: '100 shards in kclts run: CPU of the batches', must: 1 / 6, aim: 1 / 8, ...ofShards('cpu') },
  {
    title: '100 shards in kclts run: time until all have started',
    must: 1 / 10,
    aim: 1 / 15,
    ...ofShards('start')
  },
  { title: '100 shards in kclts run: memory when idle', must: 1 / 12, aim: 1 / 15, ...ofShards('idle') },
  { title: '100 shards in kclts run: memory after batches', must: 1 / 20, aim: 1 / 24, ...ofShards('after') },
  ...Handlers.USUAL.map((handler) => ({
    title: `speed, ${Handlers.NAMES[handler]}`,
    must: 2,
    aim: 2.4,
    ...usual(handler)
  }))
]

const isReached = ({ isAtLeast = false }, value, limit) => (isAtLeast ? value >= limit : value <= limit)

const verdictOf = (goal, value, rounds) => {
  if (value === undefined) return 'not measured'
  const verdict = isReached(goal, value, goal.aim)
    ? 'aim reached'
    : isReached(goal, value, goal.must)
      ? 'reached'
      : 'MISSED'
  return rounds < goal.rounds ? `${verdict} (of ${goal.rounds} rounds ${rounds})` : verdict
}

/** @param parts what was measured, by the name of the part */
const judge = (parts) =>
  goals.map((goal) => {
    const measured = parts[goal.part]
    const value = measured === undefined ? undefined : goal.value(measured)
    return { goal, value, verdict: verdictOf(goal, value, measured?.rounds) }
  })

const table = (parts) => ({
  title: 'Goals, against aws-kcl',
  head: ['goal', 'must', 'aim', 'measured', ''],
  rows: judge(parts).map(({ goal, value, verdict }) => [
    goal.title,
    goal.show(goal.must),
    goal.show(goal.aim),
    value === undefined ? '' : goal.show(value),
    verdict
  ])
})

/** Those that were measured and missed, in words. */
const problems = (parts) =>
  judge(parts)
    .filter(({ verdict }) => verdict.startsWith('MISSED'))
    .map(({ goal, value }) => `${goal.title}: ${goal.show(value)}, and it must be ${goal.show(goal.must)}`)

module.exports = { problems, table }
