import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as DaemonLog from '../../src/daemon/DaemonLog'
import * as FailedReads from '../../src/daemon/FailedReads'

const PUBLISHER = 'software.amazon.kinesis.retrieval.polling.PrefetchRecordsPublisher'

const of = (message: string, exception: string, logger = PUBLISHER): unknown => {
  const line = DaemonLog.parse(`ERROR\t${logger}\t${message}\t${exception}`)
  return line === null ? 'no line' : FailedReads.of(line)
}

describe('reads that failed', () => {
  it('are known by what the KCL logs of them, with their reason', () => {
    const message = 'orders:shardId-000000000001 :  Exception thrown while fetching records from Kinesis'
    assert.deepEqual(
      [
        of(
          message,
          'x.KinesisException: User: arn:a is not authorized to perform: kinesis:GetRecords on resource: arn:b'
        ),
        of(
          message.replace('orders:', ''),
          'software.amazon.awssdk.core.exception.SdkClientException: it failed'
        ),
        of(
          'orders:shardId-000000000001 : ProvisionedThroughputExceededException thrown while fetching records from Kinesis',
          'x.ProvisionedThroughputExceededException: slow down'
        ),
        of('orders:shardId-000000000001 : Starting Prefetching thread', ''),
        of(message, 'x.E: it failed', 'a.Scheduler')
      ],
      [
        {
          shardId: 'shardId-000000000001',
          why: 'arn:a may not call kinesis:GetRecords on arn:b; allow it in the IAM policy; `kclts check --aws` lists what is needed'
        },
        {
          shardId: 'shardId-000000000001',
          why: 'software.amazon.awssdk.core.exception.SdkClientException: it failed'
        },
        {
          shardId: 'shardId-000000000001',
          why: 'Kinesis throttles the reads of the shard; let fewer applications read the stream, or take daemon.retrieval: fan-out'
        },
        null,
        null
      ]
    )
  })

  it('are known with fan-out, but for a subscription that only timed out', () => {
    const publisher = 'software.amazon.kinesis.retrieval.fanout.FanOutRecordsPublisher'
    const message = (what: string): string =>
      `orders:shardId-000000000001: [SubscriptionLifetime] - (FanOutRecordsPublisher#errorOccurred) @ 2026-01-31T12:00:00Z id: shardId-000000000001-4 -- ${what}. Last successful request details -- none`
    assert.deepEqual(
      [
        of(message('Unknown Throwable'), 'x.E: it failed', publisher),
        of(message('Subscriber is null'), '', publisher)
      ],
      [{ shardId: 'shardId-000000000001', why: 'x.E: it failed' }, null]
    )
  })

  it('are counted by shard, with the time and the reason of the last one', () => {
    const [a, b] = ['shardId-0', 'shardId-1'].map((shardId) => ({ shardId, why: 'it failed' }))
    assert.ok(a !== undefined && b !== undefined)
    const all = FailedReads.add(FailedReads.add(FailedReads.add([], a, 1), b, 2), { ...a, why: 'again' }, 3)
    assert.deepEqual(all, [
      { ...b, count: 1, at: 2 },
      { ...a, why: 'again', count: 2, at: 3 }
    ])
  })
})
