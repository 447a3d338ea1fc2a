'use strict'
/** The samples of a run, for people. */
const { count, plural } = require('../Steps')
const { shown } = require('./Judge')

const mb = (number) => (number === null ? '?' : `${shown(number)} MB`)

const clock = (s) => {
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  return `${hours}:${String(minutes).padStart(2, '0')} h`
}

const PROCESSES = [
  ['JVM', 'jvmCpu'],
  ['host', 'nodeCpu'],
  ['tool and emulators', 'toolCpu']
]

/** The processor time of each process between two samples, in percent of one core. */
const cpu = (from, to) =>
  PROCESSES.map(([name, key]) => {
    const isKnown = from[key] !== null && to[key] !== null && to.s > from.s
    return `${name} ${isKnown ? shown((100 * (to[key] - from[key])) / (to.s - from.s)) : '?'}%`
  }).join(', ')

/** In: a sample, and an earlier one, or the same one. Out: a line. */
const progress = (sample, before) =>
  `${clock(sample.s)}: JVM RSS ${mb(sample.jvmRss)}, old generation ${mb(sample.old)}, metaspace ${mb(sample.metaspace)}, ` +
  `${sample.threads ?? '?'} threads; host RSS ${mb(sample.nodeRss)}, heap ${mb(sample.nodeHeap)}; emulators ${mb(sample.toolRss)}; ` +
  `${plural(sample.put, 'record')} put, ${count(sample.behind)} waiting; CPU ${cpu(before, sample)}`

const HEAD = ['', 'first window', 'last window', 'an hour', 'maximum']

const cells = ({ title, unit, first, last, slope, most }) => [
  unit === '' ? title : `${title}, ${unit}`,
  ...[first, last, slope, most].map((number) => (number === null ? '?' : shown(number)))
]

const aligned = (rows) => {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')
  )
}

const spans = ([from, to]) => `${clock(from)} to ${clock(to)}`

/** In: what Judge.summarize gives, and the samples. Out: lines: the medians of both windows, the growth, the maximum. */
const summary = ({ windows, rows }, samples) => [
  `medians of the first window (${spans(windows.first)}) and the last window (${spans(windows.last)}), growth an hour, maximum:`,
  ...aligned([HEAD, ...rows.map(cells)]),
  `CPU since the first sample, of one core: ${cpu(samples[0], samples.at(-1))}`
]

module.exports = { progress, summary }
