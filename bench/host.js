'use strict'
// `npm run bench:host`: all shards in one process against a process for each shard. See README.md here.
const path = require('node:path')
const { once } = require('node:events')
const { spawn } = require('node:child_process')
const { parseArgs } = require('node:util')
const { heading, hold, median, ratio } = require('./Contest')
const Daemon = require('./Daemon')
const Processes = require('./Processes')
const Project = require('./project')

const BATCHES = 5
const RECORDS = 1000
const BYTES = 1000
const SETTLE_MS = 2000
const BASE = 'aws-kcl'
/** At 100 shards with one thread, against aws-kcl in the same round. */
const GOALS = { start: 1 / 5, idle: 1 / 7, after: 1 / 12 }

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    shards: { type: 'string', default: '10,100' },
    check: { type: 'boolean', default: false }
  }
})

const lines = () =>
  Array.from({ length: BATCHES }, (_, batch) =>
    Daemon.batchLine(
      Daemon.records(RECORDS, 100, batch * RECORDS).map((record) => ({
        ...record,
        data: Buffer.alloc(BYTES, 'x').toString('base64')
      }))
    )
  )

/** What memory comes to once garbage that is about to go has gone. */
const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS))

/** No process but the children of the shards. */
const alone = async () => ({
  command: [process.execPath, [path.join(Project.contestants, 'aws-kcl.js')]],
  options: {},
  pids: [],
  end: () => {}
})

/** The host, and where it wants relays to be started. */
const host = (project, threads) => async () => {
  const script = path.join(Project.contestants, 'host.js')
  const child = spawn(process.execPath, [script, String(threads)], {
    cwd: project,
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const exit = once(child, 'exit')
  const [text] = await Promise.race([
    once(child.stdout, 'data'),
    exit.then(() => Promise.reject(new Error('the host ended before it was ready')))
  ])
  const { folder, executable } = JSON.parse(text)
  return {
    command: [executable, []],
    options: { cwd: folder },
    pids: [child.pid],
    end: () => {
      child.stdin.end()
      return exit
    }
  }
}

/** Milliseconds until all shards have answered `initialize`, megabytes idle and after batches, seconds of CPU. */
const measure = async (prepare, count, batches) => {
  const started = performance.now()
  const contestant = await prepare()
  const children = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      Daemon.start(contestant.command, {
        ...contestant.options,
        shard: `shardId-${String(index).padStart(12, '0')}`
      })
    )
  )
  const start = performance.now() - started
  const pids = [...contestant.pids, ...children.flatMap(({ pid }) => Processes.tree(pid))]
  const startCpu = Processes.seconds(pids)
  await settled()
  const idle = Processes.megabytes(pids)
  const before = Processes.seconds(pids)
  const began = performance.now()
  for (const line of batches) await Promise.all(children.map((child) => child.batchOf(line)))
  const took = performance.now() - began
  await settled()
  const after = Processes.megabytes(pids)
  const cpu = Processes.seconds(pids) - before
  await Promise.all(children.map((child) => child.end()))
  await contestant.end()
  return { start, startCpu, idle, after, took, cpu }
}

const COLUMNS = [
  ['start', 'all shards started', (ms) => `${(ms / 1000).toFixed(2)} s`],
  ['startCpu', 'CPU of it', (s) => `${s.toFixed(2)} s`],
  ['idle', 'idle', (mb) => `${mb.toFixed(0)} MB`],
  ['took', `${BATCHES} batches a shard`, (ms) => `${(ms / 1000).toFixed(2)} s`],
  ['cpu', 'CPU of them', (s) => `${s.toFixed(2)} s`],
  ['after', 'memory after', (mb) => `${mb.toFixed(0)} MB`]
]

const columnOf = (results, key) => results.map((result) => result[key])

const print = (count, measured) => {
  console.log(`| ${count} shards | ${COLUMNS.map(([, title]) => title).join(' | ')} |`)
  console.log(`|---|${COLUMNS.map(() => '--:').join('|')}|`)
  for (const [name, results] of Object.entries(measured)) {
    const cells = COLUMNS.map(([key, , show]) => {
      const part = ratio(columnOf(results, key), columnOf(measured[BASE], key))
      return `${show(median(columnOf(results, key)))}${name === BASE ? '' : ` (1/${(1 / part).toFixed(1)})`}`
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
  console.log()
}

/** The goals that were missed, in words. */
const missed = (measured) =>
  Object.entries(GOALS).flatMap(([key, goal]) => {
    const part = ratio(columnOf(measured['kclts, 1 thread'], key), columnOf(measured[BASE], key))
    return part <= goal ? [] : [`${key}: ${part.toFixed(3)} of ${BASE}, the goal is ${goal.toFixed(3)}`]
  })

const main = async () => {
  Project.installOthers()
  const project = Project.make('handler: ./handler.js\ncheckpoint: { interval: 0 }\n')
  const batches = lines()
  try {
    const rounds = Number(options.rounds)
    console.log(`${heading(rounds)}\n`)
    for (const count of options.shards.split(',').map(Number)) {
      const contestants = {
        [BASE]: alone,
        'kclts, 1 thread': host(project, 1),
        'kclts, 2 threads': host(project, 2)
      }
      const measured = await hold(
        Object.fromEntries(
          Object.entries(contestants).map(([name, prepare]) => [name, () => measure(prepare, count, batches)])
        ),
        rounds
      )
      print(count, measured)
      const problems = count === 100 && options.check ? missed(measured) : []
      for (const problem of problems) console.error(problem)
      if (problems.length > 0) process.exitCode = 1
    }
  } finally {
    Project.remove(project)
  }
}

main().catch((error) => {
  process.exitCode = 1
  console.error(error)
})
