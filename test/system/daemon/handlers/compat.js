'use strict'
/** A processor as it is written for aws-kcl, of the kind that Amazon's samples show; only the import differs. */
const kcl = require('kclts/compat')
const { see } = require('./see')

let shardId

const recordProcessor = {
  initialize(input, complete) {
    shardId = input.shardId
    complete()
  },
  processRecords(input, complete) {
    for (const record of input.records) see({ ...record, shardId, data: Buffer.from(record.data, 'base64') })
    console.log(null)
    const last = input.records[input.records.length - 1]
    if (last === undefined) return complete()
    input.checkpointer.checkpoint(last.sequenceNumber, (error) => complete(error))
  },
  leaseLost(_input, complete) {
    complete()
  },
  shardEnded(input, complete) {
    input.checkpointer.checkpoint(() => complete())
  },
  shutdownRequested(input, complete) {
    input.checkpointer.checkpoint(() => complete())
  }
}

kcl(recordProcessor).run()
