/** The settings of a sink by its type: one table, from which decoding, hints and the documentation follow. */
import * as t from 'io-ts'
import { Bytes } from './Bytes'
import { Duration } from './Duration'

/** What every sink has beside its own settings. */
const Common = t.partial({
  batch: t.partial({ count: t.number, bytes: t.number, linger: t.number }),
  backoff: t.number,
  deadline: t.number,
  then: t.keyof({ halt: null, 'dead-letter': null })
})

const File = t.intersection([
  t.type({ type: t.literal('file'), path: t.string }),
  t.partial({ rotate: t.partial({ size: t.number, interval: t.number }) })
])
const Http = t.intersection([
  t.type({ type: t.literal('http'), url: t.string }),
  t.partial({ format: t.keyof({ json: null, ndjson: null }), headers: t.record(t.string, t.string) })
])
const Kinesis = t.intersection([
  t.type({ type: t.literal('kinesis') }),
  t.partial({ streamName: t.string, streamArn: t.string, region: t.string, endpoint: t.string })
])
const Sqs = t.intersection([
  t.type({ type: t.literal('sqs'), queueUrl: t.string }),
  t.partial({ region: t.string, endpoint: t.string })
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
  readonly meaning: string
}

const named = (name: string, is: (text: string) => boolean): t.Type<string> => {
  const guard = (u: unknown): u is string => typeof u === 'string' && is(u)
  return new t.Type(name, guard, (u, c) => (guard(u) ? t.success(u) : t.failure(u, c)), t.identity)
}

const isUrl = (text: string): boolean =>
  /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '') && !text.includes('\0')

const Text = named('text', (text) => text !== '')
const Path = named('the path of a file', (text) => text !== '' && !text.includes('\0'))
const Url = named('a URL that begins with http:// or https://', isUrl)
const Format = named('json or ndjson', (text) => text === 'json' || text === 'ndjson')
const Then = named('halt or dead-letter', (text) => text === 'halt' || text === 'dead-letter')

const isPositive = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u > 0

const Positive = new t.Type<number>(
  'a whole number of 1 or more',
  isPositive,
  (u, c) => (isPositive(u) ? t.success(u) : t.failure(u, c)),
  t.identity
)

const isHeaders = (u: unknown): u is Record<string, string> =>
  typeof u === 'object' &&
  u !== null &&
  !Array.isArray(u) &&
  Object.values(u).every((value) => typeof value === 'string')

const Headers = new t.Type<Record<string, string>>(
  'a map of headers, each with text as its value',
  isHeaders,
  (u, c) => (isHeaders(u) ? t.success(u) : t.failure(u, c)),
  t.identity
)

const may = (path: string, codec: t.Mixed, meaning: string): Field => ({
  path,
  codec,
  isRequired: false,
  isPath: codec === Path,
  meaning
})

const must = (path: string, codec: t.Mixed, meaning: string): Field => ({
  ...may(path, codec, meaning),
  isRequired: true
})

const aws: ReadonlyArray<Field> = [
  may('region', Text, 'The region; without it, that of the environment.'),
  may('endpoint', Url, 'Another endpoint than that of AWS, such as one on this machine.')
]

const own: Readonly<Record<Kind, ReadonlyArray<Field>>> = {
  file: [
    must('path', Path, 'The file; each process needs one of its own.'),
    may('rotate.size', Bytes, 'Begin a new file when it is as large.'),
    may('rotate.interval', Duration, 'Begin a new file when it is as old.')
  ],
  http: [
    must('url', Url, 'Where to POST to.'),
    may('format', Format, 'ndjson (a line an output) or json (an array).'),
    may('headers', Headers, 'More headers; ${NAME} in a value is the variable of that name.')
  ],
  kinesis: [
    may('streamName', Text, 'The stream, by its name,'),
    may('streamArn', Text, 'or by its ARN.'),
    ...aws
  ],
  sqs: [must('queueUrl', Url, 'The queue; one that ends in .fifo gets groups and deduplication.'), ...aws],
  module: [must('export', Text, "The function that the handler's module exports under this name.")]
}

const common: ReadonlyArray<Field> = [
  may('batch.count', Positive, 'Outputs in a request at most.'),
  may('batch.bytes', Bytes, 'Bytes in a request at most.'),
  may('batch.linger', Duration, 'How long an output may wait for others to fill its request.'),
  may('backoff', Duration, 'The wait after a first failure; it doubles, with jitter, up to 30 s.'),
  may('deadline', Duration, 'When an output that is not acknowledged is given up.'),
  may('then', Then, 'What becomes of a record whose output is given up: halt or dead-letter.')
]

export const kinds: ReadonlyArray<string> = Object.keys(own)

export const isKind = (u: unknown): u is Kind => typeof u === 'string' && kinds.includes(u)

/** The keys that a sink of this type may have, `type` not among them. */
export const fieldsOf = (kind: Kind): ReadonlyArray<Field> => [...own[kind], ...common]
