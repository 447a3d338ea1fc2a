'use strict'
/** How the soaks read their command line, run one step after the other, and tell of them. */
const { setTimeout: sleep } = require('node:timers/promises')

const count = (n) => n.toLocaleString('en-US')
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`
const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`
const minutes = (ms) => `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`

const PROBLEMS_SHOWN = 20

const show = (problems) => {
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) console.log(`    ${problem}`)
  if (problems.length > PROBLEMS_SHOWN) console.log(`    and ${count(problems.length - PROBLEMS_SHOWN)} more`)
}

/** A step has limits for all that it waits for, and takes about 8 s: one that takes longer than this hangs. */
const LIMIT_MS = 300_000

const hanging = () => ({ problems: [`it took longer than ${LIMIT_MS / 1000} s`], told: null })

/**
 * Runs one step, which gives its problems and what it tells, and tells of it by `line(told, milliseconds)`.
 * Out: what it told, or null when it failed.
 */
const perform = async (title, step, line) => {
  const began = Date.now()
  const late = sleep(LIMIT_MS, undefined, { ref: false }).then(hanging)
  const { problems, told } = await Promise.race([step(), late]).catch((problem) => ({
    problems: [problem.stack],
    told: null
  }))
  const figures = told === null ? '' : line(told, Date.now() - began)
  console.log(`${title}: ${figures}${problems.length === 0 ? '' : ': FAILED'}`)
  show(problems)
  return problems.length === 0 ? told : null
}

/** Tells that nothing was run. Out: the exit code. */
const skip = (what, lacks, isRequired) => {
  const words = `${what}: ${lacks.join(', ')}`
  console.log(isRequired ? `REQUIRED and not run: ${words}` : `SKIPPED ${words}`)
  console.log(isRequired ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped')
  return isRequired ? 1 : 0
}

/** Until `test()`, asked again after each pause, is truthy; out: that value, or null after so many milliseconds. */
const within = async (limit, test, pause = 25) => {
  for (const end = Date.now() + limit; ; await sleep(pause)) {
    const found = await test()
    if (found) return found
    if (Date.now() > end) return null
  }
}

/** What a soak's command line has. */
const options = {
  rounds: { type: 'string', default: '20' },
  kcl: { type: 'string', default: '3.1.3' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' }
}

/** Throws, with the usage, what is no whole number of `low` or more. */
const wholeNumber = (usage, flag, text, low) => {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < low)
    throw new Error(`--${flag}: found ${text}, expected a whole number of ${low} or more\n\n${usage}`)
  return number
}

/** Throws, with the usage, what is none of these. */
const oneOf = (usage, flag, text, known) => {
  if (!known.includes(text))
    throw new Error(`--${flag}: found ${text}, expected ${known.join(' or ')}\n\n${usage}`)
  return text
}

/** Ends the process by what `main` gives: its exit code. */
const end = (main) =>
  main().then(
    // What hangs in a round that failed does not keep the process.
    (code) => (code === 0 ? undefined : process.exit(code)),
    (problem) => {
      process.exitCode = 1
      console.error(problem.message)
      console.log('0 passed, 1 failed, 0 skipped')
    }
  )

module.exports = { count, end, minutes, oneOf, options, perform, plural, seconds, skip, wholeNumber, within }
