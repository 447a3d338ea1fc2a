'use strict'
/**
 * What was put, what the handlers finished and which checkpoints were stored, compared. Functions of their arguments;
 * each check gives what contradicts it, a sentence each, and nothing when it holds.
 *
 * A record that was put is `{ shard, seq, sub }`; a note of a finished one has these too, and `who` finished it, and
 * `start` and `end`, where the note is among the notes. A checkpoint that the lease table took is `{ shard, seq, sub,
 * asked, answered }`: how far the notes went when it was asked for, and when it was in the table.
 */
const { compare } = require('../Covered')

const placeOf = ({ shard, seq, sub }) => `${shard} ${seq}/${sub}`

const byShard = (list) => {
  const shards = new Map()
  for (const one of list) {
    if (!shards.has(one.shard)) shards.set(one.shard, [])
    shards.get(one.shard).push(one)
  }
  return shards
}

/** In: what was put. Out: the records of each shard in its order, and the number of each among them. */
const index = (put) => {
  const shards = byShard(put)
  const numbers = new Map()
  for (const records of shards.values())
    records.sort(compare).forEach((record, number) => numbers.set(placeOf(record), number))
  return { shards, numbers }
}

/** Records that no handler has finished. */
const lost = (put, notes) => {
  const seen = new Set(notes.map(placeOf))
  return put.filter((one) => !seen.has(placeOf(one))).map((one) => `lost: ${placeOf(one)}`)
}

/** Notes of records that nobody put, checkpoints at such. */
const foreign = ({ numbers }, notes, checkpoints) =>
  [...notes, ...checkpoints]
    .filter((one) => !numbers.has(placeOf(one)))
    .map((one) => `nobody put ${placeOf(one)}`)

/**
 * After a record comes the next one of its shard, or (a new start) the one after the last checkpoint. Whatever else a
 * handler gets is out of order, left out, or a duplicate of what was covered.
 */
const astray = ({ shards, numbers }, notes, checkpoints) => {
  const stored = byShard(checkpoints)
  return [...byShard(notes)].flatMap(([shard, ofShard]) => {
    const last = new Map()
    const ahead = [...(stored.get(shard) ?? [])]
    let covered = null
    return ofShard.flatMap((note) => {
      while (ahead.length > 0 && ahead[0].answered <= note.start) covered = ahead.shift()
      const number = numbers.get(placeOf(note))
      const before = last.get(note.who)
      last.set(note.who, number)
      const first = covered === null ? 0 : numbers.get(placeOf(covered)) + 1
      if (number === first || (before !== undefined && number === before + 1)) return []
      const after = before === undefined ? 'first' : `after ${placeOf(shards.get(shard)[before])}`
      const checkpoint =
        covered === null ? 'there was no checkpoint' : `the checkpoint was ${placeOf(covered)}`
      return [`astray: ${note.who} was given ${placeOf(note)} ${after}, and ${checkpoint}`]
    })
  })
}

/** Checkpoints that were asked for before each record up to them was finished. */
const early = ({ shards, numbers }, notes, checkpoints) => {
  const finished = new Map()
  for (const note of notes) {
    const place = placeOf(note)
    if (!finished.has(place)) finished.set(place, note.end)
  }
  const open = new Map() // by shard: how many of its records are known to be finished at a checkpoint
  return checkpoints.flatMap((one) => {
    const end = numbers.get(placeOf(one))
    let number = open.get(one.shard) ?? 0
    const records = shards.get(one.shard)
    while (number <= end && (finished.get(placeOf(records[number])) ?? Infinity) <= one.asked) number += 1
    open.set(one.shard, number)
    return number > end
      ? []
      : [`early: the checkpoint ${placeOf(one)} while ${placeOf(records[number])} was not finished`]
  })
}

/** Checkpoints that went back. */
const backwards = (checkpoints) =>
  [...byShard(checkpoints).values()].flatMap((stored) =>
    stored.flatMap((one, i) =>
      i === 0 || compare(stored[i - 1], one) <= 0
        ? []
        : [`the checkpoint went back from ${placeOf(stored[i - 1])} to ${placeOf(one)}`]
    )
  )

/** What must hold at any time. */
const broken = (put, notes, checkpoints) => {
  const indexed = index(put)
  const strangers = foreign(indexed, notes, checkpoints)
  if (strangers.length > 0) return strangers
  return [
    ...astray(indexed, notes, checkpoints),
    ...early(indexed, notes, checkpoints),
    ...backwards(checkpoints)
  ]
}

module.exports = { broken, lost }
