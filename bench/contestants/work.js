'use strict'
// What every contestant of `bench:slow` does with a record: it waits, and looks whether the order of its key holds.
const fs = require('node:fs')

const WAIT = 5

const atWork = new Map()
const last = new Map()
let outOfOrder = 0

/** A record is out of order when another one of its key is at work, or a later one was. */
exports.work = async ({ partitionKey, sequenceNumber }) => {
  const others = atWork.get(partitionKey) ?? 0
  if (others > 0 || sequenceNumber <= (last.get(partitionKey) ?? '')) outOfOrder += 1
  atWork.set(partitionKey, others + 1)
  last.set(partitionKey, sequenceNumber)
  await new Promise((resolve) => setTimeout(resolve, WAIT))
  atWork.set(partitionKey, atWork.get(partitionKey) - 1)
}

process.once('exit', () => fs.writeFileSync(process.env.BENCH_REPORT, String(outOfOrder)))
