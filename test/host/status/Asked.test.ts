import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Asked from '../../../src/host/status/Asked'

const LOCAL: Asked.Place = { address: '127.0.0.1', host: '127.0.0.1', hosts: null }

const asked = (place: Asked.Place, headers: ReadonlyArray<string>): ReadonlyArray<string> =>
  headers.filter((header) => Asked.isForUs(place, header))

describe('the address that a server listens at', () => {
  it('is of this machine alone in whatever form it is written', () => {
    const local = ['127.0.0.1', '127.0.0.2', '127.255.255.254', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1']
    const others = ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '::2', '::ffff:10.0.0.1', 'fe80::1', '', 'name']
    assert.deepEqual([...local, ...others].filter(Asked.isLoopback), local)
  })
})

describe('the host of a request', () => {
  it('is read as URLs are', () =>
    assert.deepEqual(
      [
        'localhost',
        'LocalHost.:9100',
        '127.1:80',
        '0x7f000001',
        '2130706433',
        '017700000001',
        '[::1]:9100',
        '[0:0:0:0:0:0:0:1]',
        '[::ffff:127.0.0.1]',
        '[fe80::1%eth0]:9100',
        'evil.example:80'
      ].map(Asked.hostIn),
      [
        'localhost',
        'localhost',
        '127.0.0.1',
        '127.0.0.1',
        '127.0.0.1',
        '127.0.0.1',
        '::1',
        '::1',
        '::ffff:7f00:1',
        'fe80::1',
        'evil.example'
      ]
    ))

  it('is null when it is anything else', () =>
    assert.deepEqual(
      [
        '',
        'a b',
        'user@localhost',
        'localhost/x',
        'localhost?x',
        'localhost#x',
        'localhost:x',
        '::1',
        '[::1',
        'localhost\\@evil'
      ].map(Asked.hostIn),
      Array(10).fill(null)
    ))
})

describe('a server for this machine alone', () => {
  const good = [
    'localhost:9100',
    'LOCALHOST',
    'localhost.',
    'ip6-localhost',
    '127.0.0.1',
    '10.1.2.3',
    '[::1]:1',
    '127.1'
  ]
  const bad = [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'notlocalhost',
    '',
    'x@localhost'
  ]

  it('is asked by an address or as localhost, wherever it listens', () => {
    for (const address of ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1'])
      assert.deepEqual(asked({ ...LOCAL, address, host: address }, [...good, ...bad]), good)
    assert.ok(Asked.isForUs(LOCAL, undefined))
  })

  it('is asked by the name that it is configured to listen at, and by those of status.hosts', () => {
    const headers = ['Box.Local.:9100', 'status.example', 'evil.example']
    assert.deepEqual(asked({ ...LOCAL, host: 'box.local' }, headers), ['Box.Local.:9100'])
    assert.deepEqual(asked({ ...LOCAL, hosts: ['status.example'] }, headers), ['status.example'])
  })
})

describe('a server that other machines reach', () => {
  const place = { address: '0.0.0.0', host: '0.0.0.0', hosts: null }

  it('is asked by any name, unless status.hosts says by which', () => {
    const headers = ['worker.default.svc:9100', '10.1.2.3:9100', 'localhost', 'evil.example']
    assert.deepEqual(asked(place, headers), headers)
    assert.deepEqual(asked({ ...place, hosts: ['worker.default.svc'] }, headers), headers.slice(0, 3))
  })
})
