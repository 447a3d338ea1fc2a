'use strict'
// `npm run bench:regression`: whether kclts has become slower, as a ratio to a minimal child in Node, which a slow or a
// busy machine slows down as well. See README.md here.
const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const Contest = require('./Contest')
const Meter = require('./Meter')
const Peers = require('./Peers')
const Processes = require('./Processes')
const Project = require('./Project')
const Table = require('./Table')

const FILE = path.join(__dirname, 'committed.json')

const US = 'kclts'
/** One shard in the process of `kclts run`. */
const RUN = 'kclts-run'
const THEM = 'minimal-node'

/** How far below the committed ratio is a failure. */
const ALLOWED_LOSS = 1 / 3

/**
 * Where others hold the cores for a larger part of the time than this, each of the two figures may come out at random,
 * but hardly both: one of them is enough.
 */
const BUSY = 0.1

/**
 * Where the two children waited for their core for a larger part of the time than this, they changed places with others in the
 * middle of most batches, which costs both of them the same time: their ratio goes towards 1, and a failure says nothing.
 */
const TOO_BUSY = 0.4

/**
 * Small and large, and each thing that a batch costs: the round trip, the record, the byte. A handler that decodes does the
 * same in a host.
 */
const MEASURED = ['1x100', '100x1000', '1000x1000'].flatMap((shape) => [
  { shape, handler: 'ignore', ours: [US, RUN] },
  { shape, handler: 'decode', ours: [US] }
])

const PACE = {
  rounds: 2,
  turns: 11,
  warm: { milliseconds: 350, batches: 3 },
  burst: { milliseconds: 40, batches: 2 }
}

const usage = `Usage: npm run bench:regression [-- --commit]

Fails when kclts, against a minimal child in Node, has lost more than a third of what bench/committed.json says: of its
speed, or of the records that a second of CPU does; of both where others hold the cores. Where others hold them for most
of the time, a loss is reported and counts as skipped.

  --commit   write that file anew, on a machine that does nothing else
  --help`

const nameOf = ({ shape, handler }, name) => `${shape} ${handler}${name === US ? '' : `, ${name}`}`

/**
 * For each of ours, how many times what the minimal child does, in a second of the clock and in one of CPU: medians of many
 * short turns. `delay`: the part of the time that the two waited for a core.
 */
const measure = async (peers, { shape, handler, ours }, pace) => {
  const line = Meter.lineOf(shape)
  const samples = await Meter.play(
    Object.fromEntries(
      [...ours, THEM].map((name) => [name, { line, start: () => peers[name].start({ handler }) }])
    ),
    pace
  )
  const of = (name, key) => samples[name].map((sample) => sample[key])
  return ours.map((us) => ({
    name: nameOf({ shape, handler }, us),
    speed: Contest.ratio(of(us, 'rate'), of(THEM, 'rate')),
    cpu: Contest.ratio(of(THEM, 'cpu'), of(us, 'cpu')),
    delay: Contest.median([...of(us, 'delay'), ...of(THEM, 'delay')])
  }))
}

const IN_WORDS = { speed: 'speed', cpu: 'records of a second of CPU' }

/** @returns what is wrong, in words */
const judge = (measured, committed) => {
  const problems = Object.entries(IN_WORDS).flatMap(([key, words]) => {
    const least = committed[key] * (1 - ALLOWED_LOSS)
    return measured[key] >= least
      ? []
      : [
          `${words}: ${Table.figure(measured[key])} times that of the minimal child; ` +
            `${Table.figure(committed[key])} is committed, and less than ${Table.figure(least)} fails`
        ]
  })
  return measured.delay > BUSY && problems.length === 1 ? [] : problems
}

/** 'skipped': the machine was too busy to say. */
const verdictOf = (measured, problems) =>
  problems.length === 0 ? 'passed' : measured.delay > TOO_BUSY ? 'skipped' : 'failed'

/** One that fails is measured again for three times as long: a neighbour on the machine can spoil two rounds. */
const check = async (peers, one, ratios) => {
  const judged = (all) =>
    all.map((measured) => {
      const problems = judge(measured, ratios[measured.name])
      return { measured, problems, verdict: verdictOf(measured, problems) }
    })
  const first = judged(await measure(peers, one, PACE))
  return first.every(({ verdict }) => verdict === 'passed')
    ? first
    : judged(await measure(peers, one, { ...PACE, rounds: 3 * PACE.rounds }))
}

const checkAll = async (peers) => {
  const { ratios } = JSON.parse(fs.readFileSync(FILE, 'utf8'))
  const results = []
  for (const one of MEASURED) {
    const missing = one.ours.map((us) => nameOf(one, us)).find((name) => ratios[name] === undefined)
    if (missing !== undefined)
      throw new Error(`${missing} is not in bench/committed.json: npm run bench:regression -- --commit`)
    results.push(...(await check(peers, one, ratios)))
  }
  const rows = results.map(({ measured }) => [
    measured.name,
    ...['speed', 'cpu'].flatMap((key) => [measured[key], ratios[measured.name][key]]).map(Table.figure),
    `${(100 * measured.delay).toFixed(0)} %${measured.delay > BUSY ? ', busy' : ''}`
  ])
  const head = ['times the minimal child', 'speed', 'committed', 'of CPU', 'committed', 'waited for a core']
  console.log(`${Contest.heading(PACE.rounds)}\n\n${Table.render(head, rows)}\n`)
  for (const { problems, verdict, measured } of results) {
    for (const problem of problems) console.log(`${measured.name}: ${problem}`)
    if (verdict === 'skipped')
      console.log(
        `SKIPPED ${measured.name}: others held the core for ${(100 * measured.delay).toFixed(0)} % of the time`
      )
  }
  const count = (verdict) => results.filter((result) => result.verdict === verdict).length
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
  if (count('failed') > 0) process.exitCode = 1
}

const commit = async (peers) => {
  const ratios = {}
  for (const one of MEASURED)
    for (const { name, speed, cpu } of await measure(peers, one, { ...PACE, rounds: 7 }))
      ratios[name] = { speed: Number(speed.toFixed(2)), cpu: Number(cpu.toFixed(2)) }
  const { node, commit: version } = Peers.versions()
  const text = JSON.stringify({ date: new Date().toISOString().slice(0, 10), node, version, ratios }, null, 2)
  fs.writeFileSync(FILE, `${text}\n`)
  console.log(text)
}

const main = async () => {
  const { values: chosen } = parseArgs({
    options: {
      commit: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  if (chosen.help) return console.log(usage)
  if (process.platform !== 'linux')
    return console.log('SKIPPED the benches need /proc, and so Linux\n0 passed, 0 failed, 1 skipped')
  const project = await Project.make('handler: ./ignore.js\n')
  try {
    const peers = Object.fromEntries([US, RUN, THEM].map((name) => [name, Peers.inProject(name, project)]))
    await Processes.onOneCore(() => (chosen.commit ? commit(peers) : checkAll(peers)))
  } finally {
    Project.remove(project)
  }
}

module.exports = { judge, verdictOf }

if (require.main === module)
  main().catch((error) => {
    process.exitCode = 1
    console.error(error)
  })
