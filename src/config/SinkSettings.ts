/** The settings of a sink by its type: a schema, from which types, decoding, hints and the documentation follow. */
import * as E from 'fp-ts/Either'
import * as Bytes from '../values/Bytes'
import { guarded } from '../values/Codec'
import * as Duration from '../values/Duration'
import { oneOf, Path, Positive, text, Truth, Url } from '../values/Key'
import * as KeySchema from '../values/KeySchema'
import { key, required, unset } from '../values/KeySchema'
import * as Secrets from '../values/Secrets'
import * as Variables from '../values/Variables'

const Text = text('text', /[^]/)
const Format = oneOf('json', 'ndjson')
const Then = oneOf('halt', 'dead-letter')
const Keys = guarded('1 or 2', { enum: [1, 2] }, (u): u is 1 | 2 => u === 1 || u === 2)

const isHeaders = (u: unknown): u is Record<string, string> =>
  typeof u === 'object' &&
  u !== null &&
  !Array.isArray(u) &&
  Object.values(u).every((value) => typeof value === 'string')

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

/** A size within what the service takes. */
const sizeUpTo = (most: number, shown: string) =>
  Bytes.which(
    `a size from 1 to ${shown}, such as 500kB, 1MiB or a number of bytes`,
    (bytes) => bytes >= 1 && bytes <= most
  )

const Record = sizeUpTo(10 << 20, '10MiB')
const Message = sizeUpTo(1 << 20, '1MiB')

const aws = {
  region: unset(Text, 'The region; without it, that of the environment.', 'eu-central-1'),
  endpoint: unset(
    Url,
    'Another endpoint than that of AWS, such as one on this machine.',
    'http://127.0.0.1:4566'
  )
}

const ids = key(
  Truth,
  false,
  'true: each output is {"id": its idempotency key, "key": its key, "value": the output}; false: the output alone.'
)

/** What every sink has beside its own settings. A request is full at `count` outputs or `bytes`: no more than the service takes. */
const common = (count: number, bytes: Bytes.Written) => ({
  batch: {
    count: key(Positive, count, 'Outputs in a request at most.'),
    bytes: key(Bytes.Above, bytes, 'Bytes of JSON in a request at most; one output may be larger.'),
    linger: key(
      Duration.Duration,
      0,
      'How long an output may wait for others to fill its request, 0: not at all. Those that come while one is under way wait anyway.'
    )
  },
  timeout: key(Duration.Above, '30s', 'How long a request may take; then it has failed.'),
  backoff: key(
    Duration.Above,
    '200ms',
    'The wait after a first failure; it doubles, with jitter, up to 30 s.'
  ),
  deadline: key(
    Duration.Duration,
    '60s',
    'An output is given up when it still fails so long after it was first sent; 0: when it first fails.'
  ),
  then: key(
    Then,
    'halt',
    'What becomes of the record of an output that is given up: halt (the worker) or dead-letter (the record).'
  ),
  keys: key(
    Keys,
    1,
    "What an idempotency key is made of. 2: stream, shard, position and the output's index; take it for a new sink. 1, the default: the same without the stream, as in older versions, for a sink that remembers such keys.",
    { example: 2 }
  )
})

const schemas = {
  file: {
    path: required(
      Path,
      'The file, one JSON line an output. The processes of one machine may share it.',
      './orders.ndjson'
    ),
    ids,
    rotate: {
      size: unset(
        Bytes.Above,
        'Begin a new file once it is as large; the old one gets the time in its name.',
        '100MB'
      ),
      interval: unset(Duration.Above, 'Begin a new file once it is as old.', '1d')
    },
    ...common(1000, '1MiB')
  },
  http: {
    url: required(Url, 'Where to POST to.', 'https://example.com/orders'),
    format: key(Format, 'ndjson', 'ndjson (a line an output) or json (an array).'),
    ids,
    headers: unset(
      Headers,
      'More headers; ${NAME} in a value is the environment variable of that name.',
      '{ authorization: "Bearer ${TOKEN}" }'
    ),
    ...common(100, '1MiB')
  },
  kinesis: {
    streamName: unset(Text, 'The stream, by its name (or else by its ARN: one of the two).', 'orders'),
    streamArn: unset(
      Text,
      'The stream, by its ARN.',
      'arn:aws:kinesis:eu-central-1:123456789012:stream/orders'
    ),
    ids,
    maxRecord: key(
      Record,
      '1MiB',
      'Bytes of a record with its key at most: what the stream is set to take (UpdateMaxRecordSize), up to 10MiB.'
    ),
    ...aws,
    ...common(500, '5MiB')
  },
  sqs: {
    queueUrl: required(
      Url,
      'The queue; one that ends in .fifo gets groups and deduplication.',
      'https://sqs.eu-central-1.amazonaws.com/123456789012/orders'
    ),
    maxMessage: key(
      Message,
      '1MiB',
      'Bytes of a message with its attribute at most: what the queue is set to take (MaximumMessageSize), up to 1MiB.'
    ),
    ...aws,
    ...common(10, '256KiB')
  },
  module: {
    export: required(Text, "The function that the handler's module exports under this name.", 'store'),
    ...common(100, '1MiB')
  }
}

export type Kind = keyof typeof schemas

/** As decoded: durations in milliseconds, sizes in bytes, the path of a file absolute. */
type Settings<K extends Kind> = KeySchema.Flat<{ readonly type: K } & KeySchema.Given<(typeof schemas)[K]>>
export type SinkSettings = { readonly [K in Kind]: Settings<K> }[Kind]
export type File = Settings<'file'>
export type Http = Settings<'http'>
export type Kinesis = Settings<'kinesis'>
export type Sqs = Settings<'sqs'>
export type Module = Settings<'module'>

export const kinds: ReadonlyArray<string> = Object.keys(schemas)

export const isKind = (u: unknown): u is Kind => typeof u === 'string' && kinds.includes(u)

export const is = (u: unknown): u is SinkSettings =>
  typeof u === 'object' &&
  u !== null &&
  'type' in u &&
  isKind(u.type) &&
  KeySchema.isGiven(schemas[u.type])(u)

const table = new Map(
  Object.entries(schemas).map(([kind, schema]) => [kind, KeySchema.keysOf(schema)] as const)
)

/** The keys that a sink of this type may have, `type` not among them. */
export const fieldsOf = (kind: Kind): ReadonlyArray<KeySchema.Key> => table.get(kind) ?? []

/** With the variables of its URLs replaced. Left: the key, and what is wrong with it. */
export const withVariables = (settings: SinkSettings, env: Variables.Env): E.Either<string, SinkSettings> => {
  const urls: Record<string, string> = {}
  for (const [key, text] of Object.entries(settings)) {
    const isUrl = fieldsOf(settings.type).some(({ path, codec }) => path === key && codec === Url)
    if (!isUrl || typeof text !== 'string') continue
    const url = Variables.fill(text, env)
    if (E.isLeft(url)) return E.left(`${key}: ${url.left}`)
    urls[key] = url.right
  }
  return E.right({ ...settings, ...urls })
}

/** The sinks whose idempotency keys begin with the name of the stream. */
export const wantStream = (
  sinks: Readonly<Record<string, Pick<SinkSettings, 'keys'>>>
): ReadonlyArray<string> => Object.keys(sinks).filter((name) => sinks[name]?.keys === 2)

/** How a sink sends, defaults filled in: sizes in bytes, durations in milliseconds. */
export interface Sending {
  readonly count: number
  readonly bytes: number
  readonly linger: number
  readonly timeout: number
  readonly backoff: number
  readonly deadline: number
  readonly then: 'halt' | 'dead-letter'
}

const fallbackOf = (kind: Kind, path: string): number => {
  const known = fieldsOf(kind).find((one) => one.path === path)
  const decoded: unknown = known === undefined ? undefined : E.toUnion(known.codec.decode(known.fallback))
  return typeof decoded === 'number' ? decoded : 0
}

export const sending = ({ type, batch = {}, then = 'halt', ...durations }: SinkSettings): Sending => ({
  count: batch.count ?? fallbackOf(type, 'batch.count'),
  bytes: batch.bytes ?? fallbackOf(type, 'batch.bytes'),
  linger: batch.linger ?? fallbackOf(type, 'batch.linger'),
  timeout: durations.timeout ?? fallbackOf(type, 'timeout'),
  backoff: durations.backoff ?? fallbackOf(type, 'backoff'),
  deadline: durations.deadline ?? fallbackOf(type, 'deadline'),
  then
})
