'use strict'
// What checkpoints cost when each takes 20 ms and the handler is at work meanwhile.
const Contest = require('../Contest')
const Peers = require('../Peers')
const Wire = require('../Wire')

const RECORDS = 400
const LATENCY = 20
const GOAL = 0.95
const PORTS = ['kclts', 'aws-kcl', 'kclpy']

const policies = { never: 0, 'each batch': RECORDS, 'each 100 records': 100, 'each record': 1 }

/** The mean milliseconds of a batch, and how many checkpoints it had. */
const measure = async (start, batches) => {
  const child = start()
  const line = Wire.numberedLine(RECORDS, 0)
  const batch = (number) => {
    line.number(number * RECORDS)
    return child.converse(line)
  }
  // The first batch is what V8 learns from; where each record waits for its checkpoint it would learn for nine seconds.
  if (batches > 1) batch(0)
  const before = child.checkpoints()
  let took = 0
  for (let number = 1; number <= batches; number++) took += batch(number)
  const checkpoints = (child.checkpoints() - before) / batches
  await child.end()
  return { took: took / batches, speed: batches / took, checkpoints }
}

const contestantsOf = (project) =>
  Object.fromEntries(
    Peers.install(PORTS).flatMap((port) =>
      Object.entries(policies).map(([policy, count]) => {
        const { start } = Peers.inProject(port, project)
        const child = () => start({ handler: 'block', count, seconds: 0 }, { latency: LATENCY })
        // Where each record waits for its checkpoint, one batch takes as long as eighty of the others.
        return [`${port}, ${policy}`, () => measure(child, count === 1 && port !== 'kclts' ? 1 : 8)]
      })
    )
  )

const portOf = (name) => name.split(', ')[0]

const run = async ({ project, rounds, progress }) => {
  progress(`${rounds} rounds`)
  const measured = await Contest.hold(contestantsOf(project), rounds)
  return { rounds, of: Contest.compare(measured, (name) => `${portOf(name)}, never`) }
}

/** Of the throughput without checkpoints: 0.95 of what is left when a batch pays for one of them. */
const goalOf = ({ of }, name) => {
  const { median } = of[`${portOf(name)}, never`].took
  return (GOAL * median) / (median + LATENCY)
}

const isNever = (name) => name.endsWith(', never')

const tables = (measured) => [
  {
    title: `A checkpoint takes ${LATENCY} ms, a record 0.25 ms, a batch has ${RECORDS} of them`,
    head: ['child, checkpoint', 'ms a batch', 'checkpoints a batch', 'throughput kept, same round', 'goal'],
    rows: Object.entries(measured.of).map(([name, { took, checkpoints, speed }]) => [
      name,
      took.median.toFixed(1),
      checkpoints.median.toFixed(1),
      isNever(name) ? '' : speed.against.median.toFixed(3),
      isNever(name) ? '' : goalOf(measured, name).toFixed(3)
    ])
  }
]

const problems = (measured) =>
  Object.entries(measured.of)
    .filter(
      ([name, { speed }]) =>
        portOf(name) === 'kclts' && !isNever(name) && speed.against.median < goalOf(measured, name)
    )
    .map(([name]) => `the goal is missed with a checkpoint ${name.slice('kclts, '.length)}`)

module.exports = {
  name: 'checkpoints',
  title: 'checkpoints while a handler is at work',
  rounds: { full: 5, quick: 1 },
  run,
  tables,
  problems
}
