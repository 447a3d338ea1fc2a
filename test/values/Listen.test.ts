import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Listen from '../../src/values/Listen'
import * as SocketPath from '../../src/values/SocketPath'

const decoded = (value: unknown): unknown =>
  pipe(
    Listen.Codec.decode(value),
    E.getOrElse<unknown, unknown>(() => 'refused')
  )

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

  it('is nowhere when it is 0, as what is off', () => assert.deepEqual([0, '0'].map(decoded), [null, null]))

  it('is no path that a unix socket has no room for, counted in bytes', () => {
    const path = (letter: string, count: number): string => `/${letter.repeat(count)}`
    const most = SocketPath.MOST
    assert.equal(decoded(path('a', most - 1)), path('a', most - 1))
    for (const long of [path('a', most), path('ä', (most + 1) / 2)])
      assert.deepEqual(
        pipe(
          Listen.Codec.decode(long),
          E.mapLeft((problems) => problems.map(({ message }) => message))
        ),
        E.left([
          `a path of ${Buffer.byteLength(long)} bytes, which is too long for a unix socket (at most ${most})`
        ])
      )
  })

  it('is what a server of Node is given', () =>
    assert.deepEqual(['127.0.0.1:9100', '[::1]:9100', '/run/kclts.sock'].map(Listen.parse), [
      { host: '127.0.0.1', port: 9100 },
      { host: '::1', port: 9100 },
      { path: '/run/kclts.sock' }
    ]))
})
