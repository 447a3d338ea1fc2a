'use strict'
/** Checkpoints and does not wait to hear of it. */
const kcl = require(process.argv[2]) // aws-kcl, or kclts/compat

kcl({
  initialize: (input, done) => done(),
  processRecords: ({ records, checkpointer }, done) => {
    checkpointer.checkpoint(records.at(-1).sequenceNumber)
    done()
  },
  leaseLost: (input, done) => done(),
  shardEnded: ({ checkpointer }, done) => {
    checkpointer.checkpoint(() => done())
  }
}).run()
