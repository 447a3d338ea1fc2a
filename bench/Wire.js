'use strict'
/** What Amazon's daemon says and hears, as it is on the pipe: one JSON object a line, its keys in the daemon's order. */

const SHARD = 'shardId-000000000000'

const initializeLine = (shard) =>
  JSON.stringify({
    action: 'initialize',
    shardId: shard,
    sequenceNumber: 'TRIM_HORIZON',
    subSequenceNumber: 0
  })

/** A sequence number has 56 digits; these are the ones that stay. */
const LASTING = '49590338271490256608559692538361571095921'
const COUNTED = 15

/** @param number the place in the shard, below 10^15 */
const sequenceNumber = (number) => LASTING + String(number).padStart(COUNTED, '0')

const WORDS = 'a stream of records, each of them with its key, its place and what somebody wanted to say '

/** The order with that number, as JSON of exactly so many bytes; never fewer than it takes without a note. */
const order = (number, bytes = 0) => {
  const [head, tail] = JSON.stringify({ id: `o-${number}`, total: number, note: '|' }).split('|')
  const length = Math.max(0, bytes - head.length - tail.length)
  const start = number % WORDS.length
  return head + WORDS.repeat(Math.ceil((start + length) / WORDS.length)).slice(start, start + length) + tail
}

/** Numbers from 0 to 2^31, the same ones for the same seed. */
const numbers = (seed) => {
  let state = (seed % 2147483646) + 1
  return () => (state = (state * 48271) % 2147483647)
}

/** An event with names, numbers and identifiers that no other one has: the first so many bytes of its JSON. */
const event = (number, bytes) => {
  const next = numbers(number * 7919)
  const id = () => next().toString(16).padStart(8, '0') + next().toString(16).padStart(8, '0')
  const item = () => ({
    sku: `SKU-${next() % 100000}`,
    quantity: (next() % 9) + 1,
    price: (next() % 100000) / 100,
    lot: id()
  })
  const fields = { id: id(), customer: { id: next() % 1000000, session: id() }, at: next(), items: [] }
  for (;;) {
    fields.items.push(item())
    const text = JSON.stringify(fields)
    if (text.length >= bytes) return text.slice(0, bytes)
  }
}

/** Bytes as of what is encrypted or compressed. */
const sealed = (number, bytes) => {
  const next = numbers(number * 104729)
  return Uint8Array.from({ length: bytes }, () => next() >> 8)
}

/**
 * Records as Jackson writes them, the partition keys in turn.
 *
 * @param from the number of the first one
 * @param bytes of the payload of each
 * @param payload of a number and so many bytes
 */
const records = (count, keys, from = 0, bytes = 0, payload = order) =>
  Array.from({ length: count }, (_, index) => ({
    data: Buffer.from(payload(from + index, bytes)).toString('base64'),
    partitionKey: `customer-${index % keys}`,
    sequenceNumber: sequenceNumber(from + index),
    approximateArrivalTimestamp: 1_795_415_467_625,
    subSequenceNumber: 0,
    action: 'record'
  }))

/** A batch, without the newline. */
const batchLine = (batch) =>
  JSON.stringify({ action: 'processRecords', records: batch, millisBehindLatest: 0 })

const DIGIT_ZERO = 0x30

/**
 * A batch in bytes, made once, whose records can be numbered anew in place: no two batches of a real stream have the
 * same sequence numbers, and to make ten million records would take the stand-in longer than any child to read them.
 */
const numberedLine = (count, bytes, keys = 100, payload = order) => {
  const line = Buffer.from(`${batchLine(records(count, keys, 0, bytes, payload))}\n`)
  const name = '"sequenceNumber":"'
  const ends = new Uint32Array(count)
  let at = 0
  for (let index = 0; index < count; index++) {
    at = line.indexOf(name, at) + name.length + LASTING.length + COUNTED
    ends[index] = at
  }
  let last = sequenceNumber(count - 1)
  return {
    line,
    count,
    /** The sequence number of its last record. */
    last: () => last,
    number: (from) => {
      last = sequenceNumber(from + count - 1)
      for (let index = 0; index < count; index++) {
        let rest = from + index
        for (let place = 1; place <= COUNTED; place++) {
          line[ends[index] - place] = DIGIT_ZERO + (rest % 10)
          rest = Math.floor(rest / 10)
        }
      }
    }
  }
}

/** What was said on a line; null for one that is no reply, which the daemon skips. */
const replyOf = (line) => {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

/** kclpy 0.2.0 speaks the daemon's first dialect, in which a checkpoint has a single number, of another name. */
const isFirstDialect = (line) => /"checkpoint"\s*:/.test(line)

const fromFirstDialect = (line) =>
  JSON.stringify({ action: 'checkpoint', sequenceNumber: JSON.parse(line).checkpoint })

const toFirstDialect = (line) => {
  const { sequenceNumber, error } = JSON.parse(line)
  return JSON.stringify({ action: 'checkpoint', checkpoint: sequenceNumber, error })
}

/**
 * The answer to a checkpoint for the timed path: the same line as `Conversation` has, if the daemon does not refuse the
 * checkpoint, at a fraction of its time.
 *
 * @param error the name of an exception, or null
 */
const answerTo = ({ checkpoint, sequenceNumber = null, subSequenceNumber = null }, error = null) =>
  JSON.stringify(
    checkpoint === undefined
      ? { action: 'checkpoint', sequenceNumber, subSequenceNumber, error }
      : { action: 'checkpoint', checkpoint, error }
  )

module.exports = {
  SHARD,
  answerTo,
  batchLine,
  event,
  fromFirstDialect,
  initializeLine,
  isFirstDialect,
  numberedLine,
  order,
  records,
  replyOf,
  sealed,
  sequenceNumber,
  toFirstDialect
}
