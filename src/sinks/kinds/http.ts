/** `type: http`: a POST for a request of outputs. */
import { isFields } from '../../protocol/Fields'
import { guarded } from '../../values/Codec'
import { oneOf, Url } from '../../values/Key'
import { key, required, unset } from '../../values/KeySchema'
import * as Secrets from '../../values/Secrets'
import { common, ids, type Settings } from './Kind'

const Format = oneOf('json', 'ndjson')

const isHeaders = (u: unknown): u is Record<string, string> =>
  isFields(u) && Object.values(u).every((value) => typeof value === 'string')

const Headers = new Secrets.Secret(
  guarded(
    'a map of headers, each with text as its value',
    { type: 'object', additionalProperties: { type: 'string' } },
    isHeaders
  ),
  Secrets.whole
)

/** What is wrong with a header: none, or one problem. `name` is null where the name itself must not be shown. */
export const wrongHeader = ([name, value]: readonly [string, unknown]): ReadonlyArray<{
  readonly name: string | null
  readonly text: string
}> => {
  // A slip such as `{ Bearer x7Qp01mZ }` makes a name of the secret.
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
    return [{ name: null, text: 'found a name that HTTP does not allow, expected one such as authorization' }]
  return typeof value === 'string'
    ? []
    : [{ name, text: `found ${Secrets.foundFor(Headers)(value)}, expected text (put it into quotes)` }]
}

/** 8 MiB is what common servers and proxies let through; a server that takes less answers 413. */
export const LIMITS = { count: 10_000, bytes: 8 << 20, entryBytes: 8 << 20 }

const schema = {
  url: required(Url, 'The URL to POST to.', 'https://example.com/orders'),
  format: key(Format, 'ndjson', 'ndjson (one line per output) or json (one array).'),
  ids,
  headers: unset(
    Headers,
    'More HTTP headers. When the sink is opened, kclts replaces variables in the values, such as ${TOKEN}.',
    '{ authorization: "Bearer ${TOKEN}" }'
  ),
  ...common(100, '1MiB')
}

export type Http = Settings<'http', typeof schema>

export const http = { schema }
