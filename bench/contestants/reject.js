'use strict'
// Each tenth record becomes a dead letter.
const { ack, reject } = require('kclts')

exports.handler = ({ sequenceNumber }) => (sequenceNumber.endsWith('7') ? reject('a seven') : ack())
