import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import * as Proxy from '../../src/sinks/Proxy'

type Env = Readonly<Record<string, string>>

/** How the proxy of the URL is shown; direct, or what is wrong. */
const of = (url: string, env: Env): string => {
  const proxy = Proxy.of(new URL(url), env)
  return E.isLeft(proxy) ? proxy.left : (proxy.right?.shown ?? 'direct')
}

const PROXY = 'http://proxy:3128'

describe('the proxy of a URL', () => {
  it('is that of its protocol, in lower case before upper case', () => {
    const env = { HTTP_PROXY: 'http://upper:1', HTTPS_PROXY: 'http://secure:2', http_proxy: 'http://lower:3' }
    assert.equal(of('http://orders/', env), 'http://lower:3')
    assert.equal(of('https://orders/', env), 'http://secure:2')
    assert.equal(of('https://orders/', { HTTP_PROXY: PROXY }), 'direct')
    assert.equal(of('http://orders/', { HTTP_PROXY: PROXY, http_proxy: '' }), 'direct')
    assert.equal(of('http://orders/', {}), 'direct')
  })

  it('may be short, and may be reached by TLS', () => {
    assert.equal(of('http://orders/', { HTTP_PROXY: 'proxy:3128' }), PROXY)
    assert.equal(of('http://orders/', { HTTP_PROXY: ' https://proxy/ ' }), 'https://proxy')
  })

  it('is shown without its user and password', () => {
    for (const secret of ['us3r:s3cret', 's3cret', ':s3cret', 'us3r:s3cr%40et']) {
      const shown = of('http://orders/', { HTTP_PROXY: `http://${secret}@proxy:3128` })
      assert.equal(shown, 'http://***@proxy:3128')
    }
  })

  it('with an invalid address is reported without its value', () => {
    const values = ['socks5://u:s3cret@proxy', 'http://u:s3cret@', '://s3cret', 'http://[s3cret']
    // A part of the password would be the host.
    for (const value of [...values, 'u:12@s3/cret@proxy:3128', 'u:12@s3?cret@proxy', 'u:12@s3#cret@proxy'])
      assert.equal(
        of('https://orders/', { HTTPS_PROXY: value }),
        'the environment variable HTTPS_PROXY is not the URL of a proxy, expected one such as http://proxy.example.com:3128 (in a password, / is written %2F)'
      )
  })

  it('knows its user by a header', () => {
    const header = (url: string) => Proxy.authorizationOf({ url: new URL(url), shown: '' })
    assert.equal(header('http://proxy'), null)
    assert.equal(header('http://u:p%40ss@proxy'), `Basic ${Buffer.from('u:p@ss').toString('base64')}`)
    assert.equal(header('http://u:pa%ss%@proxy'), `Basic ${Buffer.from('u:pa%ss%').toString('base64')}`)
    assert.equal(
      header('http://u:p%E4@proxy'),
      `Basic ${Buffer.from('u:p\xe4', 'latin1').toString('base64')}`
    )
    assert.equal(header('http://u:ä@proxy'), `Basic ${Buffer.from('u:ä').toString('base64')}`)
  })
})

describe('NO_PROXY', () => {
  const cases: ReadonlyArray<readonly [string, string, boolean]> = [
    ['*', 'http://orders.example.com/', true],
    ['', 'http://orders.example.com/', false],
    ['orders.example.com', 'http://orders.example.com/', true],
    ['example.com', 'http://orders.example.com/', true],
    ['.example.com', 'http://orders.example.com/', true],
    ['*.example.com', 'http://orders.example.com/', true],
    ['.example.com', 'http://example.com/', true],
    ['example.com', 'http://badexample.com/', false],
    ['EXAMPLE.com', 'http://Orders.Example.COM/', true],
    ['example.com.', 'http://example.com/', true],
    ['example.com', 'http://example.com./', true],
    ['other, example.com', 'http://example.com/', true],
    ['other example.com', 'http://example.com/', true],
    ['other.com', 'http://example.com/', false],
    ['example.com:8080', 'http://example.com:8080/', true],
    ['example.com:8080', 'http://example.com/', false],
    ['example.com:80', 'http://example.com/', true],
    ['example.com:443', 'https://example.com/', true],
    ['127.0.0.1', 'http://127.0.0.1:9/', true],
    ['127.0.0.1:9', 'http://127.0.0.1:9/', true],
    ['127.0.0.1:8', 'http://127.0.0.1:9/', false],
    ['127.0.0.1', 'http://127.1/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/33', 'http://10.0.0.0/', false],
    ['10.0.0.0/x', 'http://10.0.0.0/', false],
    ['::1', 'http://[::1]:9/', true],
    ['[::1]', 'http://[::1]:9/', true],
    ['[::1]:9', 'http://[::1]:9/', true],
    ['[::1]:8', 'http://[::1]:9/', false],
    ['0:0:0:0:0:0:0:1', 'http://[::1]/', true],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['fd00::/8', 'http://[fe80::1]/', false],
    ['10.0.0.0/8', 'http://[fd12::1]/', false],
    ['1', 'http://10.0.0.1/', false],
    ['.', 'http://example.com/', false],
    ['/', 'http://example.com/', false]
  ]
  for (const [noProxy, url, isDirect] of cases)
    it(`${JSON.stringify(noProxy)} ${isDirect ? 'has' : 'has not'} ${url}`, () => {
      for (const name of ['NO_PROXY', 'no_proxy'])
        assert.equal(
          of(url, { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, [name]: noProxy }),
          isDirect ? 'direct' : PROXY
        )
    })

  it('of any text throws nothing', () =>
    fc.assert(
      fc.property(fc.string(), (noProxy) => {
        assert.match(of('http://[::1]:9/', { HTTP_PROXY: PROXY, NO_PROXY: noProxy }), /^(direct|http:.*)$/)
      })
    ))
})
