/**
 * POST by HTTP/1.1, directly or through a proxy, on connections that are kept.
 *
 * By `node:http`, and not by `fetch`: that one gives up an answer after 300 s whatever a sink's `timeout` is, and passes
 * over the variables for proxies before Node 24. Here nothing ends a request but its signal.
 */
import * as http from 'node:http'
import * as https from 'node:https'
import * as Proxy from './Proxy'
import * as ProxyAgent from './ProxyAgent'

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** The beginning of the body, which has arrived to its end. */
  readonly text: string
}

export interface Client {
  /** Rejects when no answer came, or half of one, and when the signal is aborted. */
  readonly post: (
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal
  ) => Promise<Answer>
  readonly close: () => void
}

/** Servers close what is idle, mostly after 5 s; a request that is sent just then fails. */
const IDLE = 4000

const EXCERPT = 200

const drain = async (response: http.IncomingMessage): Promise<string> => {
  let text = ''
  const decoder = new TextDecoder()
  const chunks: AsyncIterable<Uint8Array> = response
  for await (const chunk of chunks) if (text.length < EXCERPT) text += decoder.decode(chunk, { stream: true })
  return text.slice(0, EXCERPT)
}

const ask = (url: URL, options: https.RequestOptions): http.ClientRequest =>
  url.protocol === 'https:' ? https.request(url, options) : http.request(url, options)

const answered = (request: http.ClientRequest, body: string): Promise<http.IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
    request.once('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new Error('the server answered 101: it has switched to another protocol'))
    })
    request.end(body)
  })

/** How requests leave: the connections, and what is asked of whom. */
interface Way {
  readonly agent: http.Agent
  readonly to: URL
  readonly options: https.RequestOptions
  readonly abandon: () => void
}

const none = (): void => undefined

const wayTo = (url: URL, proxy: Proxy.Proxy | null, idle: number): Way => {
  const options = { keepAlive: true, timeout: idle }
  const agentOf = ({ protocol }: URL): http.Agent =>
    protocol === 'https:' ? new https.Agent(options) : new http.Agent(options)
  if (proxy === null) return { agent: agentOf(url), to: url, options: {}, abandon: none }
  if (url.protocol === 'https:') {
    const agent = ProxyAgent.make(() => proxy, options)
    return { agent, to: url, options: {}, abandon: agent.abandon }
  }
  const authorization = Proxy.authorizationOf(proxy)
  const headers = {
    host: url.host,
    ...(authorization === null ? {} : { 'proxy-authorization': authorization })
  }
  // A request to a proxy names the whole URL (RFC 9112, 3.2.2).
  return {
    agent: agentOf(proxy.url),
    to: proxy.url,
    options: { path: url.href.replace(/#.*$/, ''), headers, auth: null },
    abandon: none
  }
}

/** `idle`: milliseconds for which a connection without a request is kept. */
export const make = (url: URL, proxy: Proxy.Proxy | null, idle = IDLE): Client => {
  const { agent, to, options, abandon } = wayTo(url, proxy, idle)
  return {
    post: async (headers, body, signal) => {
      signal.addEventListener('abort', abandon)
      try {
        const request = ask(to, {
          ...options,
          method: 'POST',
          agent,
          signal,
          headers: { accept: '*/*', 'user-agent': 'kclts', ...headers, ...options.headers }
        })
        const response = await answered(request, body)
        const text = await drain(response)
        return { status: response.statusCode ?? 0, headers: response.headers, text }
      } finally {
        signal.removeEventListener('abort', abandon)
      }
    },
    close: () => agent.destroy()
  }
}
