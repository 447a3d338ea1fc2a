'use strict'
// All shards in one process against a process for each shard.
const Contest = require('../Contest')
const Peers = require('../Peers')
const Shards = require('../Shards')
const Table = require('../Table')

const BASE = 'aws-kcl'

/** The goals are about so many shards on one thread. */
const GOAL_SHARDS = 100
const ONE_THREAD = 'kclts, 1 thread'

/** The part of what aws-kcl takes in the same round; undefined: it was not measured. */
const partOf = (counts, key) =>
  counts.find(({ count }) => count === GOAL_SHARDS)?.of[ONE_THREAD]?.[key]?.against.median

const run = async ({ project, rounds, shards = [10, 100], progress }) => {
  if (Peers.install([BASE]).length === 0) return null
  const counts = []
  for (const count of shards) {
    progress(`${count} shards`)
    const contestants = {
      [BASE]: Shards.alone('aws-kcl.js'),
      'reads-only': Shards.alone('reads-only.js'),
      [ONE_THREAD]: Shards.host(project, 1),
      'kclts, 2 threads': Shards.host(project, 2)
    }
    const measured = await Contest.hold(
      Object.fromEntries(
        Object.entries(contestants).map(([name, prepare]) => [name, () => Shards.measure(prepare, count)])
      ),
      rounds
    )
    counts.push({ count, of: Contest.compare(measured, () => BASE) })
  }
  return { rounds, counts }
}

const COLUMNS = [
  ['start', 'all shards started', (ms) => `${(ms / 1000).toFixed(2)} s`],
  ['startCpu', 'CPU of the start', (s) => `${s.toFixed(2)} s`],
  ['idle', 'idle', (mb) => `${mb.toFixed(0)} MB`],
  ['took', `${Shards.BATCHES} batches a shard`, (ms) => `${(ms / 1000).toFixed(2)} s`],
  ['cpu', 'CPU of the batches', (s) => `${s.toFixed(2)} s`],
  ['after', 'memory after', (mb) => `${mb.toFixed(0)} MB`]
]

const tables = ({ counts }) =>
  counts.map(({ count, of }) => ({
    title: `${count} shards: in brackets the part of what ${BASE} takes in the same round`,
    head: [`${count} shards`, ...COLUMNS.map(([, title]) => title)],
    rows: Object.entries(of).map(([name, figures]) => [
      name,
      ...COLUMNS.map(([key, , show]) => {
        const { median, against } = figures[key]
        return name === BASE ? show(median) : `${show(median)} (${Table.part(against.median)})`
      })
    ])
  }))

module.exports = {
  name: 'host',
  partOf,
  title: 'all shards in one process',
  isOnOneCore: true,
  rounds: { full: 3, quick: 1 },
  run,
  tables,
  problems: () => []
}
