'use strict'
// `npm run bench:regression`: whether kclts has become slower, as a ratio to a minimal child in Node, which a slow or a
// busy machine slows down as well. See README.md here.
const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const Contest = require('./Contest')
const Meter = require('./Meter')
const Peers = require('./Peers')
const Project = require('./Project')
const Table = require('./Table')

const FILE = path.join(__dirname, 'committed.json')

const US = 'kclts'
const THEM = 'minimal-node'

/** How far below the committed ratio is a failure. */
const ALLOWED_LOSS = 1 / 3

/** Small and large, and each thing that a batch costs: the round trip, the record, the byte. */
const MEASURED = ['1x100', '100x1000', '1000x1000'].flatMap((shape) =>
  ['ignore', 'decode'].map((handler) => ({ shape, handler }))
)

const PACE = {
  rounds: 2,
  turns: 11,
  warm: { milliseconds: 350, batches: 3 },
  burst: { milliseconds: 40, batches: 2 }
}

const usage = `Usage: npm run bench:regression -- [--commit]

Fails when kclts, against a minimal child in Node, is by more than a third slower than bench/committed.json says.

  --commit   write that file anew, on a machine that does nothing else
  --help`

const nameOf = ({ shape, handler }) => `${shape} ${handler}`

/** How many times as fast as the minimal child; the median of many short turns. */
const measure = async (peers, { shape, handler }, pace) => {
  const line = Meter.lineOf(shape)
  const samples = await Meter.play(
    Object.fromEntries(
      Object.entries(peers).map(([name, { start }]) => [name, { line, start: () => start({ handler }) }])
    ),
    pace
  )
  return Contest.compare(samples, () => THEM)[US].rate.against
}

/**
 * What was measured against what is committed.
 *
 * @returns `problem`: null, or what is wrong in words
 */
const judge = (name, measured, committed) => {
  if (committed === undefined)
    return { name, problem: `${name} is not in bench/committed.json: npm run bench:regression -- --commit` }
  const least = committed * (1 - ALLOWED_LOSS)
  return {
    name,
    problem:
      measured >= least
        ? null
        : `${name}: ${Table.figure(measured)} times as fast as the minimal child, ` +
          `${Table.figure(committed)} is committed, and less than ${Table.figure(least)} fails`
  }
}

/** One that fails is measured again for three times as long: a neighbour on the machine can spoil two rounds. */
const check = async (peers, one, committed) => {
  const name = nameOf(one)
  const first = await measure(peers, one, PACE)
  if (judge(name, first.median, committed[name]).problem === null) return { name, ...first, problem: null }
  const second = await measure(peers, one, { ...PACE, rounds: 3 * PACE.rounds })
  return { ...second, ...judge(name, second.median, committed[name]) }
}

const print = (results, committed) =>
  console.log(
    `${Contest.heading(PACE.rounds)}\n\n${Table.render(
      ['records x bytes, handler', 'times the minimal child', 'committed'],
      results.map(({ name, ...spread }) => [
        name,
        Table.spread(spread),
        committed[name] === undefined ? '' : Table.figure(committed[name])
      ])
    )}\n`
  )

const load = () => (fs.existsSync(FILE) ? JSON.parse(fs.readFileSync(FILE, 'utf8')).ratios : {})

const commit = (results) => {
  const ratios = Object.fromEntries(results.map(({ name, median }) => [name, Number(median.toFixed(2))]))
  const { node, commit: version } = Peers.versions()
  const text = JSON.stringify({ date: new Date().toISOString().slice(0, 10), node, version, ratios }, null, 2)
  fs.writeFileSync(FILE, `${text}\n`)
}

const main = async () => {
  const { values: chosen } = parseArgs({
    options: {
      commit: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  if (chosen.help) return console.log(usage)
  if (process.platform !== 'linux') return console.log('SKIPPED the benches need /proc, and so Linux')
  const project = Project.make('handler: ./ignore.js\n')
  try {
    const peers = Object.fromEntries([US, THEM].map((name) => [name, Peers.inProject(name, project)]))
    const committed = load()
    const results = []
    for (const one of MEASURED)
      results.push(
        chosen.commit
          ? { name: nameOf(one), ...(await measure(peers, one, { ...PACE, rounds: 7 })), problem: null }
          : await check(peers, one, committed)
      )
    print(results, committed)
    if (chosen.commit) return commit(results)
    const problems = results.flatMap(({ problem }) => (problem === null ? [] : [problem]))
    for (const problem of problems) console.log(problem)
    console.log(`${results.length - problems.length} passed, ${problems.length} failed`)
    if (problems.length > 0) process.exitCode = 1
  } finally {
    Project.remove(project)
  }
}

module.exports = { judge }

if (require.main === module)
  main().catch((error) => {
    process.exitCode = 1
    console.error(error)
  })
