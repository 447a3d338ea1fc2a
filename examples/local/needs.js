'use strict'
/** What this machine lacks to run Amazon's daemon, and how to get it. */
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const JAVA = 17

const WITHOUT = `Without Java there is \`npm run demo\`, which plays the daemon; with containers there is examples/local/compose.yaml.`

const HOW = {
  java: [
    'Debian, Ubuntu   sudo apt-get install openjdk-17-jre-headless',
    'Fedora           sudo dnf install java-21-openjdk-headless',
    'Alpine           sudo apk add openjdk17-jre-headless',
    'macOS            brew install openjdk@21'
  ],
  maven: [
    'Debian, Ubuntu   sudo apt-get install maven',
    'Fedora           sudo dnf install maven',
    'Alpine           sudo apk add maven',
    'macOS            brew install maven'
  ]
}

const lack = (what, how) => [what, ...how.map((line) => `  ${line}`)].join('\n')

/** The major version of a program's Java; 0 when Java is not installed. */
const javaVersion = (env) =>
  Number(
    /version "(\d+)/.exec(spawnSync('java', ['-version'], { encoding: 'utf8', env }).stderr ?? '')?.[1] ?? 0
  )

const ofJava = (env) => {
  const version = javaVersion(env)
  if (version >= JAVA) return []
  const found = version === 0 ? 'Java is missing' : `Java is ${version}`
  return [lack(`${found}: Amazon's daemon needs Java ${JAVA} or newer.`, HOW.java)]
}

const ofMaven = (env) =>
  spawnSync('mvn', ['-version'], { env }).status === 0
    ? []
    : [lack("Maven is missing: it fetches the jars of Amazon's daemon, once.", HOW.maven)]

/** Where `kclts jars fetch` keeps them, each version in a folder that has a file `complete` once it is whole. */
const jarFolders = ({ XDG_CACHE_HOME, HOME }) => {
  const cache = path.join(XDG_CACHE_HOME || path.join(HOME || os.homedir(), '.cache'), 'kclts')
  return fs.existsSync(cache) ? fs.readdirSync(cache).map((name) => path.join(cache, name)) : []
}

const hasJars = (env) =>
  env.KCLTS_DAEMON_CLASSPATH !== undefined ||
  jarFolders(env).some((folder) => fs.existsSync(path.join(folder, 'complete')))

/** Sentences for a person; none where nothing is missing. */
const missing = ({ platform, env }) => {
  if (platform === 'win32')
    return ["kclts run hands pipes to Amazon's daemon with a POSIX shell: on Windows, use WSL.", WITHOUT]
  const lacks = [...ofJava(env), ...(hasJars(env) ? [] : ofMaven(env))]
  return lacks.length === 0 ? [] : [...lacks, WITHOUT]
}

module.exports = { hasJars, missing }
