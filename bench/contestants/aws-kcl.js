'use strict'
// The smallest record processor that Amazon's port accepts.
const kcl = require('aws-kcl')

kcl({
  initialize: (_input, done) => done(),
  processRecords: (_input, done) => done(),
  leaseLost: (_input, done) => done(),
  shardEnded: (_input, done) => done(),
  shutdownRequested: (_input, done) => done()
}).run()
