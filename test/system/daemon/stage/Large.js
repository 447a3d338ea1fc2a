'use strict'
/**
 * Large records, which kinesalite does not store: it stores small ones, and each answer of GetRecords is made as large as Kinesis
 * makes it. Must be loaded before kinesalite is, which keeps the functions that it finds.
 */
const file = require.resolve('kinesalite/actions/getRecords')
const { parseSequence } = require('kinesalite/db')

/** What GetRecords gives at most at once, unless a single record is larger. */
const RESPONSE = 10 * 1024 * 1024

/** What GetRecords gives by itself. */
const MOST = 10_000

/** The position of the last record that one put record is given out as. */
const lastOf = (sequenceNumber, times) => (BigInt(sequenceNumber) + BigInt(times - 1)).toString()

/** What is in force; null: records are as they were put. */
let large = null

const small = require(file)

/** Puts the records of an answer in the place of those that are stored, and counts it. */
const swollen = ({ times, Data, answers }, answer) => {
  const [first] = answer.Records
  if (first === undefined) return answer
  const { shardIx } = parseSequence(first.SequenceNumber)
  answers.set(shardIx, (answers.get(shardIx) ?? 0) + 1)
  const each = (record) =>
    Array.from({ length: times }, (_, i) => ({
      ...record,
      Data,
      SequenceNumber: lastOf(record.SequenceNumber, i + 1)
    }))
  return { ...answer, Records: answer.Records.flatMap(each) }
}

require.cache[file].exports = (store, request, done) => {
  const now = large
  if (now === null) return small(store, request, done)
  const fit = Math.min(request.Limit ?? MOST, Math.floor(RESPONSE / now.bytes))
  const Limit = Math.max(1, Math.floor(fit / now.times))
  small(store, { ...request, Limit }, (problem, answer) =>
    done(problem, problem ? answer : swollen(now, answer))
  )
}

/**
 * In: as how many records a put record is given out, and their bytes; their sequence numbers follow on the number of the put one.
 * Out: `answers()`, how many answers with records each shard has had; `end()`.
 */
const begin = ({ times, bytes }) => {
  const answers = new Map()
  large = { times, bytes, answers, Data: Buffer.alloc(bytes, 'x').toString('base64') }
  return { answers: () => [...answers.values()], end: () => (large = null) }
}

module.exports = { begin, lastOf }
