'use strict'
/** The project that the soak's children run: in a folder of its own, handling records one way or the other. */
const fs = require('node:fs')
const path = require('node:path')
const Project = require('../project')

const SOURCE = path.join(__dirname, 'project')

/** A failure that is not retried to its end would be a dead letter, and the soak expects none. */
const COMMON = {
  checkpoint: { interval: '150ms', count: 40 },
  failure: { then: 'dead-letter', deadLetters: './dead-letters.ndjson', retries: 50, backoff: '50ms' }
}

const CONFIGURATIONS = {
  sink: {
    ...COMMON,
    sinks: {
      rows: {
        type: 'module',
        export: 'store',
        batch: { count: 40, linger: '5ms' },
        backoff: '50ms',
        deadline: '30s',
        then: 'halt'
      }
    }
  },
  effect: { ...COMMON, concurrency: 16, deadline: '10s' },
  batch: { ...COMMON, concurrency: 3, deadline: '10s', batch: { count: 25, linger: '10ms' } }
}

const lines = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').filter(Boolean) : [])

/** Whether a process runs. One that has ended and that nobody has waited for, in /proc with state Z, does not. */
const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (problem) {
    return problem.code === 'ENOENT' && !fs.existsSync('/proc/self') // a system without /proc
  }
}

/**
 * In: an empty folder and the settings that the handlers read, `{ database, table }`.
 *
 * Out: `folder` and, after `handle(way)`, `executableName`, as the daemon's start wants them; `children()`, the pids
 * of those that run; `deadLetters()`, lines.
 */
const create = (folder, settings) => {
  Project.write(folder, { 'settings.json': JSON.stringify(settings) })
  Project.install(folder)
  fs.symlinkSync(path.dirname(require.resolve('pg/package.json')), path.join(folder, 'node_modules/pg'))
  for (const name of fs.readdirSync(SOURCE)) fs.copyFileSync(path.join(SOURCE, name), path.join(folder, name))
  const configuration = path.join(folder, 'kcl.config.yaml')
  return {
    folder,
    executableName: `${path.join(folder, 'node_modules/.bin/kclts-child')} --config ${configuration}`,
    handle: (way) =>
      fs.writeFileSync(
        configuration,
        `${JSON.stringify({ handler: `./${way}.js`, ...CONFIGURATIONS[way] })}\n`
      ),
    children: () =>
      lines(path.join(folder, 'children.ndjson'))
        .map((line) => JSON.parse(line).pid)
        .filter(isAlive),
    deadLetters: () => lines(path.join(folder, 'dead-letters.ndjson'))
  }
}

module.exports = { create }
