'use strict'
/**
 * `npm run build:java`: compiles src/daemon/java against the jars of KCL 3.5.1 to bytecode of Java 8, and writes
 * src/daemon/kclts-daemon.jar, which is committed, so that neither a build nor a user needs a compiler. Needs a JDK, 17 or
 * newer, and Maven for the jars.
 */
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const Jars = require('../../test/system/daemon/stage/Jars')

const ROOT = path.join(__dirname, '../..')
const SOURCES = path.join(ROOT, 'src/daemon/java')
const JAR = path.join(ROOT, 'src/daemon/kclts-daemon.jar')
const VERSION = '3.5.1'

const perform = (program, args, cwd) => {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} failed${error ? `: ${error.message}` : `:\n${stderr}`}`)
}

const filesUnder = (folder, end) =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .sort()

/** Compiles the sources into a folder. */
const compile = (folder) => {
  const problem = Jars.fetch(VERSION)
  if (problem !== null) throw new Error(problem)
  const sources = filesUnder(SOURCES, '.java').map((name) => path.join(SOURCES, name))
  const options = [
    '--release',
    '8',
    '-Xlint:-options',
    '-nowarn',
    '-proc:none',
    '-g:source,lines',
    '-encoding',
    'UTF-8'
  ]
  perform('javac', [...options, '-cp', Jars.classpath(VERSION), '-d', folder, ...sources])
}

/** The classes of a folder, by their names. */
const classesIn = (folder) =>
  Object.fromEntries(
    filesUnder(folder, '.class').map((name) => [
      name,
      fs.readFileSync(path.join(folder, name)).toString('base64')
    ])
  )

/** Calls back with an empty folder, which is removed afterwards. */
const within = (use) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-java-'))
  try {
    return use(folder)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** The classes that the compiler makes of the sources now. */
const compiled = () =>
  within((folder) => {
    compile(folder)
    return classesIn(folder)
  })

/** The classes in the jar, and the version of the JDK that made it. */
const committed = () =>
  within((folder) => {
    perform('jar', ['--extract', '--file', JAR], folder)
    const manifest = fs.readFileSync(path.join(folder, 'META-INF/MANIFEST.MF'), 'utf8')
    return { classes: classesIn(folder), jdk: Number(/^Created-By: (\d+)/m.exec(manifest)?.[1]) }
  })

/** The same classes give the same file. */
const write = () =>
  within((folder) => {
    compile(folder)
    const names = filesUnder(folder, '.class')
    const resources = filesUnder(SOURCES, '.interceptors').flatMap((name) => ['-C', SOURCES, name])
    perform('jar', ['--create', '--date=2000-01-01T00:00:00Z', '--file', JAR, ...names, ...resources], folder)
    console.log(`${path.relative(ROOT, JAR)}: ${names.length} classes, ${fs.statSync(JAR).size} bytes`)
  })

if (require.main === module) write()

module.exports = { committed, compiled }
