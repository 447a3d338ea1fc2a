'use strict'
/** Whether every record that was put has been handled. What is settled is forgotten, so hours of records take no memory. */
const { compare } = require('../Covered')

/** In: records as `{ shard, seq, sub }`. Those of a shard come in its order, and may be seen before their put is answered. */
class Tally {
  #shards = new Map()
  put = 0
  handled = 0
  /** Records that were handled once more. */
  again = 0
  /** Records that were handled, and whose put was not answered. */
  foreign = 0
  /** Records that were not handled before a later one of their shard. */
  lost = 0

  puts(records) {
    this.put += records.length
    for (const record of records) this.#of(record.shard).put.push(record)
    this.#settle()
  }

  sees(records) {
    for (const record of records) this.#of(record.shard).seen.push(record)
    this.#settle()
  }

  #of(shard) {
    if (!this.#shards.has(shard)) this.#shards.set(shard, { put: [], seen: [], last: null })
    return this.#shards.get(shard)
  }

  #settle() {
    for (const shard of this.#shards.values()) while (shard.seen.length > 0 && this.#settleOne(shard));
  }

  /** Out: false where the put of the first record that was seen is not known yet. */
  #settleOne(shard) {
    const [seen] = shard.seen
    const [put] = shard.put
    if (shard.last !== null && compare(seen, shard.last) <= 0) {
      this.again += 1
      shard.seen.shift()
      return true
    }
    if (put === undefined) return false
    const order = compare(put, seen)
    if (order > 0) this.foreign += 1
    else if (order === 0) this.handled += 1
    else this.lost += 1
    if (order >= 0) shard.last = shard.seen.shift()
    if (order <= 0) shard.last = shard.put.shift()
    return true
  }
}

module.exports = { Tally }
