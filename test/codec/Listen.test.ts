import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Listen from '../../src/codec/Listen'

const decoded = (value: unknown): unknown =>
  E.getOrElse<unknown, unknown>(() => 'refused')(Listen.Codec.decode(value))

describe('where a server listens', () => {
  it('is nowhere, a port of the loopback interface, another interface, or a socket', () =>
    assert.deepEqual(
      ['none', 9100, '9100', '0.0.0.0:9100', 'localhost:0', '[::1]:9100', '/run/kclts.sock'].map(decoded),
      [
        null,
        '127.0.0.1:9100',
        '127.0.0.1:9100',
        '0.0.0.0:9100',
        'localhost:0',
        '[::1]:9100',
        '/run/kclts.sock'
      ]
    ))

  it('is nothing else', () =>
    assert.deepEqual(
      ['', 65_536, -1, 'host', 'host:', '::1:9100', 'kclts.sock', '/run/\0', ':9100', true, null].map(
        decoded
      ),
      Array(11).fill('refused')
    ))

  it('is what a server of Node is given', () =>
    assert.deepEqual(['127.0.0.1:9100', '[::1]:9100', '/run/kclts.sock'].map(Listen.parse), [
      { host: '127.0.0.1', port: 9100 },
      { host: '::1', port: 9100 },
      { path: '/run/kclts.sock' }
    ]))
})
