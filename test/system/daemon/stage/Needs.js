'use strict'
/** What must be on this machine to run Amazon's daemon, and what is fetched for it. */
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const Jars = require('./Jars')

const ROOT = path.join(__dirname, '..', '..', '..', '..')

const JAVA = 17

/** What is not on this machine, in words. Maven is not missed once it has fetched the jars. */
const missing = (versions) => {
  const asked = spawnSync('java', ['-version'], { encoding: 'utf8' })
  const java = Number(/version "(\d+)/.exec(asked.stderr ?? '')?.[1] ?? 0)
  const maven = versions.every(Jars.ready) || spawnSync('mvn', ['-version']).status === 0
  return [
    ...(java === 0
      ? ['java is missing']
      : java < JAVA
        ? [`java is ${java}, ${JAVA} or newer is needed`]
        : []),
    ...(maven ? [] : ['mvn is missing'])
  ]
}

const perform = (program, args, cwd) => {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
}

/** Installs the packages of a folder, unless they are there: npm writes its own lockfile last. */
const install = (name) => {
  const folder = path.join(ROOT, name)
  const file = path.join(folder, 'node_modules', '.package-lock.json')
  const isThere =
    fs.existsSync(file) &&
    fs.statSync(file).mtimeMs >= fs.statSync(path.join(folder, 'package-lock.json')).mtimeMs
  if (!isThere) perform('npm', ['ci'], folder)
}

/** Fetches the emulators and the jars. Throws, with a sentence, where it cannot. */
const prepare = (versions) => {
  install('test/system/daemon')
  install('examples/local/services')
  for (const version of versions) {
    const problem = Jars.fetch(version)
    if (problem !== null) throw new Error(problem)
  }
}

/** The package, which the children run. */
const build = () => perform('npm', ['run', 'build'], ROOT)

module.exports = { build, install, missing, prepare }
