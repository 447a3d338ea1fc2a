'use strict'
// `npm run mutate`: breaks each rule of the fold once, and shows the test that notices.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { examine } = require('./mutate/Mutant')
const { mutations, sample } = require('./mutate/mutations')

const usage = `Usage: npm run mutate -- [--quick] [--only TEXT]

  --quick      a sample of eight
  --only TEXT  the mutations whose rule or file has this text`

/** The same random conversations for each mutant, so that a survivor survives again. */
const ENV = { KCLTS_RUNS: '250', KCLTS_SEED: '20260101' }

const QUICK = 8
const AT_ONCE = 2

const chosen = ({ quick, only }) => {
  const list = quick ? sample(QUICK) : mutations
  return only === undefined ? list : list.filter(({ rule, file }) => `${file} ${rule}`.includes(only))
}

const line = ({ file, rule }, { problem, killedBy }) => {
  const [mark, why] =
    problem !== undefined
      ? ['NO FIT', problem]
      : killedBy === null
        ? ['SURVIVED', 'no test fails']
        : ['killed', killedBy]
  return `${mark.padEnd(9)} ${path.basename(file, '.ts').padEnd(12)} ${rule.padEnd(72)} ${why}`
}

const examineAll = async (list, folder) => {
  const waiting = list.map((mutation, index) => ({ mutation, index }))
  let alive = 0
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await examine(next.mutation, path.join(folder, String(next.index)), ENV)
      if (typeof result.killedBy !== 'string') alive += 1
      console.log(line(next.mutation, result))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return alive
}

const main = async () => {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h' }
    }
  })
  if (values.help) return console.log(usage)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-mutate-'))
  try {
    const whole = await examine(null, path.join(folder, 'whole'), ENV)
    if (whole.killedBy !== null) throw new Error(`without a mutation a test fails already: ${whole.killedBy}`)
    const list = chosen(values)
    const alive = await examineAll(list, folder)
    console.log(`${list.length - alive} passed, ${alive} failed`)
    process.exitCode = alive > 0 || list.length === 0 ? 1 : 0
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

main().catch((error) => {
  process.exitCode = 1
  console.error(error)
})
