/** Against a real server on loopback that fails in every way. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import type * as SinkSettings from '../../src/sinks/Settings'
import * as Failure from '../../src/core/Failure'
import * as Http from '../../src/sinks/http'
import * as Outbox from '../../src/sinks/Outbox'
import type { Transport } from '../../src/sinks/Sink'
import { entry, settings } from './Fake'
import * as Time from './Time'

type Behaviour = (response: ServerResponse) => void

interface Seen {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const ok: Behaviour = (response) => response.end('thanks')

/** What the server does to the next requests, in turn; then it accepts. */
let behaviours: ReadonlyArray<Behaviour> = []
let seen: ReadonlyArray<Seen> = []
const sockets = new Set<unknown>()

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    seen = [...seen, { headers: request.headers, body }]
    const [now = ok, ...rest] = behaviours
    behaviours = rest
    now(response)
  })
})
server.on('connection', (socket) => sockets.add(socket))

let url = ''
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const NOW = Date.UTC(2026, 0, 31)

const transportOf = (
  given: Partial<SinkSettings.Http> = {},
  env: Readonly<Record<string, string>> = {}
): Transport => {
  const transport = Http.transport({ type: 'http', url, ...given }, env, () => NOW)
  if (E.isLeft(transport)) throw new Error(transport.left)
  return transport.right
}

const { signal } = new AbortController()

/** The end of a request with one entry. */
const said = async (behaviour: Behaviour, transport = transportOf()): Promise<string> => {
  behaviours = [behaviour]
  const [sent] = await transport.send([entry('1')], signal)
  if (sent === undefined || sent._tag === 'Done') return 'Done'
  return `${sent._tag}${sent._tag === 'Again' && sent.wait > 0 ? ` in ${sent.wait}` : ''}: ${Failure.show(sent.failure)}`
}

const status =
  (code: number, text = '', headers: Readonly<Record<string, string>> = {}): Behaviour =>
  (response) =>
    response.writeHead(code, headers).end(text)

/** What the server saw of one request. */
const sent = async (
  given: Partial<SinkSettings.Http>,
  ids: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<Seen> => {
  seen = []
  await transportOf(given, env).send(
    ids.map((id) => entry(id)),
    signal
  )
  const [one] = seen
  if (one === undefined) throw new Error('no request came')
  return one
}

describe('a request', () => {
  it('has a line for each output', async () => {
    const { headers, body } = await sent({}, ['1', '2'])
    assert.deepEqual([headers['content-type'], body], ['application/x-ndjson', '1\n2\n'])
  })

  it('is an array, when configured so', async () => {
    const { headers, body } = await sent({ format: 'json' }, ['1', '2'])
    assert.deepEqual([headers['content-type'], body], ['application/json', '[1,2]'])
  })

  it('has the ids and keys, when configured so', async () => {
    const { body } = await sent({ format: 'json', ids: true }, ['1', '2'])
    assert.deepEqual(JSON.parse(body), [
      { id: '1', key: 'k', value: 1 },
      { id: '2', key: 'k', value: 2 }
    ])
  })

  it('has an idempotency key: the id of its one output, or a hash of all ids', async () => {
    const one = await sent({}, ['shard:1:0:0'])
    const two = await sent({}, ['shard:1:0:0', 'shard:2:0:0'])
    const odd = await sent({}, ['é'])
    const hash = (...ids: ReadonlyArray<string>): string =>
      createHash('sha256').update(JSON.stringify(ids)).digest('hex')
    assert.deepEqual(
      [one, two, odd].map(({ headers }) => headers['idempotency-key']),
      ['shard:1:0:0', hash('shard:1:0:0', 'shard:2:0:0'), hash('é')]
    )
  })

  it('has a traceparent when all of its outputs were handled in one span, unless one is configured', async () => {
    const seenOf = async (
      given: Partial<SinkSettings.Http>,
      traces: ReadonlyArray<string>
    ): Promise<unknown> => {
      seen = []
      const entries = traces.map((traceparent, i) =>
        traceparent === '' ? entry(String(i)) : { ...entry(String(i)), traceparent }
      )
      await transportOf(given).send(entries, signal)
      return seen[0]?.headers['traceparent']
    }
    assert.deepEqual(
      [
        await seenOf({}, ['00-a']),
        await seenOf({}, ['00-a', '00-a']),
        await seenOf({}, ['00-a', '00-b']),
        await seenOf({}, ['00-a', '']),
        await seenOf({}, ['']),
        await seenOf({ headers: { Traceparent: '00-c' } }, ['00-a'])
      ],
      ['00-a', '00-a', undefined, undefined, undefined, '00-c']
    )
  })

  it('has the headers of the configuration, with variables filled in, instead of ours', async () => {
    const headers = { Authorization: 'Bearer ${TOKEN}', 'Content-Type': 'application/json-seq' }
    const got = (await sent({ headers }, ['1'], { TOKEN: 's3cret' })).headers
    assert.deepEqual([got.authorization, got['content-type']], ['Bearer s3cret', 'application/json-seq'])
  })

  it('uses a connection again', async () => {
    const transport = transportOf()
    await said(ok, transport)
    const before = sockets.size
    await said(ok, transport)
    await said(status(500, 'x'.repeat(100_000)), transport)
    await said(ok, transport)
    assert.equal(sockets.size, before)
  })
})

describe('an answer', () => {
  it('of success is an acknowledgement', async () => {
    assert.equal(await said(ok), 'Done')
    assert.equal(await said(status(204)), 'Done')
  })

  it("that is the server's fault, or a matter of time, comes again", async () => {
    for (const code of [408, 425, 429, 500, 502, 503, 504])
      assert.equal(await said(status(code, 'why')), `Again: HttpError: the server answered ${code}: why`)
  })

  it('that refuses is final', async () => {
    for (const code of [400, 401, 404, 409, 413, 422])
      assert.equal(await said(status(code)), `Never: HttpError: the server answered ${code}`)
  })

  it('may say when to come again, in seconds or by a date', async () => {
    const busy = (after: string): Behaviour =>
      status(429, '', { 'retry-after': after, date: 'Sat, 31 Jan 2026 00:00:00 GMT' })
    assert.equal(await said(busy('7')), 'Again in 7000: HttpError: the server answered 429')
    assert.equal(
      await said(busy('Sat, 31 Jan 2026 00:00:03 GMT')),
      'Again in 3000: HttpError: the server answered 429'
    )
    assert.equal(
      await said(busy('Sat, 31 Jan 2026 00:00:00 GMT')),
      'Again: HttpError: the server answered 429'
    )
    assert.equal(await said(busy('soon')), 'Again: HttpError: the server answered 429')
  })

  it('that leads elsewhere is not followed', async () => {
    seen = []
    assert.equal(
      await said(status(302, '', { location: '/other' })),
      'Never: HttpRedirect: the server answered 302: it is moved to /other'
    )
    assert.equal(seen.length, 1)
  })

  it('is reported by its beginning', async () => {
    const text = await said(status(500, 'x'.repeat(1_000_000)))
    assert.equal(text, `Again: HttpError: the server answered 500: ${'x'.repeat(200)}`)
  })
})

describe('no answer, or half of one, comes again', () => {
  it('when there is no listener', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await new Promise((resolve) => other.close(resolve))
    assert.equal(
      await said(ok, transportOf({ url: `http://127.0.0.1:${port}/` })),
      `Again: ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:${port}`
    )
  })

  const half =
    (end: (response: ServerResponse) => void): Behaviour =>
    (response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      setImmediate(() => end(response))
    }

  for (const [when, behaviour] of [
    ['when the connection is reset', (response) => response.socket?.resetAndDestroy()],
    ['when it is closed', (response) => response.socket?.destroy()],
    ['after its headers', half((response) => response.socket?.destroy())],
    ['in the middle of its body', half((response) => response.socket?.resetAndDestroy())]
  ] satisfies ReadonlyArray<readonly [string, Behaviour]>)
    it(when, async () => assert.match(await said(behaviour), /^Again: (UND_ERR_SOCKET|ECONNRESET): ./))

  it('when it takes too long', async () => {
    const controller = new AbortController()
    behaviours = [() => controller.abort()]
    const [answer] = await transportOf().send([entry('1')], controller.signal)
    assert.equal(answer?._tag, 'Again')
  })
})

describe('a sink whose server fails in every way', () => {
  it('delivers everything in order, a request that is repeated with the same key', async () => {
    seen = []
    // A request has no answer in time when the server says so, and not on a busy machine.
    const timeout = 200
    let late = (): void => assert.fail('there is no request')
    const later: typeof Time.real.later = (millis, then) => {
      if (millis !== timeout) return Time.real.later(millis, then)
      late = then
      return () => undefined
    }
    behaviours = [
      status(503),
      (response) => response.socket?.resetAndDestroy(),
      () => late(), // never answers
      status(429, '', { 'retry-after': '0' })
    ]
    const sink = Outbox.make(transportOf(), { ...settings, backoff: 1, timeout }, { ...Time.real, later })
    const ends = await Promise.all(['1', '2', '3'].map((id) => sink.push(entry(id))))
    await sink.close()
    assert.deepEqual(ends.map(E.isRight), [true, true, true])
    assert.deepEqual(
      seen.map(({ body }) => body),
      Array(5).fill('1\n2\n3\n')
    )
    assert.equal(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size, 1)
  })

  it('finds the one output that the server refuses', async () => {
    seen = []
    behaviours = [status(422), ok, status(422, 'no total'), ok]
    const sink = Outbox.make(transportOf(), settings, Time.real)
    const ends = await Promise.all(['1', '2', '3'].map((id) => sink.push(entry(id))))
    await sink.close()
    assert.deepEqual(ends.map(E.mapLeft(({ failure }) => Failure.show(failure))), [
      E.right(undefined),
      E.left('HttpError: the server answered 422: no total'),
      E.right(undefined)
    ])
    assert.deepEqual(
      seen.map(({ body }) => body),
      ['1\n2\n3\n', '1\n', '2\n', '3\n']
    )
  })
})

describe('settings that cannot be', () => {
  const problem = (given: Partial<SinkSettings.Http>): string => {
    const transport = Http.transport({ type: 'http', url, ...given }, { TOKEN: 'a\u0000b' }, () => NOW)
    return E.isLeft(transport) ? transport.left : 'none'
  }

  it('are reported, without secrets', () => {
    assert.equal(
      problem({ headers: { authorization: 'Bearer ${NONE}' } }),
      'headers.authorization: the environment variable NONE is not set'
    )
    assert.equal(
      problem({ headers: { authorization: '${TOKEN}' } }),
      'headers.authorization: HTTP does not allow this name, or a character of its value'
    )
    assert.equal(
      problem({ headers: { 'a b': 'c' } }),
      'headers.a b: HTTP does not allow this name, or a character of its value'
    )
    assert.equal(
      problem({ headers: { 'Content-Length': '3' } }),
      'headers.Content-Length: follows from the request itself and cannot be set'
    )
    assert.equal(
      problem({ url: 'http://user:secret@127.0.0.1/' }),
      'url: has a user or a password; write an authorization header instead'
    )
  })
})
