'use strict'
/**
 * What was put, what is in the table and what the leases say, compared. Everything here is a function of its
 * arguments; each check gives what contradicts it, a sentence each, and nothing when it holds.
 *
 * A row is `{ shard, seq, sub, index, key, value, serial, differing }`, the sequence number as text and the
 * serial as a bigint in the order of the insertions.
 */
const Covered = require('./Covered')

const idOf = ({ shard, seq, sub, index }) => `${shard}:${seq}:${sub}:${index}`

/** The rows that the handlers of tools/soak/project make of what was put, `{ shard, seq, key, records }`. */
const expected = (stored) =>
  stored.flatMap(({ shard, seq, key, records }) =>
    records.flatMap(({ number, rows }, sub) =>
      Array.from({ length: rows }, (_, index) => ({
        shard,
        seq,
        sub,
        index,
        key,
        value: `${number}/${index}`
      }))
    )
  )

const compare = (a, b) => Covered.compare(a, b) || a.index - b.index

/** Records that are not there. */
const missing = (wanted, rows) => {
  const there = new Set(rows.map(idOf))
  return wanted.filter((one) => !there.has(idOf(one))).map((one) => `missing: ${idOf(one)} of key ${one.key}`)
}

/** Rows of no record, rows with another content than their record gave, rows that are there twice. */
const foreign = (wanted, rows) => {
  const known = new Map(wanted.map((one) => [idOf(one), one]))
  const seen = new Set()
  return rows.flatMap((row) => {
    const id = idOf(row)
    const one = known.get(id)
    const isTwice = seen.has(id)
    seen.add(id)
    if (isTwice) return [`there twice: ${id}`]
    if (one === undefined) return [`nobody put: ${id} of key ${row.key}`]
    return one.key === row.key && one.value === row.value && row.differing === 0
      ? []
      : [`another content: ${id} has ${row.key} ${row.value}, expected ${one.key} ${one.value}`]
  })
}

/** Rows of a key that were inserted before a row of an earlier record of that key. */
const disordered = (rows) => {
  const last = new Map()
  return [...rows]
    .sort((a, b) => (a.serial < b.serial ? -1 : 1))
    .flatMap((row) => {
      const key = `${row.shard} ${row.key}`
      const before = last.get(key)
      last.set(key, row)
      return before === undefined || compare(before, row) < 0
        ? []
        : [`out of order: ${idOf(row)} came after ${idOf(before)}, both of key ${row.key}`]
    })
}

const isPosition = (checkpoint) => /^\d+$/.test(checkpoint)

/** Records at or below their shard's checkpoint that are not in the table: lost if nothing is done. */
const uncovered = (wanted, rows, leases) => {
  const there = new Set(rows.map(idOf))
  return wanted.flatMap((one) => {
    const lease = leases[one.shard]
    if (lease === undefined || !isPosition(lease.checkpoint)) return []
    const end = { seq: lease.checkpoint, sub: lease.sub, index: Infinity }
    return compare(one, end) > 0 || there.has(idOf(one))
      ? []
      : [`below the checkpoint ${lease.checkpoint}/${lease.sub} and missing: ${idOf(one)} of key ${one.key}`]
  })
}

/** Checkpoints that moved back. */
const backwards = (before, after) =>
  Object.entries(after).flatMap(([shard, { checkpoint, sub }]) => {
    const was = before[shard]
    if (was === undefined || !isPosition(was.checkpoint)) return []
    const position = (of) => ({ seq: of.checkpoint, sub: of.sub, index: 0 })
    return isPosition(checkpoint) && compare(position({ checkpoint, sub }), position(was)) >= 0
      ? []
      : [`the checkpoint of ${shard} went back from ${was.checkpoint}/${was.sub} to ${checkpoint}/${sub}`]
  })

module.exports = { backwards, disordered, expected, foreign, missing, uncovered }
