import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type * as Config from '../../src/codec/Config'
import * as Advice from '../../src/daemon/java/Advice'
import { defaults as config } from '../codec/defaultConfig'

const advice = (
  daemon: Partial<Config.Config['daemon']>,
  more: Partial<Config.Config> = {}
): ReadonlyArray<string> =>
  Advice.of({ ...config, ...more, daemon: { ...config.daemon, applicationName: 'orders', ...daemon } }).map(
    ({ key, text }) => `${key}: ${text}`
  )

describe('advice', () => {
  it('is none by default, nor for a timeout that is none', () => {
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
        'daemon.properties.timeoutInSeconds: a batch that takes longer than 60 s without a checkpoint ends the daemon at once, with all its shards: one of 10000 records of more than 6 ms each, and a record may take 123500ms by deadline and failure.retries. Leave it out: a handler that hangs is found by its deadline',
        'daemon.properties.timeoutInSeconds: a batch that takes longer than 60 s without a checkpoint ends the daemon at once, with all its shards: one of 500 records of more than 120 ms each, and a record may take 10s by deadline and failure.retries. Leave it out: a handler that hangs is found by its deadline'
      ]
    ))

  it('says that threads mean nothing where each shard has a process', () => {
    const host = { ...config.host, threads: 4 }
    assert.deepEqual(advice({}, { host: { ...host, mode: 'process' } }), [
      'host.threads: with host.mode: process each shard has a process, and this says nothing'
    ])
    assert.deepEqual(advice({}, { host }), [])
  })

  it('says when the daemon would not wait for the last checkpoint', () => {
    const long = { checkpoint: { ...config.checkpoint, shutdownDeadline: 20_000 } }
    assert.deepEqual(advice({}, long), [
      'daemon.shutdownGrace: the daemon stops waiting after 20s, and the last checkpoint may be retried for 20s (checkpoint.shutdownDeadline); make it longer'
    ])
    assert.deepEqual(advice({ applicationName: null }, long), [])
    assert.deepEqual(advice({ shutdownGrace: 21_000 }, long), [])
  })
})
