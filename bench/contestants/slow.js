'use strict'
const { ack } = require('kclts')
const { work } = require('./work')

exports.handler = (record) => work(record).then(ack)
