'use strict'
/** The rows of a record, and how they are written so that writing them again changes nothing but a count. */
const fs = require('node:fs')
const path = require('node:path')
const { Pool } = require('pg')
const { database, table } = require('./settings.json')

// Who may be killed.
fs.appendFileSync(path.join(__dirname, 'children.ndjson'), `${JSON.stringify({ pid: process.pid })}\n`)

exports.connect = () => {
  const pool = new Pool({ connectionString: database, max: 8, connectionTimeoutMillis: 2000 })
  // An idle connection was cut; a query opens another. Without a listener it would be an uncaught exception.
  pool.on('error', () => {})
  return pool
}

/** What a record carries: a number, and how many rows it becomes. */
const contentOf = (record) => JSON.parse(Buffer.from(record.data).toString())
exports.contentOf = contentOf

/** The rows of a record, as `write` takes them. */
exports.rowsOf = (record) => {
  const { number, rows } = contentOf(record)
  const { shardId: shard, sequenceNumber: sequence, subSequenceNumber: sub, partitionKey: key } = record
  return Array.from({ length: rows }, (_, index) => ({
    shard,
    sequence,
    sub,
    index,
    key,
    value: `${number}/${index}`
  }))
}

/** One statement for all of the rows, `{ shard, sequence, sub, index, key, value }`: all are written, or none. */
exports.write = (pool, rows) => {
  const column = (name) => rows.map((row) => row[name])
  return pool.query(
    `insert into ${table} as old (shard, sequence, sub, index, key, value)
     select * from unnest($1::text[], $2::numeric[], $3::int[], $4::int[], $5::text[], $6::text[])
     on conflict (shard, sequence, sub, index) do update set
       again = old.again + 1,
       differing = old.differing + ((old.key, old.value) <> (excluded.key, excluded.value))::int`,
    ['shard', 'sequence', 'sub', 'index', 'key', 'value'].map(column)
  )
}
