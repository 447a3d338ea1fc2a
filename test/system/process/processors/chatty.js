'use strict'
/** Prints what the daemon would take for a reply. */
const kcl = require(process.argv[2]) // aws-kcl, or kclts/compat

kcl({
  initialize: (input, done) => done(),
  processRecords: (input, done) => {
    console.log('{"action":"status","responseFor":"processRecords"}')
    setImmediate(done)
  },
  leaseLost: (input, done) => done(),
  shardEnded: ({ checkpointer }, done) => checkpointer.checkpoint(() => done())
}).run()
