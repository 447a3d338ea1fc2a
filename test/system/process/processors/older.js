'use strict'
/** Of the time before leaseLost and shardEnded: a checkpoint at the end of each batch, whatever comes of it. */
const kcl = require(process.argv[2]) // aws-kcl, or kclts/compat

function Processor() {
  this.seen = 0
}
Processor.prototype.initialize = function (input, done) {
  this.shard = input.shardId
  done()
}
Processor.prototype.processRecords = function (input, done) {
  this.seen += input.records.length
  const last = input.records[input.records.length - 1]
  if (last === undefined) return done()
  input.checkpointer.checkpoint(last.sequenceNumber, () => done())
}
Processor.prototype.shutdownRequested = function (input, done) {
  input.checkpointer.checkpoint(() => done())
}
Processor.prototype.shutdown = function (input, done) {
  if (input.reason !== 'TERMINATE') return done()
  input.checkpointer.checkpoint(() => done())
}

kcl(new Processor()).run()
