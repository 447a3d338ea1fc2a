'use strict'
/** What is put while the memory is watched: a little all the time, and now and then a burst. */
const Random = require('../Random')

const KEYS = 200

/** The share of the bytes that comes in bursts, and how far apart they are on average. */
const SHARE = 1 / 3
const BURST_S = 60

/** What one PutRecords of a burst carries at most; Kinesis takes 5 MiB. */
const MOST_BYTES = 4_000_000
const MOST_RECORDS = 500

/** The sizes of the records of a burst: many small ones, or a few large ones. */
const SIZES = [1_000, 10_000, 200_000]

const record = (random, bytes) => ({ key: `key-${random.between(1, KEYS)}`, data: 'x'.repeat(bytes) })

/** Records of `bytes` bytes in all, about, the large ones among them up to `size`. */
const records = (random, bytes, size) => {
  const list = []
  let left = Math.min(bytes, MOST_BYTES)
  while (left > 0 && list.length < MOST_RECORDS) {
    const one = Math.min(left, random.between(Math.ceil(size / 2), size))
    list.push(record(random, one))
    left -= one
  }
  return list
}

/**
 * In: a seed, and the bytes that are put in a second on average. Out: `next()`, which gives the milliseconds to wait and the
 * records to put then, as Stream.put takes them; the same ones for the same seed.
 */
const make = ({ seed, rate }) => {
  const random = Random.make(seed)
  let untilBurst = BURST_S
  return {
    next: () => {
      const wait = random.between(500, 1500)
      untilBurst -= wait / 1000
      if (untilBurst > 0) {
        const bytes = Math.round((1 - SHARE) * rate * (wait / 1000) * 2 * random.real())
        return { wait, records: records(random, bytes, 8_000) }
      }
      const gap = random.between(BURST_S / 2, (3 * BURST_S) / 2)
      untilBurst += gap
      return { wait, records: records(random, Math.round(SHARE * rate * gap), random.pick(SIZES)) }
    }
  }
}

module.exports = { make }
