'use strict'
// What checkpoints cost: how much of the speed without them is left, by policy and by how long the daemon takes for one.
const Contest = require('../Contest')
const Meter = require('../Meter')
const Table = require('../Table')

/**
 * A checkpoint for each record makes most ports wait for each: they get small batches, and the speed without checkpoints
 * is that of such batches.
 */
const LARGE = '2000x1000'
const SMALL = '100x1000'

const ONE = 'each batch'

/**
 * After some milliseconds in which a core did something else what it has cached is gone, and a batch takes longer. That is
 * no matter of the checkpoint: what a batch with one is compared to comes after a rest that is as long.
 */
const RESTED = 'none, rested'

const POLICIES = {
  none: { shape: LARGE, count: 0, seconds: 0 },
  '60 s': { shape: LARGE, count: 0, seconds: 60 },
  'each 1000 records': { shape: LARGE, count: 1000, seconds: 0 },
  [ONE]: { shape: LARGE, count: 2000, seconds: 0 },
  [RESTED]: { shape: LARGE, count: 0, seconds: 0, rests: true },
  'none, small batches': { shape: SMALL, count: 0, seconds: 0 },
  'each record': { shape: SMALL, count: 1, seconds: 0 }
}

const QUICK = ['none', RESTED, ONE, 'none, small batches', 'each record']

const without = (policy) => (POLICIES[policy].shape === LARGE ? 'none' : 'none, small batches')

const DAEMONS = {
  '0 ms': { latency: 0, throttle: 0 },
  '10 ms': { latency: 10, throttle: 0 },
  '50 ms': { latency: 50, throttle: 0 },
  '10 ms, a tenth throttled': { latency: 10, throttle: 0.1 }
}

const pace = ({ rounds, quick }) => ({
  rounds,
  turns: quick ? 3 : 4,
  // What a child does once in a batch is compiled after more than a thousand batches.
  warm: { milliseconds: quick ? 150 : 2000, batches: quick ? 50 : 80 },
  burst: { milliseconds: quick ? 50 : 250, batches: 1 }
})

/** What a batch that pays for one checkpoint keeps of the speed: T / (T + L), with T after a rest; 0.95 of it is the goal. */
const GOAL = 0.95

/**
 * @param samples by policy, of one port
 * @returns by policy: `kept` of the speed without checkpoints; `ofOne`: that against what one checkpoint a batch leaves
 */
const costs = (samples) =>
  Object.fromEntries(
    Object.entries(samples).map(([policy, mine]) => {
      const others = samples[without(policy)]
      return [
        policy,
        {
          rate: Contest.spread(mine.map(({ rate }) => rate)),
          checkpoints: Contest.median(mine.map(({ checkpoints }) => checkpoints)),
          kept: Contest.spread(mine.map(({ batch }, turn) => others[turn].batch / batch)),
          ofOne: Contest.spread(
            mine.map(({ batch, latency }, turn) => (samples[RESTED][turn].batch + latency) / batch)
          )
        }
      ]
    })
  )

const run = async (context) => {
  const { quick } = context
  const peers = Object.entries(context.peers).filter(([, { hasCheckpoints }]) => hasCheckpoints)
  const lines = { [LARGE]: Meter.lineOf(LARGE), [SMALL]: Meter.lineOf(SMALL) }
  const policies = quick ? QUICK : Object.keys(POLICIES)
  const rows = []
  for (const daemon of quick ? ['0 ms', '10 ms'] : Object.keys(DAEMONS)) {
    context.progress(`a checkpoint takes ${daemon}`)
    const names = peers.flatMap(([name]) => policies.map((policy) => ({ name, policy })))
    const contestants = Object.fromEntries(
      names.map(({ name, policy }) => {
        const { shape, count, seconds, rests } = POLICIES[policy]
        const start = () => context.peers[name].start({ handler: 'ignore', count, seconds }, DAEMONS[daemon])
        return [`${name}: ${policy}`, { line: lines[shape], rests, start }]
      })
    )
    const samples = await Meter.play(contestants, pace(context))
    for (const [name] of peers)
      rows.push({
        daemon,
        name,
        of: costs(Object.fromEntries(policies.map((policy) => [policy, samples[`${name}: ${policy}`]])))
      })
  }
  return { rounds: context.rounds, rows }
}

/** What the table calls a policy; the others have their own names. */
const TITLES = { [RESTED]: 'none, after a pause', 'none, small batches': 'none, batches of 100' }

const left = (part) => (part < 0.1 ? Table.part(part) : part.toFixed(3))

const tables = ({ rows }) => [
  {
    title: 'Checkpoints: the part of the speed that is left, and how many a batch has',
    head: [
      'a checkpoint takes',
      'child',
      ...Object.keys(rows[0].of).map((policy) => TITLES[policy] ?? policy),
      `${ONE}, relative to T / (T + L)`
    ],
    rows: rows.map(({ daemon, name, of }) => [
      daemon,
      name,
      ...Object.entries(of).map(([policy, { rate, kept, checkpoints }]) =>
        policy === without(policy)
          ? `${Table.figure(rate.median)} records/s`
          : `${left(kept.median)} (${Table.figure(checkpoints)})`
      ),
      of[ONE].ofOne.median.toFixed(3)
    ])
  }
]

module.exports = {
  GOAL,
  ONE,
  name: 'policies',
  isOnOneCore: true,
  title: 'policies of checkpoints, and daemons that are slow or throttled',
  rounds: { full: 3, quick: 1 },
  run,
  tables,
  problems: () => []
}
