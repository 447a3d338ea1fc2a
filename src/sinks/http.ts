/** `type: http`: entries in one POST, as a JSON array or as NDJSON. */
import type * as SinkSettings from '../codec/SinkSettings'
import * as Failure from '../core/Failure'
import { again, done, never, type Entry, type Sent, type Transport } from './Sink'

/** 8 MiB is what common servers and proxies let through; a server that takes less answers 413. */
const LIMITS = { count: 10_000, bytes: 8 << 20, entryBytes: 8 << 20 }

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** Left out of the result: nothing. A variable that is not set is a problem, told by its name. */
export const headersFrom = (
  headers: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>
): { readonly headers: Readonly<Record<string, string>>; readonly missing: ReadonlyArray<string> } => {
  const missing = new Set<string>()
  const filled = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replace(VARIABLE, (_whole, variable: string) => {
        const found = env[variable]
        if (found === undefined) missing.add(variable)
        return found ?? ''
      })
    ])
  )
  return { headers: filled, missing: [...missing] }
}

/** 408, 425, 429 and what is the server's fault may pass; anything else that is no success never will. */
const isPassing = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status)

const bodyOf = (entries: ReadonlyArray<Entry>, format: 'json' | 'ndjson'): string =>
  format === 'json'
    ? `[${entries.map(({ json }) => json).join(',')}]`
    : entries.map(({ json }) => `${json}\n`).join('')

/**
 * The request's `idempotency-key` is the ids of its first and last entry and their number: the same for the same
 * entries. A server that wants one for each entry finds them in the values, or takes one entry a request
 * (`batch.count: 1`).
 */
const keyOf = (entries: ReadonlyArray<Entry>): string =>
  entries.length === 1
    ? (entries[0]?.id ?? '')
    : `${entries[0]?.id ?? ''}..${entries[entries.length - 1]?.id ?? ''}#${entries.length}`

export const transport = (
  settings: SinkSettings.Http,
  headers: Readonly<Record<string, string>>
): Transport => {
  const format = settings.format ?? 'ndjson'
  return {
    limits: LIMITS,
    answersPerEntry: false,
    send: async (entries, signal) => {
      const response = await fetch(settings.url, {
        method: 'POST',
        headers: {
          'content-type': format === 'json' ? 'application/json' : 'application/x-ndjson',
          'idempotency-key': keyOf(entries),
          ...headers
        },
        body: bodyOf(entries, format),
        signal
      })
      // The whole answer is read: half a response is no acknowledgement.
      const text = await response.text()
      const sent: Sent = response.ok ? done : refusal(response.status, text)
      return entries.map(() => sent)
    },
    close: () => Promise.resolve()
  }
}

const refusal = (status: number, text: string): Sent =>
  (isPassing(status) ? again : never)(
    Failure.make('HttpError', `the server answered ${status}: ${text.slice(0, 200)}`)
  )
