'use strict'
// `npm run bench`: figures side by side with other ports. See README.md here.
const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const Contest = require('./Contest')
const Goals = require('./Goals')
const Headline = require('./Headline')
const Meter = require('./Meter')
const Peers = require('./Peers')
const Processes = require('./Processes')
const Project = require('./Project')
const Readme = require('./Readme')
const Results = require('./Results')
const Table = require('./Table')

/** In this order. `--quick` has those that are done within two minutes together. */
const PARTS = [
  'start',
  'fold',
  'shapes',
  'policies',
  'handlers',
  'growth',
  'flight',
  'checkpoints',
  'slow',
  'host',
  'tracing',
  'record',
  'plan',
  'worker',
  'capacity'
].map((name) => require(`./parts/${name}`))
const QUICK = ['start', 'shapes', 'policies', 'growth']

const US = 'kclts'
/** Both are measured, whoever is beside them. */
const OURS = [US, 'kclts-run']
const BASE = 'aws-kcl'
const BEFORE = 'kclts-before'

/** Parts that measure what a child does; the others have several processes at work, or none beside. */
const ON_ONE_CORE = PARTS.filter(({ isOnOneCore }) => isOnOneCore).map(({ name }) => name)

const usage = `Usage: npm run bench -- [options]

Measures kclts and other ports, prints tables, and says which goals are reached. All of it takes some 40 minutes.

  --quick             measure fewer shapes in fewer rounds, within two minutes
  --part <name>       run only this part; may be repeated
${PARTS.map(({ name, title }) => `                        ${name.padEnd(12)} ${title}`).join('\n')}
  --shape <RxB>       measure batches of R records of B bytes, such as 1000x100; may be repeated
  --peer <name>       compare kclts only with this port; may be repeated
                        ${Peers.names.filter((name) => !OURS.includes(name)).join(', ')}
  --before <folder>   compare it with another checkout of kclts too, which must be built
  --all-cores         for the parts ${ON_ONE_CORE.join(', ')}, use all cores; by default they put all processes on one core
  --rounds <n>        the number of rounds, instead of each part's own
  --shards <n,n>      for the part host: the numbers of shards, instead of 10,100
  --save <name>       keep the figures in bench/results/<name>.json, with the chart beside it; parts and shapes that
                      are not measured now stay in that file as they were. Without it they go to
                      bench/.cache/last.json
  --show <name>       measure nothing: print the figures of that file, and draw its chart again
  --readme            measure nothing: write the figures of bench/results into both READMEs
  --check             exit with code 1 when a goal is missed
  --help`

const fail = (message) => {
  process.exitCode = 2
  console.error(`${message}\n\n${usage}`)
}

const options = {
  quick: { type: 'boolean', default: false },
  part: { type: 'string', multiple: true },
  shape: { type: 'string', multiple: true },
  peer: { type: 'string', multiple: true },
  before: { type: 'string' },
  'all-cores': { type: 'boolean', default: false },
  rounds: { type: 'string' },
  shards: { type: 'string' },
  save: { type: 'string' },
  show: { type: 'string' },
  readme: { type: 'boolean', default: false },
  check: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false }
}

const isCount = (text) => /^[1-9]\d*$/.test(text)

/** What is wrong with the options; null when nothing is. */
const complaint = ({ part = [], shape = [], peer = [], rounds, shards, save, show }) => {
  const noPart = part.find((name) => !PARTS.some((one) => one.name === name))
  if (noPart !== undefined) return `There is no part ${noPart}.`
  const noPeer = peer.find((name) => !Peers.names.includes(name))
  if (noPeer !== undefined) return `There is no peer ${noPeer}.`
  const noShape = shape.find((text) => Meter.parseShape(text) === null)
  if (noShape !== undefined) return `${noShape} is no shape: 1000x100 is 1000 records of 100 bytes.`
  if (rounds !== undefined && !isCount(rounds)) return `--rounds ${rounds}: a number from 1.`
  if (shards !== undefined && !shards.split(',').every(isCount)) return `--shards ${shards}: such as 10,100.`
  const noName = [save, show].find((name) => name !== undefined && !/^[\w.-]+$/.test(name))
  if (noName !== undefined) return `${noName}: letters, digits, dots and dashes, since it names a file.`
  if (show !== undefined && !Results.exists(show)) return `There is no bench/results/${show}.json.`
  return null
}

/** A shape is for the part `shapes`, so that who names one need not name the part. */
const chosenParts = ({ part, shape, quick }) => {
  const names = part ?? (shape === undefined ? undefined : ['shapes'])
  if (names !== undefined) return PARTS.filter(({ name }) => names.includes(name))
  return PARTS.filter(({ name, isOnRequest }) => (quick ? QUICK.includes(name) : isOnRequest !== true))
}

const print = ({ title, head, rows }) => console.log(`${title}\n\n${Table.render(head, rows)}\n`)

/** What a part may use, whichever it is. */
const contextOf = (chosen, folders, names) => ({
  quick: chosen.quick,
  shapes: chosen.shape,
  shards: chosen.shards?.split(',').map(Number),
  project: folders.now,
  base: [BASE, ...names.slice(OURS.length), US].find((name) => names.includes(name)),
  peers: {
    ...Object.fromEntries(names.map((name) => [name, Peers.inProject(name, folders.now)])),
    ...(folders.before === undefined ? {} : { [BEFORE]: Peers.inProject(US, folders.before) })
  }
})

const roundsOf = (part, { rounds, quick }) =>
  rounds === undefined ? part.rounds[quick ? 'quick' : 'full'] : Number(rounds)

/** @returns what was measured, with where and when; undefined where what the part needs is not here */
const measure = async (part, chosen, context) => {
  const rounds = roundsOf(part, chosen)
  const progress = (text) => console.error(`${part.name}: ${text}`)
  const run = () => part.run({ ...context, rounds, progress })
  const isOnOneCore = part.isOnOneCore === true && !chosen['all-cores']
  const measured = await (isOnOneCore ? Processes.onOneCore(run) : run())
  if (measured === null) return undefined
  console.log(`${Contest.heading(rounds)}\n`)
  part.tables(measured).forEach(print)
  return { taken: Results.stamp(), isOnOneCore, ...measured }
}

/** Measures the parts in turn; what is measured is kept at once. */
const measureAll = async (chosen) => {
  const configuration = 'handler: ./ignore.js\n'
  const folders = { now: await Project.make(configuration) }
  try {
    if (chosen.before !== undefined)
      folders.before = await Project.make(configuration, path.resolve(chosen.before))
    const names = Peers.install([
      ...OURS,
      ...(chosen.peer ?? Peers.names).filter((name) => !OURS.includes(name))
    ])
    const context = contextOf(chosen, folders, names)
    const kept = chosen.save === undefined ? {} : Results.load(chosen.save)
    const measured = {}
    for (const part of chosenParts(chosen)) {
      const found = await measure(part, chosen, context)
      const before = kept[part.name]
      measured[part.name] = found && before && part.merge ? part.merge(before, found) : found
      Results.save(chosen.save, { ...kept, ...measured })
    }
    return { parts: { ...kept, ...measured }, measured }
  } finally {
    Object.values(folders).forEach(Project.remove)
  }
}

const show = (name) => {
  const parts = Results.load(name)
  for (const part of PARTS.filter((one) => parts[one.name] !== undefined)) {
    const { taken, rounds } = parts[part.name]
    console.log(
      `${taken.date.slice(0, 10)}, ${taken.machine.cpu}, Node ${taken.versions.node}, ${rounds} rounds\n`
    )
    part.tables(parts[part.name]).forEach(print)
  }
  return { parts, measured: parts }
}

/** What bench/results has, as the READMEs show it. */
const writeReadmes = async () => {
  const prettier = await import('prettier')
  const files = { goals: Results.load('goals'), figures: Results.load('figures') }
  const write = async (name, change) => {
    const file = path.join(Project.root, name)
    const options = await prettier.resolveConfig(file)
    const text = change(fs.readFileSync(file, 'utf8'))
    fs.writeFileSync(file, await prettier.format(text, { ...options, filepath: file }))
    console.log(name)
  }
  await write('bench/README.md', (text) => Readme.withTables(text, Readme.allTables(files)))
  if (Headline.isComplete(files.goals))
    await write('README.md', (text) => Readme.withSentences(text, Headline.sentences(files.goals)))
}

const main = async () => {
  const { values: chosen } = parseArgs({ options })
  if (chosen.help) return console.log(usage)
  const wrong = complaint(chosen)
  if (wrong !== null) return fail(wrong)
  if (chosen.readme) return writeReadmes()
  if (process.platform !== 'linux') return fail('The figures come from /proc: this needs Linux.')
  const { parts, measured } = chosen.show === undefined ? await measureAll(chosen) : show(chosen.show)
  if (Headline.isComplete(parts)) print(Headline.table(parts))
  print(Goals.table(parts))
  const problems = [
    ...Goals.problems(measured),
    ...PARTS.flatMap((part) => (measured[part.name] === undefined ? [] : part.problems(measured[part.name])))
  ]
  for (const problem of problems) console.log(`MISSED ${problem}`)
  const files = Results.save(chosen.save ?? chosen.show, parts)
  console.log(`\n${files.map((file) => path.relative(process.cwd(), file)).join('\n')}`)
  if (chosen.check && problems.length > 0) process.exitCode = 1
}

main().catch((error) => {
  process.exitCode = 1
  console.error(error)
})
