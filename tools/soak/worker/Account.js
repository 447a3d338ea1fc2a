'use strict'
/** The account of a worker: what was put, what its handler saw, and where the lease table says that each shard is. */

const byShard = (records) => {
  const shards = new Map()
  for (const record of records) {
    if (!shards.has(record.shard)) shards.set(record.shard, [])
    shards.get(record.shard).push(BigInt(record.seq))
  }
  return shards
}

/** `seq/sub` as a number, or null: nothing was checkpointed. */
const numberOf = (position) => (/^\d/.test(position ?? '') ? BigInt(position.split('/')[0]) : null)

/**
 * What must not be: a checkpoint above a record that was not seen, and a record that is seen for the first time after a
 * later one of its shard.
 *
 * In: records put, `{ shard, seq }` in order; records seen, likewise; positions by shard, read before the seen ones.
 */
const problems = ({ put, seen, positions }) => {
  const found = []
  const seenOf = byShard(seen)
  for (const [shard, numbers] of byShard(put)) {
    const inOrder = seenOf.get(shard) ?? []
    const known = new Set(inOrder)
    const covered = numberOf(positions[shard])
    if (covered !== null)
      for (const number of numbers)
        if (number <= covered && !known.has(number))
          found.push(`${shard}: ${number} was never seen, and the checkpoint is ${covered}`)
    let last = -1n
    const before = new Set()
    for (const number of inOrder) {
      if (!before.has(number) && number < last) found.push(`${shard}: ${number} was first seen after ${last}`)
      before.add(number)
      if (number > last) last = number
    }
  }
  return found
}

module.exports = { problems }
