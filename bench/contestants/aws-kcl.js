'use strict'
// Amazon's port for Node. Its arguments: what to do with a record; a checkpoint every so many records and every so many
// seconds, 0 for none, awaited as in its samples, which go on when one fails.
const kcl = require('aws-kcl')
const works = require('./works')

const [name = 'ignore', count = 0, seconds = 0] = process.argv.slice(2)
const work = works[name]
const every = Number(count)
const interval = Number(seconds) * 1000

const store = (checkpointer, sequenceNumber) =>
  new Promise((resolve) => checkpointer.checkpoint(sequenceNumber, resolve))

let finished = 0
let last = Date.now()

const isDue = () => interval > 0 && Date.now() - last >= interval

const handle = async ({ records, checkpointer }) => {
  for (const record of records) {
    work(record)
    finished += 1
    if (every > 0 && finished % every === 0) await store(checkpointer, record.sequenceNumber)
  }
  if (!isDue()) return
  await store(checkpointer, records.at(-1).sequenceNumber)
  last = Date.now()
}

/** Nothing to wait for: done at once, which is the fastest that this port can be. */
const handleAtOnce = ({ records }, done) => {
  if (name !== 'ignore') for (const record of records) work(record)
  done()
}

const isWaiting = every > 0 || interval > 0

kcl({
  initialize: (_input, done) => done(),
  processRecords: (input, done) =>
    isWaiting ? void handle(input).then(() => done()) : handleAtOnce(input, done),
  leaseLost: (_input, done) => done(),
  shardEnded: (_input, done) => done(),
  shutdownRequested: (_input, done) => done()
}).run()
