/** `type: http`: entries in one POST, as a JSON array or as NDJSON. */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Secrets from '../values/Secrets'
import { LIMITS, type Http } from './kinds/http'
import type { World } from './kinds/Kind'
import * as Time from '../values/Time'
import * as Variables from '../values/Variables'
import * as Failure from '../core/Failure'
import * as Proxy from './Proxy'
import { ProxyRefusal } from './ProxyAgent'
import * as HttpClient from './HttpClient'
import { again, denied, done, never, textOf, type Entry, type Sent, type Transport } from './Sink'

const TYPES = { json: 'application/json', ndjson: 'application/x-ndjson' }

/** A wrong value of one of these breaks the connection. */
const OURS = ['connection', 'content-length', 'expect', 'keep-alive', 'transfer-encoding', 'upgrade']

/** Left: a variable that is not set, or what HTTP does not allow in a header. Values are not shown: they may be secret. */
const headersFrom = (
  { headers = {}, format = 'ndjson' }: Http,
  env: Readonly<Record<string, string | undefined>>
): E.Either<string, Headers> => {
  const filled = new Headers({ 'content-type': TYPES[format] })
  for (const [name, text] of Object.entries(headers)) {
    if (OURS.includes(name.toLowerCase()))
      return E.left(`headers.${name}: follows from the request itself and cannot be set`)
    const value = Variables.fill(text, env)
    if (E.isLeft(value)) return E.left(`headers.${name}: ${value.left}`)
    try {
      filled.set(name, value.right)
    } catch {
      return E.left(`headers.${name}: HTTP does not allow this name, or a character of its value`)
    }
  }
  return E.right(filled)
}

const bodyOf = (entries: ReadonlyArray<Entry>, { format, ids = false }: Http): string => {
  const texts = entries.map(textOf(ids))
  return format === 'json' ? `[${texts.join(',')}]` : texts.map((text) => `${text}\n`).join('')
}

const PRINTABLE = /^[\x21-\x7e]+$/

/** That of one entry is its id; that of several a hash of theirs. The same for the same entries. */
export const keyOf = (entries: ReadonlyArray<Entry>): string => {
  const [first] = entries
  if (first !== undefined && entries.length === 1 && PRINTABLE.test(first.id)) return first.id
  return createHash('sha256')
    .update(JSON.stringify(entries.map(({ id }) => id)))
    .digest('hex')
}

/**
 * The header has room for one parent (https://www.w3.org/TR/trace-context/#traceparent-header): a request whose outputs come
 * from records of several spans has none. What is configured by that name stays.
 */
const tracedBy = ([first, ...others]: ReadonlyArray<Entry>): Readonly<Record<string, string>> => {
  const traceparent = first?.traceparent
  return traceparent !== undefined && others.every((entry) => entry.traceparent === traceparent)
    ? { traceparent }
    : {}
}

/** What an answer's status says of the request, whatever its headers are. Every status has one meaning. */
type Meaning =
  | 'Taken'
  /** The moment, or the server, is at fault. */
  | 'Passing'
  /** An operator must give the proxy a user and a password. */
  | 'Denied'
  | 'Redirect'
  /** The request is at fault, and the same one will always be. */
  | 'Refused'

const REDIRECTS = [300, 301, 302, 303, 307, 308]

/** Request Timeout, Too Early, Too Many Requests. */
const PASSING = [408, 425, 429]

const meaningOf = (status: number): Meaning => {
  if (status >= 200 && status <= 299) return 'Taken'
  // Below 200 no final answer came.
  if (status < 200 || status >= 500 || PASSING.includes(status)) return 'Passing'
  if (status === 407) return 'Denied'
  return REDIRECTS.includes(status) ? 'Redirect' : 'Refused'
}

/**
 * Milliseconds; the header is seconds or a date. A date counts from that of the answer: the server's clock and ours may
 * differ, and ours may have been set meanwhile.
 */
const waitOf = ({ 'retry-after': after, date }: IncomingHttpHeaders, now: number): number => {
  if (after === undefined) return 0
  if (/^\d+$/.test(after)) return Number(after) * 1000
  const until = Time.parseHttp(after)
  const from = date === undefined ? null : Time.parseHttp(date)
  return until === null ? 0 : Math.max(0, until - (from ?? now))
}

/** What the server says, without what looks like a secret in it. */
const safe = Secrets.shown(Secrets.foreign)

const answerOf = ({ status, headers, text }: HttpClient.Answer, now: number): Sent => {
  const failure = Failure.make(
    'HttpError',
    `the server answered ${status}${text === '' ? '' : `: ${safe(text)}`}`
  )
  switch (meaningOf(status)) {
    case 'Taken':
      return done
    case 'Passing':
      return again(failure, waitOf(headers, now))
    case 'Denied':
      return denied(failure)
    case 'Redirect':
      return headers.location === undefined
        ? never(failure)
        : never(
            Failure.make(
              'HttpRedirect',
              `the server answered ${status}: it is moved to ${safe(headers.location)}`
            )
          )
    case 'Refused':
      return never(failure)
  }
}

/** Node's error for a name with several addresses has no message of its own. */
const isSeveral = (thrown: Error): thrown is Error & { readonly errors: ReadonlyArray<unknown> } =>
  'errors' in thrown && Array.isArray(thrown.errors)

/** The code of the operating system, or of TLS, says more than the name `Error`. */
const unreached = (thrown: unknown, proxy: Proxy.Proxy | null): Failure.Failure => {
  const { name, message, stack } = Failure.fromUnknown(thrown)
  const code =
    thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : name
  const said =
    thrown instanceof Error && message === '' && isSeveral(thrown)
      ? thrown.errors.map((one) => Failure.fromUnknown(one).message).join('; ')
      : message
  const isNamed = proxy === null || thrown instanceof ProxyRefusal
  return Failure.make(code, isNamed ? said : `${said} (through the proxy ${proxy.shown})`, stack)
}

/** No answer came: it comes again, since the network may be at fault. A proxy that refuses needs an operator. */
const withoutAnswer = (thrown: unknown, proxy: Proxy.Proxy | null): Sent =>
  (thrown instanceof ProxyRefusal ? denied : again)(unreached(thrown, proxy))

/** Left: what is wrong with the settings, after the key it is about. `now`: milliseconds since 1970. */
export const transport = (
  settings: Http,
  env: Readonly<Record<string, string | undefined>>,
  now: () => number
): E.Either<string, Transport> => {
  const url = new URL(settings.url)
  if (url.username !== '' || url.password !== '')
    return E.left('url: has a user or a password; write an authorization header instead')
  const proxy = Proxy.of(url, env)
  if (E.isLeft(proxy)) return E.left(`url: ${proxy.left}`)
  return pipe(
    headersFrom(settings, env),
    E.map((common): Transport => {
      const client = HttpClient.make(url, proxy.right)
      return {
        limits: LIMITS,
        answersPerEntry: false,
        send: async (entries, signal) => {
          const headers = {
            ...tracedBy(entries),
            ...Object.fromEntries(common),
            'idempotency-key': keyOf(entries)
          }
          try {
            const sent = answerOf(await client.post(headers, bodyOf(entries, settings), signal), now())
            return entries.map(() => sent)
          } catch (thrown) {
            const sent = withoutAnswer(thrown, proxy.right)
            return entries.map(() => sent)
          }
        },
        close: () => Promise.resolve(client.close())
      }
    })
  )
}

export const open = (settings: Http, { env, wall }: World): Promise<E.Either<string, Transport>> =>
  Promise.resolve(
    pipe(
      transport(settings, env, wall),
      E.mapLeft((problem) => `.${problem}`)
    )
  )
