'use strict'
/** Records, put all the time that a worker is soaked: singly and in aggregates, small ones and large ones. */
const { setTimeout: sleep } = require('node:timers/promises')
const Stream = require('../../../test/system/daemon/stage/Stream')
const Random = require('../Random')

const EVERY_MS = 100
const KEYS = 50

const dataOf = (random) =>
  'x'.repeat(random.chance(0.02) ? random.between(1000, 40_000) : random.between(1, 500))

/** What Stream.put takes, and how many user records it carries. */
const entry = (random) => {
  const key = `key-${random.between(1, KEYS)}`
  if (!random.chance(0.05)) return { key, data: dataOf(random), records: 1 }
  const datas = Array.from({ length: random.between(2, 6) }, () => dataOf(random))
  return { ...Stream.aggregate(key, datas), records: datas.length }
}

/**
 * In: a seed; how many records a second, about; `put(entries)`.
 * Out: `start()`, whose `stop()` is a promise: nothing is put once it is kept. It fails when a put did.
 */
const make = (seed, rate, put) => {
  const random = Random.make(seed)
  const most = Math.max(1, Math.round((2 * rate * EVERY_MS) / 1000))
  const keepPutting = async (signal) => {
    while (!signal.aborted) {
      await put(Array.from({ length: random.between(0, most) }, () => entry(random)))
      await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
    }
  }
  return {
    start: () => {
      const stopping = new AbortController()
      const putting = keepPutting(stopping.signal)
      putting.catch(() => {}) // told by stop()
      return {
        stop: () => {
          stopping.abort()
          return putting
        }
      }
    }
  }
}

module.exports = { make }
