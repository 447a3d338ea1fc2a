'use strict'
/** Large records, which kinesalite does not store: it stores small ones, and each answer of GetRecords is made as large as Kinesis makes it. */

/** What GetRecords gives at most at once, unless a single record is larger. */
const RESPONSE = 10 * 1024 * 1024

/** What GetRecords gives by itself. */
const MOST = 10_000

/** The position of the last record that one put record is given out as. */
const lastOf = (sequenceNumber, times) => (BigInt(sequenceNumber) + BigInt(times - 1)).toString()

/**
 * For each kinesalite of this process. In: as how many records a put record is given out, and their bytes; their sequence numbers
 * follow on the number of the put one. Out: `answers()`, how many answers with records each shard has had, by the index of the shard;
 * `end()`.
 */
const begin = ({ times, bytes }) => {
  const file = require.resolve('kinesalite/actions/getRecords')
  const { parseSequence } = require('kinesalite/db')
  const small = require(file)
  const answers = new Map()
  const Data = Buffer.alloc(bytes, 'x').toString('base64')
  const each = (record) =>
    Array.from({ length: times }, (_, i) => ({
      ...record,
      Data,
      SequenceNumber: lastOf(record.SequenceNumber, i + 1)
    }))
  require.cache[file].exports = (store, request, done) => {
    const fit = Math.min(request.Limit ?? MOST, Math.floor(RESPONSE / bytes))
    const Limit = Math.max(1, Math.floor(fit / times))
    small(store, { ...request, Limit }, (problem, answer) => {
      if (problem) return done(problem)
      const [first] = answer.Records
      const shard = first && parseSequence(first.SequenceNumber).shardIx
      if (first) answers.set(shard, (answers.get(shard) ?? 0) + 1)
      done(null, { ...answer, Records: answer.Records.flatMap(each) })
    })
  }
  return { answers: () => [...answers.values()], end: () => (require.cache[file].exports = small) }
}

module.exports = { begin, lastOf }
