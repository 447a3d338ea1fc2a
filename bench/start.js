'use strict'
// `npm run bench`: from the start of the process to its answer to `initialize`, side by side. See README.md here.
const path = require('node:path')
const { spawn } = require('node:child_process')
const { parseArgs } = require('node:util')
const { heading, hold, median, quantile, ratio } = require('./Contest')
const Project = require('./project')

const { contestants, root } = Project
const INITIALIZE =
  '{"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"TRIM_HORIZON"}\n'
const BASE = 'aws-kcl'

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '40' }, max: { type: 'string' } }
})

const commands = (project) => ({
  'Node alone': [process.execPath, [path.join(contestants, 'node.js')]],
  [BASE]: [process.execPath, [path.join(contestants, 'aws-kcl.js')]],
  'kclts-child': [path.join(project, 'node_modules/kclts/dist/edge/kclts-child'), []],
  'kclts child': [process.execPath, [path.join(root, 'dist/bin.js'), 'child']]
})

/** Milliseconds from the spawn to the first status on stdout. */
const timeOf = (cwd, [program, args]) =>
  new Promise((resolve, reject) => {
    const started = process.hrtime.bigint()
    const child = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    let took
    child.stderr.on('data', (chunk) => (err += chunk))
    child.stdout.on('data', (chunk) => {
      out += chunk
      if (took !== undefined || !out.includes('"responseFor":"initialize"')) return
      took = Number(process.hrtime.bigint() - started) / 1e6
      child.stdin.end()
    })
    child.on('error', reject)
    child.on('close', () =>
      took === undefined ? reject(new Error(`${program} gave no answer: ${out}${err}`)) : resolve(took)
    )
    child.stdin.write(INITIALIZE)
  })

/** One row a contestant: its times, and the median of its ratio to aws-kcl in the same round. */
const table = (times) =>
  Object.entries(times).map(([name, all]) => ({
    name,
    median: median(all),
    low: quantile(all, 0.1),
    high: quantile(all, 0.9),
    ratio: ratio(all, times[BASE])
  }))

const print = (rows, rounds) => {
  console.log(`${heading(rounds)}\n`)
  console.log('| start to first answer | median | 10 to 90 % | against aws-kcl, same round |')
  console.log('|---|--:|--:|--:|')
  for (const row of rows)
    console.log(
      `| ${row.name} | ${row.median.toFixed(1)} ms | ${row.low.toFixed(1)} to ${row.high.toFixed(1)} ms | ${row.ratio.toFixed(2)} |`
    )
}

const main = async () => {
  Project.installOthers()
  const project = Project.make('handler: ./handler.js\n')
  try {
    const rounds = Number(options.rounds)
    const times = await hold(
      Object.fromEntries(
        Object.entries(commands(project)).map(([name, command]) => [name, () => timeOf(project, command)])
      ),
      rounds
    )
    const rows = table(times)
    print(rows, rounds)
    const worst = Math.max(...rows.filter(({ name }) => name.startsWith('kclts')).map((row) => row.ratio))
    if (options.max !== undefined && worst > Number(options.max)) {
      process.exitCode = 1
      console.error(
        `\nkclts takes ${worst.toFixed(2)} times as long as ${BASE}; at most ${options.max} is allowed`
      )
    }
  } finally {
    Project.remove(project)
  }
}

main().catch((error) => {
  process.exitCode = 1
  console.error(error)
})
