'use strict'
/**
 * A conversation of the daemon with `handlers/wire.js` as text: `>` the daemon, `<` the child, `= stored` what the lease
 * table was asked to keep, `! eof` and `! exit` the end. Of a record only its position is kept.
 */
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')

const wire = (stage) => {
  const file = path.join(stage.project.folder, 'wire.ndjson')
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

const has = (stage, dir, pattern = /^/) =>
  wire(stage).some((one) => one.dir === dir && pattern.test(one.line))

const LIMIT_MS = 60_000

/** Waits until the child has noted its exit, which may come after the end of the daemon. */
const left = async (stage) => {
  for (const end = Date.now() + LIMIT_MS; !has(stage, 'exit'); await sleep(20))
    if (Date.now() > end) throw new Error(`the child has not left after ${LIMIT_MS} ms`)
}

const short = (line) => {
  const message = JSON.parse(line)
  if (message.action !== 'processRecords') return line
  const records = message.records.map(({ sequenceNumber, subSequenceNumber }) => ({
    sequenceNumber,
    subSequenceNumber
  }))
  return JSON.stringify({ ...message, records, millisBehindLatest: null })
}

/** The first child alone: a shard that changes hands gets another one. */
const of = (stage, shard) => {
  const all = wire(stage)
  const mine = all.filter(({ pid }) => pid === all[0].pid)
  const lines = mine.map(({ dir, line }) =>
    dir === '>' ? `> ${short(line)}` : dir === '<' ? `< ${line}` : `! ${dir} ${line}`.trim()
  )
  return `${[...lines, ...stage.stored(shard).map((position) => `= stored ${position}`)].join('\n')}\n`
}

/** The same with the sequence numbers of the records replaced by their places. */
const numbered = (text) => {
  const numbers = [
    ...new Set([...text.matchAll(/"sequenceNumber":"(\d{40,})"/g)].map(([, number]) => number))
  ].sort()
  return numbers.reduce((rest, number, index) => rest.replaceAll(number, `#${index}`), text)
}

module.exports = { has, left, numbered, of }
