'use strict'
/** The daemon's jars, fetched once by Maven and kept. */
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

/** Every version whose jars the package lists. */
const KNOWN = ['3.5.1', '3.1.3', '2.5.4']

/** The version that most scenarios run; `npm run test:daemon -- --kcl V` sets the variable. */
const CURRENT = process.env.TEST_KCL ?? '3.1.3'

/** What a scenario of several versions runs. */
const VERSIONS = CURRENT === '2.5.4' ? [CURRENT] : [CURRENT, '2.5.4']

const CACHE = path.join(__dirname, '..', '.cache')

/** The shipped project of a version that needs more than its own jars, else that of the tests. */
const pom = (version) => {
  const shipped = path.join(__dirname, '../../../../src/daemon/kcl', version, 'pom.xml')
  return fs.existsSync(shipped) ? shipped : path.join(__dirname, '..', 'kcl', version, 'pom.xml')
}
const folder = (version) => path.join(CACHE, version)
/** Written last, with the pom that it was made from: without it the folder may be half full. */
const marker = (version) => path.join(folder(version), 'complete')

const ready = (version) => {
  try {
    return fs.readFileSync(marker(version), 'utf8') === fs.readFileSync(pom(version), 'utf8')
  } catch {
    return false
  }
}

/** Out: what went wrong, or null when the jars of this version are in place. */
const fetch = (version) => {
  if (ready(version)) return null
  fs.rmSync(folder(version), { recursive: true, force: true })
  const { status, error } = spawnSync(
    'mvn',
    [
      '-B',
      '-q',
      '-f',
      pom(version),
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${folder(version)}`
    ],
    { stdio: ['ignore', 2, 2] }
  )
  if (status !== 0) return `mvn could not fetch KCL ${version}${error ? `: ${error.message}` : ''}`
  fs.copyFileSync(pom(version), marker(version))
  return null
}

const classpath = (version) =>
  fs
    .readdirSync(folder(version))
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => path.join(folder(version), name))
    .join(path.delimiter)

module.exports = { CURRENT, KNOWN, VERSIONS, classpath, fetch, ready }
