'use strict'
/**
 * Takes its time for a record and then notes that it is finished, in one write: it stays whatever becomes of the process. One
 * that is killed in that write leaves a part of its line: each line begins with a line break, and ends with a point.
 */
const fs = require('node:fs')
const path = require('node:path')
const { threadId } = require('node:worker_threads')
const { ack } = require('kclts')

const notes = fs.openSync(path.join(__dirname, 'notes'), 'a')
const pace = Number(process.env.SOAK_PACE)
const still = new Int32Array(new SharedArrayBuffer(4))

exports.handler = ({ shardId, sequenceNumber, subSequenceNumber }) => {
  if (pace > 0) Atomics.wait(still, 0, 0, pace)
  fs.writeSync(notes, `\n${process.pid}.${threadId} ${shardId} ${sequenceNumber} ${subSequenceNumber} .\n`)
  return ack()
}
