/** A sink of type http beside proxies, slow servers and TLS, all on loopback. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import * as net from 'node:net'
import * as os from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { after, before, beforeEach, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Failure from '../../src/core/Failure'
import * as Http from '../../src/sinks/http'
import * as HttpClient from '../../src/sinks/HttpClient'
import type { Transport } from '../../src/sinks/Sink'
import { entry } from './Fake'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-http-client-'))
const servers: Array<net.Server> = []
const transports: Array<Transport> = []
after(async () => {
  await Promise.all(transports.map(({ close }) => close()))
  for (const server of servers) {
    if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections()
    server.close()
  }
  fs.rmSync(room, { recursive: true })
})

const listening = async (server: net.Server): Promise<number> => {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as net.AddressInfo).port
}

const { signal } = new AbortController()

const transportTo = (url: string, env: Readonly<Record<string, string>> = {}): Transport => {
  const transport = Http.transport({ type: 'http', url }, env, () => 0)
  if (E.isLeft(transport)) throw new Error(transport.left)
  transports.push(transport.right)
  return transport.right
}

/** What came of one entry. */
const post = async (transport: Transport): Promise<string> => {
  const [sent] = await transport.send([entry('1')], signal)
  if (sent === undefined || sent._tag === 'Done') return 'Done'
  const tag = sent._tag === 'Again' && sent.isDenied ? 'Denied' : sent._tag
  return `${tag}: ${Failure.show(sent.failure)}`
}

describe('an answer that is slow', () => {
  it('is waited for, however long a connection may idle', async () => {
    const server = http.createServer((request, response) => {
      request.resume()
      setTimeout(() => response.write('half'), 80)
      setTimeout(() => response.end('whole'), 160)
    })
    const url = new URL(`http://127.0.0.1:${await listening(server)}/`)
    const client = HttpClient.make(url, null, 20)
    const { status, text } = await client.post({}, 'x', signal)
    client.close()
    assert.deepEqual([status, text], [200, 'halfwhole'])
  })
})

describe('a proxy', () => {
  /** What it was asked for. */
  let asked: ReadonlyArray<string> = []
  let refusal: number | null = null
  const proxy = http.createServer((request, response) => {
    const { host, 'proxy-authorization': authorization = 'nobody' } = request.headers
    asked = [...asked, `${request.method} ${request.url} for ${host} by ${authorization}`]
    request.resume()
    request.on('end', () => response.writeHead(refusal ?? 200).end())
  })
  proxy.on('connect', (request, client: net.Socket) => {
    asked = [...asked, `CONNECT ${request.url} by ${request.headers['proxy-authorization'] ?? 'nobody'}`]
    if (refusal === 0) return // It never answers.
    if (refusal !== null) {
      client.end(`HTTP/1.1 ${refusal} Not today\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    // Whatever the name is: it is on loopback.
    const server = net.connect({ host: '127.0.0.1', port: Number(request.url?.split(':')[1]) })
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    server.pipe(client).pipe(server)
    for (const socket of [server, client]) socket.on('error', () => undefined)
  })
  let port = 0
  before(async () => {
    port = await listening(proxy)
  })
  beforeEach(() => {
    asked = []
    refusal = null
  })
  const env = (name: string): Readonly<Record<string, string>> => ({
    [name]: `http://user:s3cret@127.0.0.1:${port}`
  })
  const USER = `Basic ${Buffer.from('user:s3cret').toString('base64')}`

  it('is asked for the whole URL of http, with its user and password', async () => {
    const transport = transportTo('http://orders.invalid:8080/in?a=1', env('HTTP_PROXY'))
    assert.equal(await post(transport), 'Done')
    assert.deepEqual(asked, [`POST http://orders.invalid:8080/in?a=1 for orders.invalid:8080 by ${USER}`])
  })

  it('is passed over where NO_PROXY names the host', async () => {
    const server = http.createServer((request, response) => request.resume().on('end', () => response.end()))
    const url = `http://127.0.0.1:${await listening(server)}/`
    assert.equal(await post(transportTo(url, { ...env('HTTP_PROXY'), NO_PROXY: '127.0.0.0/8' })), 'Done')
    assert.deepEqual(asked, [])
  })

  it("that wants a user is an operator's matter, and so is one that leads nowhere", async () => {
    refusal = 407
    assert.equal(
      await post(transportTo('http://orders.invalid/', env('http_proxy'))),
      'Denied: HttpError: the server answered 407'
    )
    for (const status of [403, 407, 502]) {
      refusal = status
      assert.equal(
        await post(transportTo('https://orders.invalid/', env('https_proxy'))),
        `Denied: ProxyRefusal: the proxy http://***@127.0.0.1:${port} answered ${status} Not today`
      )
    }
  })

  it('that is gone is an outage, and its password is in no message', async () => {
    const closed = net.createServer()
    const free = await listening(closed)
    await new Promise((resolve) => closed.close(resolve))
    for (const url of ['http://orders.invalid/', 'https://orders.invalid/']) {
      const gone = `http://user:s3cret@127.0.0.1:${free}`
      assert.equal(
        await post(transportTo(url, { HTTP_PROXY: gone, HTTPS_PROXY: gone })),
        `Again: ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:${free} (through the proxy http://***@127.0.0.1:${free})`
      )
    }
  })

  it('that never answers holds nothing of a request that is given up', async () => {
    refusal = 0
    const giving = new AbortController()
    const transport = transportTo('https://orders.invalid/', env('HTTPS_PROXY'))
    const closed = new Promise<void>((resolve) =>
      proxy.once('connect', (_request, client: net.Socket) => {
        client.once('end', () => resolve(void client.end()))
        client.resume()
        giving.abort()
      })
    )
    const [sent] = await transport.send([entry('1')], giving.signal)
    await closed
    assert.equal(sent?._tag, 'Again')
  })

  const [key, certificate] = [path.join(room, 'key.pem'), path.join(room, 'certificate.pem')]
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...[
      '-keyout',
      key,
      '-out',
      certificate,
      '-subj',
      '/CN=orders',
      '-addext',
      'subjectAltName=DNS:orders.test'
    ]
  ])
  const skip = made.status === 0 ? false : 'no certificate can be made: openssl is missing'

  it('leads to https by CONNECT, and one connection serves many requests', { skip }, async () => {
    const server = https.createServer(
      { key: fs.readFileSync(key), cert: fs.readFileSync(certificate) },
      (request, response) => request.resume().on('end', () => response.end())
    )
    const url = `https://orders.test:${await listening(server)}/`
    assert.match(
      await post(transportTo(url, env('HTTPS_PROXY'))),
      /^Again: DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate.* \(through the proxy/
    )
    asked = []
    const script = `
      const E = require('fp-ts/Either')
      const Http = require(${JSON.stringify(path.join(__dirname, '../../src/sinks/http.js'))})
      const made = Http.transport({ type: 'http', url: ${JSON.stringify(url)} }, process.env, Date.now)
      const entry = { id: '1', key: 'k', value: 1, json: '1', bytes: 1 }
      const send = () => made.right.send([entry], new AbortController().signal)
      send().then((a) => send().then((b) => {
        console.log(JSON.stringify([...a, ...b]))
        made.right.close()
      }))`
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
      env: { ...process.env, ...env('HTTPS_PROXY'), NODE_EXTRA_CA_CERTS: certificate }
    })
    assert.deepEqual(JSON.parse(stdout), [{ _tag: 'Done' }, { _tag: 'Done' }])
    assert.deepEqual(asked, [`CONNECT ${new URL(url).host} by ${USER}`])
  })
})
