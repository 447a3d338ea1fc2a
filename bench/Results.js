'use strict'
/** What was measured, where, when and of which versions, as a file of JSON; and the chart beside it. */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const Chart = require('./Chart')
const Peers = require('./Peers')

const FOLDER = path.join(__dirname, 'results')

/** Runs that nobody has asked to keep. */
const LAST = path.join(__dirname, '.cache/last')

const fileOf = (name) => (name === undefined ? LAST : path.join(FOLDER, name))

const machine = () => ({
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores: os.cpus().length,
  memory: `${(os.totalmem() / 1e9).toFixed(1)} GB`,
  system: `${os.type()} ${os.release()}`
})

/** Where and when a part was measured, and what. */
const stamp = () => ({ date: new Date().toISOString(), machine: machine(), versions: Peers.versions() })

/** Four digits are more than any figure here deserves. */
const rounded = (_key, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value

const exists = (name) => fs.existsSync(`${fileOf(name)}.json`)

/** Whatever has no parts of its own is on one line, so that a file is not mostly white space. */
const textOf = (parts) =>
  `${JSON.stringify({ parts }, rounded, 2).replace(/\{[^{}]*\}/g, (leaf) => leaf.replace(/\s+/g, ' '))}\n`

/** @returns the parts by name; none where the file is not there */
const load = (name) => (exists(name) ? JSON.parse(fs.readFileSync(`${fileOf(name)}.json`, 'utf8')).parts : {})

const caption = ({ rounds, taken: { date, machine: on, versions } }) =>
  `${on.cpu}, ${on.cores} cores, Node ${versions.node}, kclts ${versions.kclts} (${versions.commit}), ` +
  `${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${date.slice(0, 10)}; lines: 10 to 90 % of the turns`

/**
 * Writes the parts, and the chart when all that it shows is among them.
 *
 * @returns the files
 */
const save = (name, parts) => {
  const file = fileOf(name)
  const text = textOf(parts)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(`${file}.json`, text)
  const { shapes } = JSON.parse(text).parts
  if (shapes === undefined || !Chart.isComplete(shapes)) return [`${file}.json`]
  // From the figures as they are kept, so that the same chart can be drawn again from them.
  fs.writeFileSync(`${file}.svg`, Chart.draw(shapes, caption(shapes)))
  return [`${file}.json`, `${file}.svg`]
}

module.exports = { caption, exists, load, save, stamp }
