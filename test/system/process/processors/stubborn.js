'use strict'
/** Checkpoints at the first record of a batch, and once more when that fails; says on stderr what came of it. */
const kcl = require(process.argv[2]) // aws-kcl, or kclts/compat

const told = (problem, place) => process.stderr.write(`told ${problem} ${place}\n`)

kcl({
  initialize: (input, done) => done(),
  processRecords: ({ records, checkpointer }, done) => {
    const place = records[0].sequenceNumber
    checkpointer.checkpoint(place, (problem, where) => {
      told(problem, where)
      if (!problem) return done()
      checkpointer.checkpoint(place, (again, here) => {
        told(again, here)
        done()
      })
    })
  },
  leaseLost: (input, done) => done(),
  shardEnded: ({ checkpointer }, done) => checkpointer.checkpoint(() => done())
}).run()
