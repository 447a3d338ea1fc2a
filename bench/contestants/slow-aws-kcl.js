'use strict'
// The usual ways to wait for something in Amazon's port: one record after the other, or all at once.
const kcl = require('aws-kcl')
const { work } = require('./work')

const ways = {
  'in sequence': async (records) => {
    for (const record of records) await work(record)
  },
  'Promise.all': (records) => Promise.all(records.map(work))
}
const run = ways[process.argv[2]]

kcl({
  initialize: (_input, done) => done(),
  processRecords: ({ records }, done) => void run(records).then(() => done()),
  leaseLost: (_input, done) => done(),
  shardEnded: (_input, done) => done(),
  shutdownRequested: (_input, done) => done()
}).run()
