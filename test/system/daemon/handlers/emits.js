'use strict'
/** Gives each record's position as an output. */
const { ack, emit } = require('kclts')

exports.handler = ({ sequenceNumber, subSequenceNumber }) =>
  emit('out', `${sequenceNumber}/${subSequenceNumber}`)(ack())
