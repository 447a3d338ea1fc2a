/** The settings of a sink by its type: one table, from which decoding, hints and the documentation follow. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import * as Bytes from './Bytes'
import * as Duration from './Duration'
import { guarded, oneOf, Path, Positive, text, Truth, Url } from './Key'
import * as Secrets from './Secrets'
import * as Variables from './Variables'

/** What every sink has beside its own settings. */
const Common = t.partial({
  batch: t.partial({ count: t.number, bytes: t.number, linger: t.number }),
  timeout: t.number,
  backoff: t.number,
  deadline: t.number,
  then: t.keyof({ halt: null, 'dead-letter': null }),
  keys: t.union([t.literal(1), t.literal(2)])
})

const File = t.intersection([
  t.type({ type: t.literal('file'), path: t.string }),
  t.partial({ ids: t.boolean, rotate: t.partial({ size: t.number, interval: t.number }) })
])
const Http = t.intersection([
  t.type({ type: t.literal('http'), url: t.string }),
  t.partial({
    format: t.keyof({ json: null, ndjson: null }),
    ids: t.boolean,
    headers: t.record(t.string, t.string)
  })
])
const Kinesis = t.intersection([
  t.type({ type: t.literal('kinesis') }),
  t.partial({
    streamName: t.string,
    streamArn: t.string,
    ids: t.boolean,
    maxRecord: t.number,
    region: t.string,
    endpoint: t.string
  })
])
const Sqs = t.intersection([
  t.type({ type: t.literal('sqs'), queueUrl: t.string }),
  t.partial({ maxMessage: t.number, region: t.string, endpoint: t.string })
])
const Module = t.type({ type: t.literal('module'), export: t.string })

/** As decoded: durations in milliseconds, sizes in bytes, the path of a file absolute. */
export const SinkSettings = t.intersection([t.union([File, Http, Kinesis, Sqs, Module]), Common])
export type SinkSettings = t.TypeOf<typeof SinkSettings>
export type File = t.TypeOf<typeof File>
export type Http = t.TypeOf<typeof Http>
export type Kinesis = t.TypeOf<typeof Kinesis>
export type Sqs = t.TypeOf<typeof Sqs>
export type Module = t.TypeOf<typeof Module>
export type Kind = SinkSettings['type']

/** One key of a sink. */
export interface Field {
  /** `batch.count`. */
  readonly path: string
  readonly codec: t.Mixed
  readonly isRequired: boolean
  /** Taken relative to the file of the configuration. */
  readonly isPath: boolean
  /** As it is written in YAML; undefined when nothing stands for it. */
  readonly fallback: string | number | boolean | undefined
  /** What a user might write. */
  readonly example: string | number | boolean
  readonly meaning: string
}

const Text = text('text', /[^]/)
const Format = oneOf('json', 'ndjson')
const Then = oneOf('halt', 'dead-letter')
const Keys = guarded('1 or 2', (u): u is 1 | 2 => u === 1 || u === 2)

const isHeaders = (u: unknown): u is Record<string, string> =>
  typeof u === 'object' &&
  u !== null &&
  !Array.isArray(u) &&
  Object.values(u).every((value) => typeof value === 'string')

const Headers = new Secrets.Secret(
  guarded('a map of headers, each with text as its value', isHeaders),
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
const sizeUpTo = (most: number, shown: string): t.Type<number, number> =>
  new t.Type(
    `a size from 1 to ${shown}, such as 500kB, 1MiB or a number of bytes`,
    (u): u is number => Bytes.Bytes.is(u) && u >= 1 && u <= most,
    (u, c) =>
      pipe(
        Bytes.Bytes.validate(u, c),
        E.chain((bytes) => (bytes >= 1 && bytes <= most ? t.success(bytes) : t.failure(u, c)))
      ),
    t.identity
  )

const Record = sizeUpTo(10 << 20, '10MiB')
const Message = sizeUpTo(1 << 20, '1MiB')

type Scalar = string | number | boolean

const field = (path: string, codec: t.Mixed, meaning: string, example: Scalar): Field => ({
  path,
  codec,
  isRequired: false,
  isPath: codec === Path,
  fallback: undefined,
  example,
  meaning
})

const may = (path: string, codec: t.Mixed, fallback: Scalar, meaning: string): Field => ({
  ...field(path, codec, meaning, fallback),
  fallback
})

const must = (path: string, codec: t.Mixed, example: Scalar, meaning: string): Field => ({
  ...field(path, codec, meaning, example),
  isRequired: true
})

const aws: ReadonlyArray<Field> = [
  field('region', Text, 'The region; without it, that of the environment.', 'eu-central-1'),
  field(
    'endpoint',
    Url,
    'Another endpoint than that of AWS, such as one on this machine.',
    'http://127.0.0.1:4566'
  )
]

const ids = may(
  'ids',
  Truth,
  false,
  'true: each output is {"id": its idempotency key, "key": its key, "value": the output}; false: the output alone.'
)

const own: Readonly<Record<Kind, ReadonlyArray<Field>>> = {
  file: [
    must(
      'path',
      Path,
      './orders.ndjson',
      'The file, one JSON line an output. The processes of one machine may share it.'
    ),
    ids,
    field(
      'rotate.size',
      Bytes.Above,
      'Begin a new file once it is as large; the old one gets the time in its name.',
      '100MB'
    ),
    field('rotate.interval', Duration.Above, 'Begin a new file once it is as old.', '1d')
  ],
  http: [
    must('url', Url, 'https://example.com/orders', 'Where to POST to.'),
    may('format', Format, 'ndjson', 'ndjson (a line an output) or json (an array).'),
    ids,
    field(
      'headers',
      Headers,
      'More headers; ${NAME} in a value is the environment variable of that name.',
      '{ authorization: "Bearer ${TOKEN}" }'
    )
  ],
  kinesis: [
    field('streamName', Text, 'The stream, by its name (or else by its ARN: one of the two).', 'orders'),
    field(
      'streamArn',
      Text,
      'The stream, by its ARN.',
      'arn:aws:kinesis:eu-central-1:123456789012:stream/orders'
    ),
    ids,
    may(
      'maxRecord',
      Record,
      '1MiB',
      'Bytes of a record with its key at most: what the stream is set to take (UpdateMaxRecordSize), up to 10MiB.'
    ),
    ...aws
  ],
  sqs: [
    must(
      'queueUrl',
      Url,
      'https://sqs.eu-central-1.amazonaws.com/123456789012/orders',
      'The queue; one that ends in .fifo gets groups and deduplication.'
    ),
    may(
      'maxMessage',
      Message,
      '1MiB',
      'Bytes of a message with its attribute at most: what the queue is set to take (MaximumMessageSize), up to 1MiB.'
    ),
    ...aws
  ],
  module: [must('export', Text, 'store', "The function that the handler's module exports under this name.")]
}

/** What fills a request unless it is said otherwise. No more than the service takes. */
const filled: Readonly<Record<Kind, { readonly count: number; readonly bytes: string }>> = {
  file: { count: 1000, bytes: '1MiB' },
  http: { count: 100, bytes: '1MiB' },
  kinesis: { count: 500, bytes: '5MiB' },
  sqs: { count: 10, bytes: '256KiB' },
  module: { count: 100, bytes: '1MiB' }
}

const common = (kind: Kind): ReadonlyArray<Field> => [
  may('batch.count', Positive, filled[kind].count, 'Outputs in a request at most.'),
  may(
    'batch.bytes',
    Bytes.Above,
    filled[kind].bytes,
    'Bytes of JSON in a request at most; one output may be larger.'
  ),
  may(
    'batch.linger',
    Duration.Duration,
    0,
    'How long an output may wait for others to fill its request, 0: not at all. Those that come while one is under way wait anyway.'
  ),
  may('timeout', Duration.Above, '30s', 'How long a request may take; then it has failed.'),
  may(
    'backoff',
    Duration.Above,
    '200ms',
    'The wait after a first failure; it doubles, with jitter, up to 30 s.'
  ),
  may(
    'deadline',
    Duration.Duration,
    '60s',
    'An output is given up when it still fails so long after it was first sent; 0: when it first fails.'
  ),
  may(
    'then',
    Then,
    'halt',
    'What becomes of the record of an output that is given up: halt (the worker) or dead-letter (the record).'
  ),
  {
    ...may(
      'keys',
      Keys,
      1,
      "What an idempotency key is made of. 2: stream, shard, position and the output's index; take it for a new sink. 1, the default: the same without the stream, as in older versions, for a sink that remembers such keys."
    ),
    example: 2
  }
]

const table: Readonly<Record<Kind, ReadonlyArray<Field>>> = {
  file: [...own.file, ...common('file')],
  http: [...own.http, ...common('http')],
  kinesis: [...own.kinesis, ...common('kinesis')],
  sqs: [...own.sqs, ...common('sqs')],
  module: [...own.module, ...common('module')]
}

export const kinds: ReadonlyArray<string> = Object.keys(table)

export const isKind = (u: unknown): u is Kind => typeof u === 'string' && kinds.includes(u)

/** The keys that a sink of this type may have, `type` not among them. */
export const fieldsOf = (kind: Kind): ReadonlyArray<Field> => table[kind]

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
