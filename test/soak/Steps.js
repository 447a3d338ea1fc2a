'use strict'
/** The steps of a soak: each has a limit, is told in a line, and ends the soak when it failed. */
const { setTimeout: sleep } = require('node:timers/promises')

const count = (n) => n.toLocaleString('en-US')
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`
const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`

const PROBLEMS_SHOWN = 20

const show = (problems) => {
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) console.log(`    ${problem}`)
  if (problems.length > PROBLEMS_SHOWN) console.log(`    and ${count(problems.length - PROBLEMS_SHOWN)} more`)
}

/** A step has limits for all that it waits for, and takes about 8 s: one that takes longer than this hangs. */
const LIMIT_MS = 300_000

const hanging = () => ({ problems: [`it took longer than ${LIMIT_MS / 1000} s`], told: null })

/** Runs one step and tells of it. Out: what it told, or null when it failed. */
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

/** The value of a flag, or an error that ends with the usage. */
const wholeNumber = (usage, flag, text, low) => {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < low)
    throw new Error(`--${flag}: found ${text}, expected a whole number of ${low} or more\n\n${usage}`)
  return number
}

module.exports = { count, perform, plural, seconds, wholeNumber }
