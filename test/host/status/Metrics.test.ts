import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as Totals from '../../../src/host/Totals'
import * as Metrics from '../../../src/host/status/Metrics'
import { TICK, shard, worker } from './Example'

const GOLDEN = path.resolve('test/host/status/metrics.txt')

const linesOf = async (
  name: string,
  of: Parameters<typeof Metrics.print>[0]
): Promise<ReadonlyArray<string>> => {
  const { body } = await Metrics.print(of, TICK)
  return body.split('\n').filter((line) => line.startsWith(name))
}

describe('the metrics', () => {
  it('are those of test/host/status/metrics.txt', async () => {
    const { contentType, body } = await Metrics.print(worker(), TICK)
    assert.equal(contentType, 'text/plain; version=0.0.4; charset=utf-8')
    assert.equal(body, fs.readFileSync(GOLDEN, 'utf8'))
  })

  it('of a worker without a shard have a value for the worker alone', async () => {
    assert.deepEqual(await linesOf('kclts_records_total', worker({ shards: [] })), [])
    assert.deepEqual(await linesOf('kclts_shards', worker({ shards: [] })), ['kclts_shards 0'])
  })

  it('have the reads of a shard that failed, and the age of the last batch', async () => {
    const one = { ...shard(0), heardAt: TICK - 90_000 }
    const failedReads = [{ shardId: one.shardId, count: 7, at: TICK, why: 'denied' }]
    const of = worker({ shards: [one], failedReads })
    assert.deepEqual(
      [await linesOf('kclts_reads_failed_total', of), await linesOf('kclts_last_batch_age_seconds', of)],
      [
        ['kclts_reads_failed_total{shard="shardId-000000000000"} 7'],
        ['kclts_last_batch_age_seconds{shard="shardId-000000000000"} 90']
      ]
    )
  })

  it('do not go back when a session ends, and none of what it had waiting is left', async () => {
    const past = [Totals.of(shard(0))]
    assert.deepEqual(await linesOf('kclts_records_total', worker({ past, shards: [] })), [
      'kclts_records_total{shard="shardId-000000000000"} 4200'
    ])
    assert.deepEqual(await linesOf('kclts_records_total', worker({ past })), [
      'kclts_records_total{shard="shardId-000000000000"} 8400'
    ])
    assert.deepEqual(await linesOf('kclts_waiting_records', worker({ past, shards: [] })), [])
  })

  it('say nothing of a lag and a checkpoint that are not known', async () => {
    const shards = [shard(0, { millisBehindLatest: null, checkpointedAt: null })]
    assert.deepEqual(await linesOf('kclts_millis', worker({ shards })), [])
    assert.deepEqual(await linesOf('kclts_last_checkpoint', worker({ shards })), [])
  })

  it('escape what a name may have in it', async () => {
    assert.deepEqual(await linesOf('kclts_info', worker({ application: 'a"b\\c' })), [
      'kclts_info{application="a\\"b\\\\c",worker="host-1.0",stream="clicks"} 1'
    ])
  })
})
