'use strict'
// From the start of the process to its answer to `initialize`: so long a shard stands still when it comes.
const path = require('node:path')
const Contest = require('../Contest')
const Lockstep = require('../Lockstep')
const Peers = require('../Peers')
const Project = require('../Project')

const ALONE = 'Node alone'

/** kclts may take so many times as long as aws-kcl, which reads no configuration and writes no log. */
const LIMIT = 2

const commands = {
  [ALONE]: [process.execPath, [Peers.contestant('node.js')]],
  'kclts, without its wrapper': [process.execPath, [path.join(Project.root, 'dist/bin.js'), 'child']]
}

const timed = (start) => async () => {
  const child = start()
  await child.end()
  return { milliseconds: child.startedIn }
}

const run = async ({ peers, rounds, base, project, progress }) => {
  progress(`${rounds} times`)
  const contestants = {
    ...Object.fromEntries(
      Object.entries(commands).map(([name, command]) => [
        name,
        timed(() => Lockstep.start(command, { cwd: project }))
      ])
    ),
    ...Object.fromEntries(
      Object.entries(peers).map(([name, { start }]) => [name, timed(() => start({ handler: 'ignore' }))])
    )
  }
  return { rounds, base, of: Contest.compare(await Contest.hold(contestants, rounds), () => base) }
}

const milliseconds = ({ median, low, high }) => [
  `${median.toFixed(1)} ms`,
  `${low.toFixed(1)} to ${high.toFixed(1)} ms`
]

const tables = ({ base, of }) => [
  {
    title: 'Start to first answer',
    head: ['start to first answer', 'median', '10 to 90 %', `against ${base}, same round`],
    rows: Object.entries(of).map(([name, { milliseconds: took }]) => [
      name,
      ...milliseconds(took),
      took.against.median.toFixed(2)
    ])
  }
]

const problems = ({ base, of }) =>
  Object.entries(of)
    .filter(([name, { milliseconds: took }]) => name.startsWith('kclts') && took.against.median > LIMIT)
    .map(
      ([name, { milliseconds: took }]) =>
        `${name} takes ${took.against.median.toFixed(2)} times as long to start as ${base}; at most ${LIMIT} is allowed`
    )

module.exports = {
  name: 'start',
  title: 'start to first answer',
  rounds: { full: 40, quick: 5 },
  run,
  tables,
  problems
}
