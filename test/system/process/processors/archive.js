'use strict'
/** Keeps records until it has four of them, writes them out together, later, and checkpoints at the last: one at a time. */
const kcl = require(process.argv[2]) // aws-kcl, or kclts/compat

const held = []
let writing = Promise.resolve()

/** Writes what is held, then checkpoints at its last record; calls back with an error or nothing. */
const flush = (checkpointer, done) => {
  const last = held.at(-1)
  held.length = 0
  writing = writing
    .then(() => new Promise((resolve) => setImmediate(resolve)))
    .then(
      () =>
        new Promise((resolve) =>
          checkpointer.checkpoint(last === undefined ? null : last.sequenceNumber, (problem) => {
            done(problem)
            resolve()
          })
        )
    )
}

kcl({
  initialize: (input, done) => setImmediate(done),
  processRecords: ({ records, checkpointer }, done) => {
    let open = records.length
    const finish = () => {
      open -= 1
      if (open === 0) done()
    }
    if (open === 0) return done()
    for (const record of records) {
      held.push(record)
      if (held.length >= 4) flush(checkpointer, finish)
      else finish()
    }
  },
  leaseLost: (input, done) => done(),
  shardEnded: ({ checkpointer }, done) => flush(checkpointer, done)
}).run()
