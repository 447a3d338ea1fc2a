import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type * as Config from '../../src/config/Config'
import * as Lint from '../../src/config/Lint'
import { defaults as config } from './defaultConfig'

const advice = (
  daemon: Partial<Config.Config['daemon']>,
  more: Partial<Config.Config> = {}
): ReadonlyArray<string> =>
  Lint.of({ ...config, ...more, daemon: { ...config.daemon, applicationName: 'orders', ...daemon } }).map(
    ({ key, text }) => `${key}: ${text}`
  )

describe('advice', () => {
  it('is absent by default, and for a value that is not a timeout', () => {
    assert.deepEqual(advice({}), [])
    assert.deepEqual(advice({ properties: { timeoutInSeconds: '0' } }), [])
  })

  it('says which slow batch a timeout would end the daemon for', () =>
    assert.deepEqual(
      [
        ...advice({ properties: { timeoutInSeconds: '60' } }),
        ...advice(
          { properties: { timeoutInSeconds: '60' }, maxRecords: 500 },
          { deadline: 10_000, failure: { ...config.failure, retries: 0 } }
        )
      ],
      [
        'daemon.properties.timeoutInSeconds: a batch that takes longer than 60 s without a checkpoint ends the daemon at once, with all its shards: one of 10000 records that take more than 6 ms each; a record may take 123500ms with deadline and failure.retries. Leave it out: a handler that hangs is found by its deadline',
        'daemon.properties.timeoutInSeconds: a batch that takes longer than 60 s without a checkpoint ends the daemon at once, with all its shards: one of 500 records that take more than 120 ms each; a record may take 10s with deadline and failure.retries. Leave it out: a handler that hangs is found by its deadline'
      ]
    ))

  it('of check is to stop a release that rejects every record, unless it is said, or nothing passes', () => {
    const unset = (failure: Partial<typeof config.failure>): ReadonlyArray<string> =>
      Lint.unset({ ...config, failure: { ...config.failure, ...failure } }).map(({ key }) => key)
    assert.deepEqual(unset({}), ['failure.badRelease'])
    assert.deepEqual(
      [unset({ badRelease: 0 }), unset({ badRelease: 100 }), unset({ then: 'halt' })],
      [[], [], []]
    )
  })

  it('says when the filter leaves the handler nothing of a pattern, or nothing at all', () => {
    const filter = (include: ReadonlyArray<string> | null, exclude: ReadonlyArray<string>) =>
      advice({}, { filter: { maxAge: null, include, exclude } })
    assert.deepEqual(
      [filter(['a*', 'b*'], ['b*']), filter(null, ['a*', '**']), filter(['a*'], ['ab*'])],
      [
        ['filter.include: b* is in filter.exclude too, which drops all that it matches'],
        ['filter.exclude: a pattern of stars alone matches every key: the handler gets no record'],
        []
      ]
    )
  })

  it('says that threads and relays mean nothing where each shard has a process', () => {
    const host = { ...config.host, threads: 4, relay: 'fifo' as const }
    assert.deepEqual(advice({}, { host: { ...host, mode: 'process' } }), [
      'host.threads: with host.mode: process each shard has a process, so this has no effect',
      'host.relay: with host.mode: process each shard has a process, so this has no effect'
    ])
    assert.deepEqual(advice({}, { host }), [])
  })

  it('says when the region of a sink is not that of its ARN, but of an emulator', () => {
    const streamArn = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders'
    const out = { type: 'kinesis', streamArn, region: 'eu-west-1' } as const
    assert.deepEqual(advice({}, { sinks: { out } }), [
      'sinks.out.region: found eu-west-1, but the ARN is of us-east-1'
    ])
    for (const right of [
      { ...out, region: 'us-east-1' },
      { ...out, endpoint: 'http://127.0.0.1:4567' }
    ])
      assert.deepEqual(advice({}, { sinks: { out: right } }), [])
  })

  it('says when the daemon would not wait for the last checkpoint', () => {
    const long = { checkpoint: { ...config.checkpoint, shutdownDeadline: 20_000 } }
    assert.deepEqual(advice({}, long), [
      'daemon.shutdownGrace: the daemon stops waiting after 20s, and the last checkpoint may be retried for 20s (checkpoint.shutdownDeadline); make it longer'
    ])
    assert.deepEqual(advice({ applicationName: null }, long), [])
    assert.deepEqual(advice({ shutdownGrace: 21_000 }, long), [])
  })

  it('says when a worker is called unhealthy for what it is allowed to do', () => {
    const status = { listen: '127.0.0.1:9100', hosts: null, stalled: 10_000 }
    const sinks = { store: { type: 'module', export: 'store', timeout: 1000, deadline: 60_000 } } as const
    const unhealthy = 'status.stalled: a worker counts as unhealthy after 10s, and'
    assert.deepEqual(advice({}, { status, sinks, batch: { ...config.batch, linger: 10_000 } }), [
      `${unhealthy} an attempt of the handler may take 30s (deadline); make it longer`,
      `${unhealthy} records may wait for 10s (batch.linger); make it longer`,
      `${unhealthy} a record may wait for its output for 61s (deadline and timeout of sinks.store); make it longer`
    ])
    assert.deepEqual(advice({}, { status: { ...status, listen: null } }), [])
    assert.deepEqual(advice({}, { status: { ...status, stalled: 0 } }), [])
    assert.deepEqual(advice({}, { status: { ...status, stalled: 62_000 }, sinks }), [])
  })

  it('says when a setting has no effect because of another one', () => {
    const sinks = {
      store: { type: 'module', export: 'store', timeout: 60_000, backoff: 31_000 }
    } as const
    assert.deepEqual(
      [
        ...advice({}, { failure: { ...config.failure, backoff: 90_000 } }),
        ...advice({}, { sinks }),
        ...advice({}, { concurrency: 7, undelivered: 6, batch: { ...config.batch, count: 6 } }),
        ...advice({}, { checkpoint: { ...config.checkpoint, interval: 0, count: 0, manual: false } }),
        ...advice({ consumerName: 'orders' }),
        ...advice({ retrieval: 'fan-out', maxRecords: 10, idleTimeBetweenReads: 5 })
      ],
      [
        'failure.backoff: found 90s, but no wait is longer than 1m',
        'sinks.store.backoff: found 31s, but no wait is longer than 30s',
        'sinks.store.timeout: a request may take 1m, but an output is given up after 1m (deadline), so a request that times out is never repeated',
        'concurrency: found 7, but no more than 6 records are in progress at once (undelivered)',
        'checkpoint.manual: with interval and count 0 there is no checkpoint while the worker runs, so a crash brings every record again',
        'daemon.consumerName: with daemon.retrieval: polling this has no effect',
        'daemon.maxRecords: with daemon.retrieval: fan-out this has no effect',
        'daemon.idleTimeBetweenReads: with daemon.retrieval: fan-out this has no effect'
      ]
    )
  })
})
