'use strict'
/** A user's project in a folder of its own: a handler, a configuration, and kclts as npm would link it. */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const Project = require('../../../../tools/project')

const HANDLERS = path.join(__dirname, '..', 'handlers')

/** NDJSON as values. A line that is still being written is left out. */
const lines = (file) => {
  if (!fs.existsSync(file)) return []
  const text = fs.readFileSync(file, 'utf8')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

/**
 * What handlers/see.js has noted, as values. Each note begins and ends with a line break, so a blank line follows each one that is
 * whole; none follows what a process had written of its note when it was killed.
 */
const notes = (file) => {
  if (!fs.existsSync(file)) return []
  const isWhole = (line, index, all) => line !== '' && all[index + 1] === ''
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter(isWhole)
    .map((line) => JSON.parse(line))
}

/**
 * In: the name of a handler in test/system/daemon/handlers, the configuration beside `handler` (written as JSON, which is YAML),
 * and the folder to make the project in. Out: the folder; the daemon's `executableName`; and what the handler saw so far, in the order of its
 * writes: `{ pid, shard, seq, sub, key, data }`, data as text.
 */
const create = (handler, configuration, within = os.tmpdir()) => {
  const configured = `${JSON.stringify({ handler: `./${handler}.js`, ...configuration })}\n`
  const folder = Project.make({ 'kcl.config.yaml': configured }, within)
  Project.install(folder)
  for (const name of [`${handler}.js`, 'see.js'])
    fs.copyFileSync(path.join(HANDLERS, name), path.join(folder, name))
  const child = path.join(folder, 'node_modules/.bin/kclts-child')
  return {
    folder,
    executableName: `${child} --config ${path.join(folder, 'kcl.config.yaml')}`,
    seen: () => notes(path.join(folder, 'seen.ndjson')),
    deadLetters: () => lines(path.join(folder, 'dead-letters.ndjson')),
    remove: () => fs.rmSync(folder, { recursive: true, force: true })
  }
}

module.exports = { create }
