'use strict'
// What a line means, written apart from the codec it is compared with: short, slow and strict.

const isDigits = (value) => typeof value === 'string' && /^(0|[1-9][0-9]*)$/.test(value)
const isNothing = (value) => value === null || value === undefined
const isText = (value) => typeof value === 'string'
const isNumber = (value) => typeof value === 'number'
const isIndex = (value) => Number.isSafeInteger(value) && value >= 0
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

const or = (is) => (value) => isNothing(value) || is(value)

const isRecord = (value) =>
  isObject(value) &&
  or(isText)(value.data) &&
  isText(value.partitionKey) &&
  isDigits(value.sequenceNumber) &&
  or(isNumber)(value.approximateArrivalTimestamp) &&
  or(isIndex)(value.subSequenceNumber)

const shapes = {
  initialize: (v) => isText(v.shardId) && or(isText)(v.sequenceNumber) && or(isIndex)(v.subSequenceNumber),
  processRecords: (v) =>
    Array.isArray(v.records) && v.records.every(isRecord) && or(isNumber)(v.millisBehindLatest),
  checkpoint: (v) => or(isText)(v.sequenceNumber) && or(isNumber)(v.subSequenceNumber) && or(isText)(v.error),
  leaseLost: () => true,
  shardEnded: () => true,
  shutdownRequested: () => true,
  shutdown: (v) => ['ZOMBIE', 'TERMINATE', 'REQUESTED'].includes(v.reason)
}

/** A position as text: equal texts, equal positions. */
const positionOf = ({ sequenceNumber, subSequenceNumber }) => `${sequenceNumber}/${subSequenceNumber ?? 0}`

/** The action of a line; 'blank' for an empty line, 'bad' for what is no action. */
const understand = (line) => {
  if (line.length === 0 || (line.length === 1 && line[0] === 13)) return 'blank'
  try {
    const value = JSON.parse(line.toString('utf8'))
    const shape = isObject(value) && Object.hasOwn(shapes, value.action) ? shapes[value.action] : undefined
    return shape !== undefined && shape(value) ? value : 'bad'
  } catch {
    return 'bad'
  }
}

module.exports = { understand, positionOf, isDigits, isNothing }
