'use strict'
// `npm run bench`: from the start of the process to its answer to `initialize`, side by side. See README.md here.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync, spawn } = require('node:child_process')
const { parseArgs } = require('node:util')

const root = path.join(__dirname, '..')
const contestants = path.join(__dirname, 'contestants')
const INITIALIZE =
  '{"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"TRIM_HORIZON"}\n'
const BASE = 'aws-kcl'

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '40' }, max: { type: 'string' } }
})

/** A user's project: a handler, a configuration, and kclts where npm would put it. */
const makeProject = () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-bench-'))
  fs.mkdirSync(path.join(folder, 'node_modules'))
  fs.symlinkSync(root, path.join(folder, 'node_modules/kclts'))
  fs.copyFileSync(path.join(contestants, 'handler.js'), path.join(folder, 'handler.js'))
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "name": "bench", "private": true }\n')
  fs.writeFileSync(path.join(folder, 'kcl.config.yaml'), 'handler: ./handler.js\n')
  return folder
}

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

const quantile = (numbers, part) => {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * part)]
}

/** One row a contestant: its times, and the median of its ratio to aws-kcl in the same round. */
const table = (times) =>
  Object.entries(times).map(([name, all]) => ({
    name,
    median: quantile(all, 0.5),
    low: quantile(all, 0.1),
    high: quantile(all, 0.9),
    ratio: quantile(
      all.map((time, round) => time / times[BASE][round]),
      0.5
    )
  }))

const print = (rows, rounds) => {
  console.log(`Node ${process.versions.node}, ${os.cpus().length} cores, ${rounds} rounds\n`)
  console.log('| start to first answer | median | 10 to 90 % | against aws-kcl, same round |')
  console.log('|---|--:|--:|--:|')
  for (const { name, median, low, high, ratio } of rows)
    console.log(
      `| ${name} | ${median.toFixed(1)} ms | ${low.toFixed(1)} to ${high.toFixed(1)} ms | ${ratio.toFixed(2)} |`
    )
}

const main = async () => {
  if (!fs.existsSync(path.join(__dirname, 'node_modules/aws-kcl')))
    execFileSync('npm', ['ci'], { cwd: __dirname, stdio: ['ignore', 'ignore', 'inherit'] })
  const project = makeProject()
  try {
    const contest = Object.entries(commands(project))
    const times = Object.fromEntries(contest.map(([name]) => [name, []]))
    const rounds = Number(options.rounds)
    for (let round = -1; round < rounds; round++) {
      // Each round begins with another contestant, so that none always runs on a machine just woken up.
      const order = contest.map((_, index) => contest[(index + Math.max(0, round)) % contest.length])
      for (const [name, command] of order) {
        const took = await timeOf(project, command)
        if (round >= 0) times[name].push(took) // the first round only fills the file cache
      }
    }
    const rows = table(times)
    print(rows, rounds)
    const worst = Math.max(...rows.filter(({ name }) => name.startsWith('kclts')).map(({ ratio }) => ratio))
    if (options.max !== undefined && worst > Number(options.max)) {
      process.exitCode = 1
      console.error(
        `\nkclts takes ${worst.toFixed(2)} times as long as ${BASE}; at most ${options.max} is allowed`
      )
    }
  } finally {
    fs.rmSync(project, { recursive: true })
  }
}

main().catch((error) => {
  process.exitCode = 1
  console.error(error)
})
