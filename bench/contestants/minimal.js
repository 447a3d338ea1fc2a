'use strict'
// The least that a child in Node can be: JSON.parse and nothing else. It knows no failure, no checkpoint, no signal and
// no configuration. Its argument: what to do with a record.
const works = require('./works')

const name = process.argv[2]
const work = works[name]

const act = (line) => {
  const { action, records } = JSON.parse(line)
  if (records !== undefined && name !== 'ignore') for (const record of records) work(record)
  process.stdout.write(`\n{"action":"status","responseFor":"${action}"}\n`)
}

let parts = []
process.stdin.on('data', (chunk) => {
  let from = 0
  for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
    parts.push(chunk.subarray(from, end))
    act(Buffer.concat(parts).toString())
    parts = []
    from = end + 1
  }
  if (from < chunk.length) parts.push(chunk.subarray(from))
})
