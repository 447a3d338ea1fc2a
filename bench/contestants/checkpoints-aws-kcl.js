'use strict'
// A checkpoint every so many records, awaited, as in the samples of Amazon's port. 0: none.
const kcl = require('aws-kcl')

const count = Number(process.argv[2])

const cell = new Int32Array(new SharedArrayBuffer(4))

const store = (checkpointer, sequenceNumber) =>
  new Promise((resolve) => checkpointer.checkpoint(sequenceNumber, resolve))

let finished = 0

const handle = async ({ records, checkpointer }) => {
  for (const { sequenceNumber } of records) {
    Atomics.wait(cell, 0, 0, 0.25)
    finished += 1
    if (count > 0 && finished % count === 0) await store(checkpointer, sequenceNumber)
  }
}

kcl({
  initialize: (_input, done) => done(),
  processRecords: (input, done) => void handle(input).then(() => done()),
  leaseLost: (_input, done) => done(),
  shardEnded: (_input, done) => done(),
  shutdownRequested: (_input, done) => done()
}).run()
