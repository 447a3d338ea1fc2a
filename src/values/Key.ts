/** The codecs that several keys of the configuration share. */
import { guarded, type Codec } from './Codec'
import * as Secrets from './Secrets'

const isCount = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0

export const Count = guarded('a whole number of 0 or more', { type: 'integer', minimum: 0 }, isCount)

export const Positive = guarded(
  'a whole number of 1 or more',
  { type: 'integer', minimum: 1 },
  (u): u is number => isCount(u) && u > 0
)

export const TrueOrFalse = guarded(
  'true or false',
  { type: 'boolean' },
  (u): u is boolean => typeof u === 'boolean'
)

/** Text with a shape of its own. */
export const text = (name: string, shape: RegExp): Codec<string> =>
  guarded(
    name,
    { type: 'string', pattern: shape.source },
    (u): u is string => typeof u === 'string' && shape.test(u)
  )

export const StreamArn = text(
  'the ARN of a stream with an account of 12 digits, such as arn:aws:kinesis:eu-central-1:123456789012:stream/orders',
  /^arn:[a-z-]+:kinesis:[a-z0-9-]+:[0-9]{12}:stream\/[A-Za-z0-9_.-]+$/
)

const URL_BEGIN = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//

/** A URL in place of a path would become a folder called `https:`, with the password of the URL in its name. */
export const isUrl = (path: string): boolean => URL_BEGIN.test(path)

// Node throws at a NUL in a path.
const isPath = (u: unknown): u is string =>
  typeof u === 'string' && u !== '' && !u.includes('\0') && !isUrl(u)

const path = (name: string): Codec<string> =>
  guarded(
    name,
    { type: 'string', minLength: 1, pattern: `^(?!${URL_BEGIN.source.slice(1)})` },
    isPath,
    'file'
  )

export const Path = path('the path of a file')

export const Folder = path('the path of a folder')

export const LettersTarget = path('the path of a file, or sink:NAME')

const SINK = 'sink:'

/** The name in `sink:NAME`; null for anything else. */
export const sinkOf = (deadLetters: string): string | null =>
  deadLetters.startsWith(SINK) ? deadLetters.slice(SINK.length) : null

export const Url = new Secrets.Secret(
  guarded(
    'a URL that begins with http:// or https://',
    { type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?:' },
    (u): u is string =>
      typeof u === 'string' && URL.canParse(u) && /^https?:$/.test(new URL(u).protocol) && !u.includes('\0')
  ),
  Secrets.url
)

export const oneOf = <A extends string>(...names: ReadonlyArray<A>): Codec<A> =>
  guarded(
    `${names.slice(0, -1).join(', ')} or ${names[names.length - 1] ?? ''}`,
    { enum: names },
    (u): u is A => typeof u === 'string' && names.some((name) => name === u)
  )
