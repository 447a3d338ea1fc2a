'use strict'
// `npm test`: every check of this repository, one line each. It needs Node alone and installs the rest from npm.
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { perform } = require('./run/perform')
const { schedule } = require('./run/schedule')
const { steps } = require('./run/steps')

const root = path.join(__dirname, '..')

const usage = `Usage: npm test -- [--only <step>]... [--built] [--list]

  --only <step>   run this step and the steps that it needs, and print all their output; may be repeated
  --built         with --only: do not run the steps that it needs, since they have been run
  --list          list the steps and exit`

/** The chosen steps and all that they need, in the order of the list. */
const withNeeds = (chosen) => {
  const wanted = new Set(chosen)
  for (const step of [...steps].reverse()) {
    if (wanted.has(step.name)) step.needs.forEach((need) => wanted.add(need))
  }
  return steps.filter((step) => wanted.has(step.name))
}

const chosenBy = ({ only, built }) => {
  if (only === undefined) return steps
  return built ? steps.filter(({ name }) => only.includes(name)) : withNeeds(only)
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

const indented = (text) => text.replace(/^/gm, '    ')

const LINES_SHOWN = 120

/** The end of a failed step's output, and where the whole is. */
const failure = (step, { output, ms }) => {
  const lines = output.trim().split('\n')
  const cut = lines.length > LINES_SHOWN ? [`... the whole is in .build/logs/${step.name}.log`] : []
  const again = ms > 0 ? ['', `again: npm test -- --only ${step.name}`] : []
  return [...cut, ...lines.slice(-LINES_SHOWN), ...again].join('\n')
}

const report = (step, result, verbose) => {
  const mark = result.failed > 0 ? 'FAILED' : result.skipped > 0 ? 'ok, but skipped' : 'ok'
  const count = result.skipped > 0 ? `${mark} ${result.skipped}` : mark
  console.log(`${count} (${result.passed + result.failed + result.skipped} checked, ${seconds(result.ms)})`)
  for (const skip of result.skips) console.log(`    SKIPPED ${skip}`)
  if (result.failed > 0) console.log(`\n${indented(failure(step, result))}\n`)
  else if (verbose) console.log(indented(result.output.trim()))
}

/** Steps at work at once. Most use one core or wait; those of many files use all cores by themselves. */
const AT_ONCE = Math.min(4, Math.max(2, os.availableParallelism()))

/** Runs the steps, and reports them in the order of the list. */
const runAll = async (chosen, verbose) => {
  const total = { passed: 0, failed: 0, skipped: 0 }
  const results = schedule(chosen, AT_ONCE, (step) => perform(root, step))
  for (const step of chosen) {
    process.stdout.write(`${step.title.padEnd(62, '.')} `)
    const result = await results.get(step.name)
    report(step, result, verbose.has(step.name))
    total.passed += result.passed
    total.failed += result.failed
    total.skipped += result.skipped
  }
  return total
}

const main = async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      built: { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' }
    }
  })
  if (values.help) return console.log(usage)
  if (values.list) return steps.forEach((step) => console.log(`${step.name.padEnd(12)} ${step.title}`))
  const unknown = (values.only ?? []).filter((name) => !steps.some((step) => step.name === name))
  if (unknown.length > 0)
    throw new Error(`no such step: ${unknown.join(', ')}. npm test -- --list names them.`)

  const started = Date.now()
  const total = await runAll(chosenBy(values), new Set(values.only))
  process.exitCode = total.failed > 0 ? 1 : 0
  console.log(`\n${seconds(Date.now() - started)} on Node ${process.versions.node}`)
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
}

main().catch((error) => {
  process.exitCode = 1
  console.error(error instanceof Error ? error.message : error)
})
