'use strict'
/**
 * Notes a record beside the handler, in one write: it stays whatever becomes of the process afterwards. A process that is killed
 * in that write leaves a part of its line, so each note begins with a line break of its own.
 */
const fs = require('node:fs')
const path = require('node:path')

const notes = fs.openSync(path.join(__dirname, 'seen.ndjson'), 'a')

exports.see = (record, more = {}) => {
  const { shardId, sequenceNumber, subSequenceNumber, partitionKey, data } = record
  const note = {
    pid: process.pid,
    shard: shardId,
    seq: sequenceNumber,
    sub: subSequenceNumber,
    key: partitionKey,
    data: Buffer.from(data).toString(),
    ...more
  }
  fs.writeSync(notes, `\n${JSON.stringify(note)}\n`)
}
