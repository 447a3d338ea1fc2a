'use strict'
/** An effect that never comes to an end. */
const { see } = require('./see')

exports.handler = (record) => {
  see(record)
  return new Promise(() => {})
}
