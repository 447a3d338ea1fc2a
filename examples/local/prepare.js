'use strict'
/** What is installed, built and fetched before anything starts. */
const path = require('node:path')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { text } = require('node:stream/consumers')
const { isInstalled } = require('../../tools/run/installed')
const Needs = require('./needs')

const ROOT = path.join(__dirname, '../..')
const SERVICES = path.join(__dirname, 'services')
const BIN = path.join(ROOT, 'dist/bin.js')

/** Says what is done, and how long it took. */
const step = async (title, f) => {
  const began = Date.now()
  process.stdout.write(`${title} ... `)
  const result = await f()
  console.log(`${((Date.now() - began) / 1000).toFixed(1)} s`)
  return result
}

/** Runs a program to its end; what it prints is shown only if it fails. Ctrl-C reaches it, too. */
const perform = async (program, args, cwd) => {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close')
  ])
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed\n${output}${errors}`)
}

const install = (folder) => perform('npm', ['ci'], folder)

/** In: `built`, true if the package is built already; `services`, true if only the emulators will be started. */
const prepare = async ({ built, services }) => {
  if (!isInstalled(ROOT)) await step('Installing what the package needs', () => install(ROOT))
  if (!isInstalled(SERVICES)) await step('Installing the emulators', () => install(SERVICES))
  if (services) return
  if (!built) await step('Building', () => perform('npm', ['run', 'build'], ROOT))
  if (!Needs.hasJars(process.env))
    await step("Fetching the jars of Amazon's daemon, once", () =>
      perform(process.execPath, [BIN, 'jars', 'fetch'], __dirname)
    )
}

module.exports = { BIN, SERVICES, prepare, step }
