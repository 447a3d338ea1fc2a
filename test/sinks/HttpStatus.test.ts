/** Every status with every header that might change its meaning. */
import assert from 'node:assert/strict'
import * as net from 'node:net'
import { after, before, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Http from '../../src/sinks/http'
import type { Sent, Transport } from '../../src/sinks/Sink'
import { entry } from './Fake'

/** The next answer, byte by byte; null: the connection is closed without one. */
let answer: string | null = null

const server = net.createServer((socket) => {
  let got = ''
  socket.on('error', () => undefined)
  socket.on('data', (bytes: Buffer) => {
    got += bytes.toString()
    if (!got.endsWith('\r\n\r\n1\n')) return
    got = ''
    if (answer === null) socket.destroy()
    else socket.write(answer)
  })
})

let transport: Transport
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  const made = Http.transport({ type: 'http', url: `http://127.0.0.1:${port}/` }, {}, () => 0)
  if (E.isLeft(made)) throw new Error(made.left)
  transport = made.right
})
after(async () => {
  await transport.close()
  server.close()
})

const { signal } = new AbortController()

const shown = (sent: Sent | undefined): string => {
  if (sent?._tag === 'Again') return `${sent.isDenied ? 'Denied' : 'Again'} in ${sent.wait}`
  return sent?._tag === 'Never' ? `Never ${sent.failure.name}` : (sent?._tag ?? 'nothing')
}

const said = async (text: string | null): Promise<string> => {
  answer = text
  const [sent] = await transport.send([entry('1')], signal)
  return shown(sent)
}

const LOCATION = 'location: https://status.example.com/\r\n'
const WAIT = 'retry-after: 7\r\n'

const headers: ReadonlyArray<string> = ['', LOCATION, WAIT, LOCATION + WAIT]

/** What the answer means, said once more in other words. */
const expected = (status: number, given: string): string => {
  if (status < 300) return 'Done'
  if ([408, 425, 429].includes(status) || status >= 500)
    return given.includes(WAIT) ? 'Again in 7000' : 'Again in 0'
  if (status === 407) return 'Denied in 0'
  const isRedirect = [300, 301, 302, 303, 307, 308].includes(status) && given.includes(LOCATION)
  return isRedirect ? 'Never HttpRedirect' : 'Never HttpError'
}

describe('an answer of each status', () => {
  for (const [first, last] of [
    [200, 299],
    [300, 399],
    [400, 499],
    [500, 599]
  ] as const)
    it(`from ${first} to ${last} has one meaning, whatever its headers are`, async () => {
      for (let status: number = first; status <= last; status++)
        for (const given of headers) {
          const length = status === 204 || status === 304 ? '' : 'content-length: 0\r\n'
          assert.equal(
            await said(`HTTP/1.1 ${status} x\r\n${given}${length}\r\n`),
            expected(status, given),
            `${status} ${given}`
          )
        }
    })

  it('below 200 is not the last word', async () => {
    for (const status of [100, 102, 103, 199])
      assert.equal(
        await said(`HTTP/1.1 ${status} x\r\n${LOCATION}\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`),
        'Done'
      )
    assert.equal(
      await said('HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
      'Again in 0'
    )
  })

  it('without a valid status is not an acknowledgement', async () => {
    assert.equal(await said(null), 'Again in 0')
    assert.equal(await said('SSH-2.0-OpenSSH_9.2\r\n'), 'Again in 0')
    assert.equal(await said('HTTP/1.1 2000 OK\r\n\r\n'), 'Again in 0')
  })
})

describe('Retry-After as a date', () => {
  const busy = (after: string, date: string | null): string =>
    `HTTP/1.1 503 x\r\nretry-after: ${after}\r\n${date === null ? '' : `date: ${date}\r\n`}content-length: 0\r\n\r\n`

  it("counts from the server's own date, since our clock may be wrong", async () => {
    assert.equal(
      await said(busy('Sat, 31 Jan 2026 00:00:03 GMT', 'Sat, 31 Jan 2026 00:00:00 GMT')),
      'Again in 3000'
    )
    assert.equal(
      await said(busy('Sat, 31 Jan 2026 00:00:00 GMT', 'Sat, 31 Jan 2026 00:00:03 GMT')),
      'Again in 0'
    )
  })

  it('counts from our clock where the server has none', async () => {
    assert.equal(await said(busy('Thu, 01 Jan 1970 00:00:05 GMT', null)), 'Again in 5000')
    assert.equal(await said(busy('Thu, 01 Jan 1970 00:00:05 GMT', 'today')), 'Again in 5000')
    assert.equal(await said(busy('30 February', null)), 'Again in 0')
  })
})
