'use strict'
/** The table that the handlers write into, on a PostgreSQL that crashes now and then. */
const { setTimeout: sleep } = require('node:timers/promises')
const { Pool } = require('pg')

const PATIENCE = 30_000

/** The connection was cut, refused, or the server is not up yet: SQLSTATE class 57, or an error of the socket. */
const isOutage = ({ code, message }) =>
  /^(57P0.|08...|ECONN.*|EPIPE)$/.test(code ?? '') || /terminated|timeout/i.test(message)

/** Out: `rows()`, all of them as the ledger wants them; `count()`; `again()`, how many writes changed nothing; `close()`. */
const create = async (url, name) => {
  const pool = new Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 2000 })
  pool.on('error', () => {}) // an idle connection was cut; the next query opens another
  const query = async (sql) => {
    const end = Date.now() + PATIENCE
    for (;;) {
      try {
        return (await pool.query(sql)).rows
      } catch (problem) {
        if (!isOutage(problem) || Date.now() > end) throw problem
        await sleep(50)
      }
    }
  }
  await query(`drop table if exists ${name}`) // asked again after an outage, CREATE may have worked
  await query(`create table if not exists ${name} (
    shard text, sequence numeric, sub int, index int, key text not null, value text not null,
    serial bigint generated always as identity, again int not null default 0, differing int not null default 0,
    primary key (shard, sequence, sub, index))`)
  return {
    rows: async () =>
      (
        await query(`select shard, sequence as seq, sub, index, key, value, serial, differing from ${name}`)
      ).map((row) => ({
        ...row,
        serial: BigInt(row.serial)
      })),
    count: async () => Number((await query(`select count(*) from ${name}`))[0].count),
    again: async () => Number((await query(`select coalesce(sum(again), 0) as again from ${name}`))[0].again),
    close: () => pool.end()
  }
}

module.exports = { create }
