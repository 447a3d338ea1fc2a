'use strict'
// `npm run bench:checkpoints`: what checkpoints cost when each takes 20 ms. See README.md here.
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { parseArgs } = require('node:util')
const { heading, hold, median, ratio } = require('./Contest')
const Daemon = require('./Daemon')
const Project = require('./project')

const RECORDS = 400
const KEYS = 100
const LATENCY = 20
const GOAL = 0.95

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, check: { type: 'boolean', default: false } }
})

/** kclpy is installed for the benches alone, into a folder that git ignores. */
const python = () => {
  const folder = path.join(__dirname, '.cache/kclpy')
  const program = path.join(folder, 'bin/python')
  if (!fs.existsSync(path.join(folder, 'installed'))) {
    execFileSync('python3', ['-m', 'venv', folder])
    execFileSync(program, ['-m', 'pip', 'install', '--quiet', 'kclpy==0.2.0'])
    fs.writeFileSync(path.join(folder, 'installed'), '')
  }
  return program
}

/** The ports, by name: how each is told to checkpoint every so many records, 0 for never. */
const ports = () => {
  const program = python()
  return {
    kclts: (count) => ({
      command: [process.execPath, [path.join(Project.root, 'dist/bin.js'), 'child']],
      env: { KCLTS_CHECKPOINT_INTERVAL: '0', KCLTS_CHECKPOINT_COUNT: String(count) }
    }),
    'aws-kcl': (count) => ({
      command: [process.execPath, [path.join(Project.contestants, 'checkpoints-aws-kcl.js'), String(count)]],
      env: {}
    }),
    kclpy: (count) => ({
      command: [program, [path.join(Project.contestants, 'checkpoints-kclpy.py'), String(count)]],
      env: {}
    })
  }
}

const policies = { never: 0, 'each batch': RECORDS, 'each 100 records': 100, 'each record': 1 }

/** The mean milliseconds of a batch, and how many checkpoints it had. */
const measure = async (project, { command, env }, batches) => {
  const child = await Daemon.start(command, {
    cwd: project,
    latency: LATENCY,
    env: { ...process.env, ...env }
  })
  // The first batch is what V8 learns from; where each record waits for its checkpoint it would learn for nine seconds.
  if (batches > 1) await child.batch(Daemon.records(RECORDS, KEYS))
  const before = child.checkpoints()
  let took = 0
  for (let batch = 1; batch <= batches; batch++)
    took += await child.batch(Daemon.records(RECORDS, KEYS, batch * RECORDS))
  const checkpoints = (child.checkpoints() - before) / batches
  await child.end()
  return { took: took / batches, checkpoints }
}

const contestantsOf = (project) =>
  Object.fromEntries(
    Object.entries(ports()).flatMap(([port, told]) =>
      Object.entries(policies).map(([policy, count]) => [
        `${port}, ${policy}`,
        // Where each record waits for its checkpoint, one batch takes as long as eighty of the others.
        () => measure(project, told(count), count === 1 && port !== 'kclts' ? 1 : 8)
      ])
    )
  )

/** `kept`: of the throughput without checkpoints. `goal`: 0.95 of what is left when a batch pays for one of them. */
const table = (measured) =>
  Object.entries(measured).map(([name, rounds]) => {
    const [port, policy] = name.split(', ')
    const took = rounds.map((round) => round.took)
    const without = measured[`${port}, never`].map((round) => round.took)
    return {
      port,
      policy,
      took: median(took),
      checkpoints: median(rounds.map(({ checkpoints }) => checkpoints)),
      kept: ratio(without, took),
      goal: median(without.map((time) => (GOAL * time) / (time + LATENCY)))
    }
  })

const print = (rows, rounds) => {
  console.log(`${heading(rounds)}\n`)
  console.log('| | checkpoints | ms a batch | checkpoints a batch | throughput kept, same round | goal |')
  console.log('|---|---|--:|--:|--:|--:|')
  for (const { port, policy, took, checkpoints, kept, goal } of rows) {
    const last = policy === 'never' ? ' |' : `${kept.toFixed(3)} | ${goal.toFixed(3)}`
    console.log(`| ${port} | ${policy} | ${took.toFixed(1)} | ${checkpoints.toFixed(1)} | ${last} |`)
  }
}

const main = async () => {
  Project.installOthers()
  const project = Project.make('handler: ./blocking.js\n')
  try {
    const rounds = Number(options.rounds)
    const rows = table(await hold(contestantsOf(project), rounds))
    print(rows, rounds)
    const missed = rows.filter(
      ({ port, policy, kept, goal }) => port === 'kclts' && policy !== 'never' && kept < goal
    )
    for (const { policy } of missed) console.log(`\nThe goal is missed with a checkpoint ${policy}.`)
    if (options.check && missed.length > 0) process.exitCode = 1
  } finally {
    Project.remove(project)
  }
}

main().catch((error) => {
  process.exitCode = 1
  console.error(error)
})
