/** An agent of `node:https` whose connections lead through a proxy, for our own client and those of the AWS SDK. */
import * as http from 'node:http'
import * as https from 'node:https'
import type { Duplex } from 'node:stream'
import * as Proxy from './Proxy'

/** The proxy has refused to lead to the server: nothing was sent to the server itself. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal'
}

/** The proxy of a URL; null: it is reached directly. */
type Choose = (url: URL) => Proxy.Proxy | null

type OnConnection = (problem: Error | null, socket?: Duplex | null) => void

/** Asks the proxy for a tunnel by CONNECT (RFC 9110, 9.3.6). */
const tunnel = (proxy: Proxy.Proxy, target: string, onEnd: OnConnection): http.ClientRequest => {
  const authorization = Proxy.authorizationOf(proxy)
  const request = (proxy.url.protocol === 'https:' ? https : http).request(proxy.url, {
    method: 'CONNECT',
    path: target,
    agent: false,
    auth: null,
    headers: { host: target, ...(authorization === null ? {} : { 'proxy-authorization': authorization }) }
  })
  request.once('connect', ({ statusCode = 0, statusMessage = '' }, socket) => {
    if (statusCode >= 200 && statusCode <= 299) return onEnd(null, socket)
    socket.destroy()
    onEnd(new ProxyRefusal(`the proxy ${proxy.shown} answered ${statusCode} ${statusMessage}`.trim()))
  })
  request.once('error', onEnd)
  request.end()
  return request
}

export class ProxyAgent extends https.Agent {
  readonly #pending = new Set<http.ClientRequest>()

  constructor(
    private readonly choose: Choose,
    options: https.AgentOptions
  ) {
    super(options)
  }

  override createConnection(
    options: https.RequestOptions,
    callback?: (problem: Error | null, socket: Duplex) => void
  ): Duplex | null | undefined {
    const { host } = options
    const target = `${host?.includes(':') === true ? `[${host}]` : host}:${options.port}`
    const proxy = this.choose(new URL(`https://${target}`))
    if (proxy === null) return super.createConnection(options, callback)
    const request = tunnel(proxy, target, (problem, socket) => {
      this.#pending.delete(request)
      const secure = socket && super.createConnection({ ...options, socket } as https.RequestOptions)
      // The type has no call for a failure alone, and the agent looks at the failure first.
      callback?.(problem, secure as Duplex)
    })
    this.#pending.add(request)
    return undefined
  }

  /** An output that is given up does not wait for a proxy that does not answer CONNECT. */
  readonly abandon = (): void => {
    for (const request of this.#pending) request.destroy()
  }

  override destroy(): void {
    this.abandon()
    super.destroy()
  }
}

export const make = (choose: Choose, options: https.AgentOptions): ProxyAgent =>
  new ProxyAgent(choose, options)
