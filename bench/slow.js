'use strict'
// `npm run bench:slow`: a handler that waits 5 ms for each record. See README.md here.
const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { heading, hold, median, ratio } = require('./Contest')
const Daemon = require('./Daemon')
const Project = require('./project')

const RECORDS = 1000
const KEYS = 100
const GOAL = 0.95

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, check: { type: 'boolean', default: false } }
})

const node = (file, ...args) => [process.execPath, [path.join(Project.contestants, file), ...args]]
const kclts = [process.execPath, [path.join(Project.root, 'dist/bin.js'), 'child']]

/** Each of them: its command, its settings, and how many records it may have at work. */
const contestants = {
  'aws-kcl, in sequence': { command: node('slow-aws-kcl.js', 'in sequence'), workers: 1 },
  'aws-kcl, Promise.all': { command: node('slow-aws-kcl.js', 'Promise.all'), workers: RECORDS },
  ...Object.fromEntries(
    [1, 16, 64].flatMap((workers) => [
      [`ideal, ${workers}`, { command: node('slow-ideal.js', String(workers)), workers }],
      [`kclts, concurrency: ${workers}`, { command: kclts, concurrency: workers, workers }]
    ])
  )
}

/**
 * One batch of those that take seconds; of the others twenty, and five before them that are not measured: a worker runs
 * for days, and V8 compiles what is in use within its first second.
 */
const batchesOf = (workers) => (workers === 1 ? { before: 0, measured: 1 } : { before: 5, measured: 20 })

/** Records in a second, by the median batch, and how many of them were begun out of their key's order. */
const measure = async (project, { command, concurrency = 1, workers }) => {
  const report = path.join(project, 'report')
  const child = await Daemon.start(command, {
    cwd: project,
    env: { ...process.env, BENCH_REPORT: report, KCLTS_CONCURRENCY: String(concurrency) }
  })
  const { before, measured } = batchesOf(workers)
  const took = []
  for (let batch = 0; batch < before + measured; batch++)
    took.push(await child.batch(Daemon.records(RECORDS, KEYS, batch * RECORDS)))
  await child.end()
  return {
    rate: (RECORDS * 1000) / median(took.slice(before)),
    outOfOrder: Number(fs.readFileSync(report, 'utf8')) / (RECORDS * (before + measured))
  }
}

const table = (measured) =>
  Object.entries(measured).map(([name, rounds]) => {
    const rates = rounds.map(({ rate }) => rate)
    const workers = /concurrency: (\d+)$/.exec(name)?.[1]
    const ideal = workers === undefined ? undefined : measured[`ideal, ${workers}`].map(({ rate }) => rate)
    return {
      name,
      rate: median(rates),
      ofIdeal: ideal === undefined ? undefined : ratio(rates, ideal),
      outOfOrder: median(rounds.map(({ outOfOrder }) => outOfOrder))
    }
  })

const print = (rows, rounds) => {
  console.log(`${heading(rounds)}\n`)
  console.log(
    '| 5 ms a record, 1000 records of 100 keys | records/s | of the ideal, same round | out of order |'
  )
  console.log('|---|--:|--:|--:|')
  for (const { name, rate, ofIdeal, outOfOrder } of rows)
    console.log(
      `| ${name} | ${rate.toFixed(0)} | ${ofIdeal?.toFixed(3) ?? ''} | ${(100 * outOfOrder).toFixed(0)} % |`
    )
}

const main = async () => {
  Project.installOthers()
  const project = Project.make('handler: ./slow.js\n')
  try {
    const rounds = Number(options.rounds)
    const measured = await hold(
      Object.fromEntries(
        Object.entries(contestants).map(([name, one]) => [name, () => measure(project, one)])
      ),
      rounds
    )
    const rows = table(measured)
    print(rows, rounds)
    const missed = rows.filter(
      ({ ofIdeal, outOfOrder }) => ofIdeal !== undefined && (ofIdeal < GOAL || outOfOrder > 0)
    )
    for (const { name } of missed)
      console.log(`\nThe goal, ${GOAL} of the ideal in order, is missed by ${name}.`)
    if (options.check && missed.length > 0) process.exitCode = 1
  } finally {
    Project.remove(project)
  }
}

main().catch((error) => {
  process.exitCode = 1
  console.error(error)
})
