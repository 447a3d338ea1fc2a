'use strict'
// Runs one step's commands and says what they counted.
const fs = require('node:fs')
const path = require('node:path')
const { spawn } = require('node:child_process')
const counts = require('./counts')

/** For what never ends: beside other steps, on a machine at work, a step takes minutes. */
const LIMIT_MS = 900_000

/** Runs a command with its output in `log`; gives its exit code, or the words that say why it has none. */
const run = (root, [program, ...args], log) =>
  new Promise((resolve) => {
    // A file, not a pipe: a grandchild that outlives the command cannot keep the step from ending.
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', log, log],
      timeout: LIMIT_MS,
      env: {
        ...process.env,
        PATH: [path.dirname(process.execPath), path.join(root, 'node_modules/.bin'), process.env.PATH].join(
          path.delimiter
        ),
        NO_COLOR: '1',
        FORCE_COLOR: undefined
      }
    })
    child.once('error', (error) => resolve(`${program} did not start: ${error.message}`))
    child.once('exit', (code, signal) =>
      resolve(
        signal === null ? code : `${program} was ended by ${signal} (the limit is ${LIMIT_MS / 1000} s)`
      )
    )
  })

/** Whether a command ended well; the words that say why it has no exit code go to the log. */
const isWell = async (root, command, log) => {
  const ended = await run(root, command, log)
  if (typeof ended === 'string') fs.writeSync(log, `\n${ended}\n`)
  return ended === 0
}

/** Whether all commands of a step ended well: in turn, up to the first that fails, or all together. */
const runCommands = async (root, { together = false }, commands, log) => {
  if (together) {
    const ends = await Promise.all(commands.map((command) => isWell(root, command, log)))
    return ends.every(Boolean)
  }
  for (const command of commands) if (!(await isWell(root, command, log))) return false
  return true
}

/** A step's result: what it counted, what was skipped, its output and how long it took. */
const perform = async (root, step) => {
  const started = Date.now()
  fs.mkdirSync(path.join(root, '.build/logs'), { recursive: true })
  const file = path.join(root, '.build/logs', `${step.name}.log`)
  const log = fs.openSync(file, 'w')
  let ok
  try {
    ok = await runCommands(root, step, step.commands(root), log)
  } catch (error) {
    fs.writeSync(log, `${error instanceof Error ? error.message : error}\n`)
    ok = false
  } finally {
    fs.closeSync(log)
  }
  const output = fs.readFileSync(file, 'utf8')
  const counted = step.counts ? counts.ofRunner(output, ok) : counts.ofCheck(ok)
  return { ...counted, output: counted.why ? `${output}\n${counted.why}` : output, ms: Date.now() - started }
}

module.exports = { perform }
