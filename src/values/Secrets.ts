/**
 * What people who read a screen or a log must not see.
 *
 * A text that may hold a secret has a reader, which cuts it into pieces. What is shown of it (`shown`) and what its
 * secrets are (`secretsIn`) both follow from the pieces, so that the two cannot differ. A key of the configuration has
 * the reader of its codec (`Secret`); a text from elsewhere, such as the output of Maven, has `foreign`; and whatever a
 * process says goes through `hide`, which knows the secrets of its configuration.
 */
import { Codec } from './Codec'
import { found } from '../protocol/wire/Explain'

export interface Piece {
  readonly text: string
  /** `hidden` is not shown where its key is shown, but too common a text to look for elsewhere. */
  readonly kind: 'open' | 'hidden' | 'secret'
}

export type Reader = (text: string) => ReadonlyArray<Piece>

const MASK = '***'

const open = (text: string | undefined): Piece => ({ text: text ?? '', kind: 'open' })
const hidden = (text: string | undefined): Piece => ({ text: text ?? '', kind: 'hidden' })
const secret = (text: string | undefined): Piece => ({ text: text ?? '', kind: 'secret' })

/** `orders` is a word, `x7Qp01mZ` is not. */
const guess = (text: string | undefined): Piece =>
  /^(?:\S+ )?(?=\S*[0-9])(?=\S*[A-Za-z])\S{8,}$/.test(text ?? '') ? secret(text) : hidden(text)

/** Of an option, which is seldom a number. */
const argument = (text: string): Piece => (/[0-9]/.test(text) ? secret(text) : hidden(text))

/** The text with `***` for what is not to be seen. */
export const shown =
  (reader: Reader) =>
  (text: string): string =>
    reader(text)
      .map((piece) => (piece.kind === 'open' || piece.text === '' ? piece.text : MASK))
      .join('')

export const secretsIn =
  (reader: Reader) =>
  (text: string): ReadonlyArray<string> =>
    reader(text).flatMap((piece) => (piece.kind === 'secret' && piece.text !== '' ? [piece.text] : []))

/** Every match of the pattern as `inside` reads it; what is between them is read by `outside`. */
const split =
  (pattern: RegExp, inside: (match: RegExpExecArray) => ReadonlyArray<Piece>, outside: Reader): Reader =>
  (text) => {
    const pieces: Array<Piece> = []
    let end = 0
    for (const match of text.matchAll(pattern)) {
      pieces.push(...outside(text.slice(end, match.index)), ...inside(match))
      end = match.index + match[0].length
    }
    return [...pieces, ...outside(text.slice(end))]
  }

/** Nothing of it may be shown. */
export const whole: Reader = (text) => [secret(text)]

const plain: Reader = (text) => [open(text)]

const NAME =
  'secret|passw|passphrase|passcode|pwd|token|credential|authorization|cookie|signature|api[-_]?key|access[-_]?key|private[-_]?key|license[-_]?key|external[-_]?id'

/** A name whose value is a secret: of a property, a header, a system property of Java. */
const isSecretName = (name: string): boolean =>
  new RegExp(NAME, 'i').test(name) ||
  /(?:^|[._-])(?:key|pass|auth|sig|sas|jwt)$/i.test(name) ||
  /(?:Key|Pass|Auth|Sig)$/.test(name)

const URL_PARTS = /^([a-z][a-z0-9+.-]*:\/\/)(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(\?[^#]*)?(#[^]*)?$/i

/** A webhook has its secret in the path: a long segment of letters and digits, also `bot123:...` of Telegram, or a JWT. */
const isRandom = (segment: string): boolean =>
  segment.includes('@') ||
  /^(?:(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_~%+=:-]{20,}|eyJ[\w.-]{20,})$/.test(segment)

const inPath = split(/[^/]+/g, ([segment]) => [(isRandom(segment) ? secret : open)(segment)], plain)

/** `&name=value`, or a text without a name. */
const inQuery = split(
  /([?&;])(?:([^=&;]*)(=))?([^&;]*)/g,
  ([, mark = '', name = '', equals = '', value]) => [
    open(mark + name + equals),
    isSecretName(name) ? secret(value) : guess(value)
  ],
  plain
)

const inUrl: Reader = (text) => {
  const [, scheme, user, host, path = '', query = '', fragment] =
    (URL.canParse(text) ? URL_PARTS.exec(text) : null) ?? []
  if (scheme === undefined) return whole(text)
  return [
    open(scheme),
    ...(user === undefined ? [] : [secret(user), open('@')]),
    open(host),
    ...inPath(path),
    ...inQuery(query),
    ...(fragment === undefined ? [] : [open('#'), secret(fragment.slice(1))])
  ]
}

/** What is read from the environment later is no secret yet, and neither is the scheme before it; a default is one. */
const template = (rest: Reader): Reader =>
  split(
    /([A-Za-z-]+ )?(?<!\$)(\$\{[A-Za-z_][A-Za-z0-9_]*)(?:(:-)([^}]*))?(\})/g,
    ([, scheme = '', name = '', mark = '', fallback = '', end = '']) => [
      open(scheme + name + mark),
      secret(fallback),
      open(end)
    ],
    rest
  )

/** With these no part of a URL can be known by its form. */
const HAS_DEFAULT = /\$\{[^}]*:-|\$\$\{/

/**
 * A URL without the user, the password and the values of its query; of a value that is not a URL only the names of the variables
 * in it.
 */
export const url: Reader = (text) =>
  URL.canParse(text) && !HAS_DEFAULT.test(text) ? inUrl(text) : template(whole)(text)

/** One that may be cut off, or have a bracket or a full stop after it. */
const inProse: Reader = (text) => {
  if (URL.canParse(text)) return url(text)
  const start = text.indexOf('://') + 3
  const end = text.lastIndexOf('@')
  return end < start
    ? [open(text)]
    : [open(text.slice(0, start)), secret(text.slice(start, end)), open(text.slice(end))]
}

const BEARER = /\b((?:Bearer|Basic) )((?=\S*[0-9=])[\w+/=.~-]{6,})/gi

const PAIR = new RegExp(
  `((?:-D)?[\\w.-]*(?:${NAME})[\\w.-]*["']?=|-D[\\w.-]*(?:Key|Pass|Auth|[.-](?:key|pass|auth))=)("[^"]*"|'[^']*'|[^\\s"',;&]+)`,
  'gi'
)

/** A text that others wrote: its URLs, and what plainly is a password in it. */
export const foreign: Reader = split(
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi,
  ([address]) => inProse(address),
  split(
    BEARER,
    ([, scheme, token]) => [open(scheme), secret(token)],
    split(PAIR, ([, name, value]) => [open(name), secret(value)], plain)
  )
)

const inOption: Reader = (option) => {
  const [, name, value] = /^(-D[^=]*=|-javaagent:[^=]*=)([^]*)$/.exec(option) ?? []
  if (name === undefined || value === undefined) return foreign(option)
  const isSecret = name.startsWith('-javaagent') || isSecretName(name.slice(2, -1))
  if (!isSecret) return [open(name), ...foreign(value)]
  return [open(name), name.startsWith('-D') ? secret(value) : argument(value)]
}

/** Options of the JVM with blanks between them. What has no dash belongs to a value with a blank in it. */
export const options: Reader = split(
  /\S+/g,
  ([option]) => {
    if (option.startsWith('-')) return inOption(option)
    return [argument(option)]
  },
  plain
)

/** Providers whose arguments are names, not secrets. */
const NAMED =
  /^(?:(?:com\.amazonaws\.auth|software\.amazon\.awssdk\.(?:auth\.credentials|services\.sts\.auth))\.)?(?:profile\.)?(?:ProfileCredentialsProvider|STSAssumeRoleSessionCredentialsProvider|StsAssumeRoleCredentialsProvider|WebIdentityTokenCredentialsProvider|WebIdentityTokenFileCredentialsProvider)$/

/** In our words, or the name of a class. */
const PROVIDER =
  /^\s*(?:default|environment|profile:[^\s|]+|[A-Z]\w*(?:Provider|Chain)\w*|[a-z]\w*(?:\.\w+)*\.[A-Z][\w$]*)\s*$/

/** `com.example.Provider|key|secret`, several with commas between them. */
export const providers: Reader = split(
  /[^,]+/g,
  ([provider]) => {
    const [name = '', ...more] = provider.split('|')
    const args = more.join('|')
    if (!PROVIDER.test(name)) return whole(provider)
    if (args === '') return [open(provider)]
    return [open(`${name}|`), ...(NAMED.test(name.trim()) ? foreign(args) : [secret(args)])]
  },
  plain
)

/** Headers that are never secret. */
const HARMLESS = /^(?:accept(?:-.*)?|cache-control|content-.*|user-agent|idempotency-key)$/i

/** The value of a header, whatever its name: many have names of their own for a key. */
export const header =
  (name: string): Reader =>
  (text) =>
    HARMLESS.test(name)
      ? foreign(text)
      : template(isSecretName(name) ? whole : (literal) => [guess(literal)])(text)

/** The value of one of the daemon's properties. */
export const property =
  (name: string): Reader =>
  (text) => {
    if (/^awscredentialsprovider/i.test(name)) return providers(text)
    return isSecretName(name) ? whole(text) : foreign(text)
  }

/** Variables of others, which what we start reads and may print. */
const readersOfEnv: Readonly<Record<string, Reader>> = {
  HTTP_PROXY: url,
  HTTPS_PROXY: url,
  ALL_PROXY: url,
  AWS_SECRET_ACCESS_KEY: whole,
  AWS_SESSION_TOKEN: whole,
  JAVA_TOOL_OPTIONS: options,
  JDK_JAVA_OPTIONS: options,
  _JAVA_OPTIONS: options,
  MAVEN_OPTS: options
}

/** The secrets of an environment. */
export const ofEnv = (env: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> =>
  Object.entries(env).flatMap(([name, value]) => {
    const reader = readersOfEnv[name.toUpperCase()]
    return reader === undefined ? [] : secretsIn(reader)(value ?? '')
  })

/** A codec of what may hold secrets: a key that has one is never shown but through its reader. */
export class Secret<A, W> extends Codec<A, W> {
  constructor(
    codec: Codec<A, W>,
    readonly reader: Reader
  ) {
    super(codec, codec.json, codec.reading)
  }
}

/** That of the codec; a key that holds no secrets may still have been given one. */
export const readerOf = (codec: unknown): Reader => (codec instanceof Secret ? codec.reader : foreign)

/** Of several kinds, one is the wrong one. */
const listOf = (kinds: ReadonlyArray<string>): string =>
  kinds.length > 1 ? `a list of ${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1) ?? ''}` : 'a list'

/** `a map`: the kind of a value, without its content. */
export const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return found(value)
  if (Array.isArray(value)) return listOf([...new Set(value.map(kindOf))])
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'boolean') return 'true or false'
  return typeof value === 'number' || typeof value === 'bigint' ? 'a number' : 'text'
}

const NOT_SHOWN = ' (not shown, it may be a secret)'

/** What stands in place of the value that a key wants, for a message. */
export const foundFor =
  (codec: unknown) =>
  (value: unknown): string => {
    const reader = readerOf(codec)
    if (typeof value === 'string') {
      const text = shown(reader)(value)
      return text === MASK ? kindOf(value) + NOT_SHOWN : found(text)
    }
    if (codec instanceof Secret) return kindOf(value)
    return shown(foreign)(found(value))
  }

/** Shorter ones are found by chance, and a line of the log would be full of stars. */
const SHORTEST = 6

const inBase64 = (text: string): ReadonlyArray<string> =>
  // Within a longer text it begins at any of three places; the signs at both ends depend on what is beside it.
  [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), Buffer.from(text)])
      .toString('base64')
      .replace(/=+$/, '')
      .slice(before === 0 ? 0 : before + 1, -1)
  )

const decoded = (text: string): ReadonlyArray<string> => {
  try {
    return [decodeURIComponent(text)]
  } catch {
    return []
  }
}

/** `user:password` of a Basic header. */
const ofBasic = (text: string): ReadonlyArray<string> => {
  const plainText = /^[A-Za-z0-9+/]{8,}={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString() : ''
  return /^[\x20-\x7e]+:[\x20-\x7e]+$/.test(plainText) ? [plainText] : []
}

/** It may be said without its scheme or its user. */
const partsOf = (text: string): ReadonlyArray<string> => {
  const words = [text, ...text.replace(/^\S+ (?=\S+$)/, '').split('|')]
  const pairs = [...words, ...words.flatMap(ofBasic)]
  return [
    ...pairs,
    ...pairs.flatMap((pair) => (pair.includes(':') ? [pair.slice(pair.indexOf(':') + 1)] : []))
  ]
}

const formsOf = (text: string): ReadonlyArray<string> =>
  [text, ...decoded(text)].flatMap((one) => [
    one,
    encodeURIComponent(one),
    encodeURI(one),
    JSON.stringify(one).slice(1, -1),
    ...(one.length < SHORTEST ? [] : inBase64(one))
  ])

export type Hide = (text: string) => string

/** A text that others wrote, with secrets that are known and such as look like one. */
export const hideForeign =
  (hideKnown: Hide): Hide =>
  (text) =>
    shown(foreign)(hideKnown(text))

/** Puts `***` for these secrets wherever they stand in a text: as they are, in a URL, in JSON, in base64. */
export const hide = (secrets: ReadonlyArray<string>): Hide => {
  const all = [...new Set(secrets.flatMap(partsOf).flatMap(formsOf))]
    .filter((text) => text.length >= SHORTEST)
    .sort((a, b) => b.length - a.length)
  if (all.length === 0) return (text) => text
  const pattern = new RegExp(all.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g')
  return (text) => text.replace(pattern, MASK)
}
