/** Health, readiness, metrics and the live page of a worker over HTTP. It only reads: nothing can be changed by it. */
import * as fs from 'node:fs'
import * as http from 'node:http'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as Listen from '../../values/Listen'
import type * as Clock from '../../run/Clock'
import * as Asked from './Asked'
import * as Connections from './Connections'
import * as Health from './Health'
import * as Metrics from './Metrics'
import * as Socket from './Socket'
import * as View from './View'
import type { Worker } from './Worker'

export interface Options {
  readonly listen: Listen.Listen
  /** How long a shard may make no progress while records wait, in milliseconds; 0: for ever. */
  readonly stalled: number
  /** Names that it may be asked by beside its own; null or left out: none. */
  readonly hosts?: ReadonlyArray<string> | null
  readonly worker: () => Worker
  readonly time: () => Clock.Time
  /** The folder of page.html, page.css and page.js, which are shipped beside this file. */
  readonly files: string
}

export interface Server {
  /** `127.0.0.1:9100`, or the path of the socket. */
  readonly address: string
  readonly close: () => Promise<void>
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

const TEXT = 'text/plain; charset=utf-8'

const text = (status: number, body: string): Answer => ({ status, contentType: TEXT, body: `${body}\n` })

const probe = (problems: Health.Problems): Answer =>
  problems.length === 0 ? text(200, 'ok') : text(503, problems.join('\n'))

/** The page asks for nothing from elsewhere, and no other page may frame it. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store'
} as const

type Route = () => Answer | Promise<Answer>

const routesOf = ({ worker, stalled, time, files }: Options): ReadonlyMap<string, Route> => {
  const file = (name: string, contentType: string): readonly [string, Route] => {
    const body = fs.readFileSync(path.join(files, name), 'utf8')
    return [name === 'page.html' ? '/' : `/${name}`, () => ({ status: 200, contentType, body })]
  }
  return new Map<string, Route>([
    ['/healthz', () => probe(Health.health(worker(), stalled, time().monotonic))],
    ['/readyz', () => probe(Health.readiness(worker(), stalled, time().monotonic))],
    ['/metrics', async () => ({ status: 200, ...(await Metrics.print(worker(), time().monotonic)) })],
    [
      '/status.json',
      () => ({
        status: 200,
        contentType: 'application/json; charset=utf-8',
        body: JSON.stringify(View.of(worker(), stalled, time()))
      })
    ],
    file('page.html', 'text/html; charset=utf-8'),
    file('page.css', 'text/css; charset=utf-8'),
    file('page.js', 'text/javascript; charset=utf-8')
  ])
}

/** A socket has a path, which no browser asks. */
const isForUs = (
  { listen, hosts = null }: Options,
  server: http.Server,
  header: string | undefined
): boolean => {
  const bound = server.address()
  if ('path' in listen || bound === null || typeof bound === 'string') return true
  return Asked.isForUs({ address: bound.address, host: listen.host, hosts }, header)
}

const answer = (
  options: Options,
  server: http.Server,
  routes: ReadonlyMap<string, Route>,
  { method, headers, url = '/' }: http.IncomingMessage
): Answer | Promise<Answer> => {
  if (!isForUs(options, server, headers.host))
    return text(403, 'request this server by an address, as localhost, or by a name in status.hosts')
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET and HEAD')
  const [found = '/'] = url.split('?')
  const route = routes.get(found)
  return route === undefined ? text(404, `there are ${[...routes.keys()].join(' ')}`) : route()
}

/** Left: why it cannot listen there. */
export const open = async (options: Options): Promise<E.Either<string, Server>> => {
  const routes = routesOf(options)
  const server = http.createServer(Connections.OPTIONS, (request, response) => {
    void Promise.resolve(answer(options, server, routes, request)).then(({ status, contentType, body }) => {
      response.writeHead(status, {
        ...HEADERS,
        'content-type': contentType,
        'content-length': Buffer.byteLength(body),
        ...(status === 405 ? { allow: 'GET, HEAD' } : {})
      })
      response.end(request.method === 'HEAD' ? undefined : body)
    })
  })
  Connections.bound(server)
  const address = await Socket.listen(server, options.listen)
  return pipe(
    address,
    E.map((found): Server => ({ address: found, close: () => close(server) }))
  )
}

const close = (server: http.Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
