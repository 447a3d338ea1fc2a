'use strict'
/** How far the leases have come among the records that were put: `{ shard, seq, sub }`, the sequence number as text. */

const compare = (a, b) => {
  const [one, other] = [BigInt(a.seq), BigInt(b.seq)]
  return one < other ? -1 : one > other ? 1 : a.sub - b.sub
}

/** The last record of each shard, by shard. */
const lasts = (records) => {
  const last = new Map()
  for (const one of records) {
    const before = last.get(one.shard)
    if (before === undefined || compare(one, before) > 0) last.set(one.shard, one)
  }
  return last
}

/** Shards whose checkpoint is not their last record. */
const behind = (records, leases) =>
  [...lasts(records)].flatMap(([shard, { seq, sub }]) => {
    const { checkpoint, sub: at } = leases[shard]
    return checkpoint === seq && at === sub
      ? []
      : [`the checkpoint of ${shard} is ${checkpoint}/${at}, its last record ${seq}/${sub}`]
  })

module.exports = { behind, compare }
