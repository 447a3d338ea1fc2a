'use strict'
/** The heap that `kclts run` gives Java by itself is enough in its worst moment: every shard is read ahead as far as the KCL ever does. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { describe, it } = require('node:test')
const HeapSize = require('../../../dist/daemon/HeapSize')
const { schema } = require('../../../dist/config/DaemonSettings')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Large = require('./stage/Large')
const Stage = require('./stage/Stage')
const Worker = require('./stage/Worker')

const MIB = 1024 * 1024

/** The batches of each shard: more than the KCL reads ahead. */
const BATCHES = 5

const CASES = [
  { what: '32 shards with batches of 10,000 records of 1 KB', shards: 32, batch: 10_000, bytes: 1024 },
  { what: '8 shards with records of 10 MiB', shards: 8, batch: 1, bytes: 10 * MIB }
]

/** One put record for each thousand: only those are stored. */
const timesOf = (batch) => Math.min(batch, 1000)

/** Puts the same number of records on each shard. Out: the position of the last record of each. */
const fill = async (emulators, stage, each, times) => {
  const { Shards } = await emulators.kinesis('ListShards', { StreamName: stage.stream })
  const lasts = {}
  for (const { ShardId, HashKeyRange } of Shards) {
    const put = Array.from({ length: each }, (_, i) => ({
      key: `key-${i}`,
      data: 'x',
      hash: HashKeyRange.StartingHashKey
    }))
    for (const { shard, seq } of await stage.put(put)) {
      assert.equal(shard, ShardId)
      lasts[shard] = `${Large.lastOf(seq, times)}/0`
    }
  }
  return lasts
}

for (const version of [Jars.CURRENT, '3.5.1'])
  describe(`the heap of Java with KCL ${version}`, () => {
    for (const { what, shards, batch, bytes } of CASES)
      it(`holds ${what}`, async (t) => {
        const times = timesOf(batch)
        const { answers, end } = Large.begin({ times, bytes })
        t.after(end)
        const emulators = await Emulators.start(Emulators.Kinesalite)
        t.after(emulators.stop)
        const stage = await Stage.set(t, emulators, { version, shards, handler: 'gated', configuration: {} })
        const lasts = await fill(emulators, stage, (BATCHES * batch) / times, times)

        const load = { shards, recordBytes: bytes, maxRecords: 10_000 }
        const heap = Math.ceil(HeapSize.need(load, os.availableParallelism()) / MIB)
        const worker = Worker.start(stage, {
          checkpoint: { interval: '2s' },
          deadline: '30m',
          daemon: Worker.daemonOf(emulators, stage, {
            version,
            maxRecords: 10_000,
            failoverTime: '10s',
            java: `${schema.java.fallback} -Daws.cborEnabled=false -Xmx${heap}m`
          })
        })
        t.after(worker.kill)
        await worker.until(
          'reading ahead of every shard',
          () => answers().filter((count) => count >= 2).length === shards
        )
        fs.writeFileSync(path.join(stage.project.folder, 'open'), '')
        await worker.until('the last checkpoint of every shard', async () => {
          const positions = await stage.positions()
          return Object.entries(lasts).every(([shard, last]) => positions[shard] === last)
        })
        worker.signal('SIGTERM')
        await worker.exited
        assert.equal(worker.code(), 0)
        assert.doesNotMatch(worker.log(), /OutOfMemory|no memory left|daemon ended/)
      })
  })
