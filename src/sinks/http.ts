/** `type: http`: entries in one POST, as a JSON array or as NDJSON. */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/Either'
import type * as SinkSettings from '../codec/SinkSettings'
import * as Time from '../codec/Time'
import * as Variables from '../codec/Variables'
import * as Failure from '../core/Failure'
import { again, done, never, textOf, type Entry, type Sent, type Transport } from './Sink'

/** 8 MiB is what common servers and proxies let through; a server that takes less answers 413. */
const LIMITS = { count: 10_000, bytes: 8 << 20, entryBytes: 8 << 20 }

const TYPES = { json: 'application/json', ndjson: 'application/x-ndjson' }

/** Left: a variable that is not set, or what HTTP allows in no header. Values are not told: they may be secret. */
const headersFrom = (
  { headers = {}, format = 'ndjson' }: SinkSettings.Http,
  env: Readonly<Record<string, string | undefined>>
): E.Either<string, Headers> => {
  const filled = new Headers({ 'content-type': TYPES[format] })
  for (const [name, text] of Object.entries(headers)) {
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

const bodyOf = (entries: ReadonlyArray<Entry>, { format, ids = false }: SinkSettings.Http): string => {
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

/** 408, 425, 429 and what is the server's fault may pass; anything else that is no success never will. */
const isPassing = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status)

/** Milliseconds; the header is seconds or a date. */
const waitOf = (retryAfter: string | null, now: number): number => {
  if (retryAfter === null) return 0
  const millis = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : (Time.parseHttp(retryAfter) ?? now) - now
  return Number.isFinite(millis) ? Math.max(0, millis) : 0
}

const EXCERPT = 200

/** Reads all of the answer, for half a response is no acknowledgement, and keeps its beginning. */
const drain = async ({ body }: Response): Promise<string> => {
  let text = ''
  const decoder = new TextDecoder()
  const chunks: AsyncIterable<Uint8Array> | null = body
  if (chunks !== null)
    for await (const chunk of chunks)
      if (text.length < EXCERPT) text += decoder.decode(chunk, { stream: true })
  return text.slice(0, EXCERPT)
}

const answerOf = async (response: Response, now: number): Promise<Sent> => {
  const { status, headers } = response
  const location = headers.get('location')
  const text = await drain(response)
  if (response.ok) return done
  if (location !== null)
    return never(Failure.make('HttpRedirect', `the server answered ${status}: it is moved to ${location}`))
  const failure = Failure.make('HttpError', `the server answered ${status}${text === '' ? '' : `: ${text}`}`)
  return isPassing(status) ? again(failure, waitOf(headers.get('retry-after'), now)) : never(failure)
}

/** `fetch failed` says nothing: its cause does. */
const unreached = (thrown: unknown): Failure.Failure => {
  const failure = Failure.fromUnknown(thrown)
  if (!(thrown instanceof Error) || thrown.cause === undefined) return failure
  const cause = Failure.fromUnknown(thrown.cause)
  const code =
    thrown.cause instanceof Error && 'code' in thrown.cause && typeof thrown.cause.code === 'string'
      ? thrown.cause.code
      : cause.name
  return Failure.make(code, cause.message === '' ? failure.message : cause.message, failure.stack)
}

/** Left: what is wrong with the settings, after the key it is about. `now`: milliseconds since 1970. */
export const transport = (
  settings: SinkSettings.Http,
  env: Readonly<Record<string, string | undefined>>,
  now: () => number
): E.Either<string, Transport> => {
  const { username, password } = new URL(settings.url)
  if (username !== '' || password !== '')
    return E.left('url: has a user or a password; write an authorization header instead')
  return E.map((common: Headers): Transport => ({
    limits: LIMITS,
    answersPerEntry: false,
    send: async (entries, signal) => {
      const headers = new Headers(common)
      headers.set('idempotency-key', keyOf(entries))
      try {
        const response = await fetch(settings.url, {
          method: 'POST',
          headers,
          body: bodyOf(entries, settings),
          redirect: 'manual', // followed, a POST would become a GET without its body
          signal
        })
        const sent = await answerOf(response, now())
        return entries.map(() => sent)
      } catch (thrown) {
        const sent = again(unreached(thrown))
        return entries.map(() => sent)
      }
    },
    close: () => Promise.resolve()
  }))(headersFrom(settings, env))
}
