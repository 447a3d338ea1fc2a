/** A key of the configuration, and the codecs that several of them share. */
import * as t from 'io-ts'
import * as Secrets from './Secrets'

/** One key. Its codec takes what YAML gives; the text of a variable or a flag is read as YAML first. */
export interface Key {
  /** `checkpoint.interval`. */
  readonly path: string
  readonly codec: t.Type<unknown, unknown>
  /** As it is written in YAML; undefined for a key that must be given, null for one that is not set unless it is given. */
  readonly fallback: string | number | boolean | null | undefined
  /** What a user might write. */
  readonly example: string | number | boolean | undefined
  /** A path is taken relative to the file, or folder, that it is said in. */
  readonly isPath: boolean
  readonly meaning: string
}

/** A codec of what `guard` knows, called as messages call it. */
export const guarded = <A>(name: string, guard: (u: unknown) => u is A): t.Type<A> =>
  new t.Type(name, guard, (u, c) => (guard(u) ? t.success(u) : t.failure(u, c)), t.identity)

const isCount = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0

export const Count = guarded('a whole number of 0 or more', isCount)

export const Positive = guarded('a whole number of 1 or more', (u): u is number => isCount(u) && u > 0)

export const Truth = guarded('true or false', (u): u is boolean => typeof u === 'boolean')

const URL_BEGIN = /^[a-z][a-z0-9+.-]*:\/\//i

/** A URL in place of a path would become a folder called `https:`, with the password of the URL in its name. */
export const isUrl = (path: string): boolean => URL_BEGIN.test(path)

// Node throws at a NUL in a path.
const isPath = (u: unknown): u is string =>
  typeof u === 'string' && u !== '' && !u.includes('\0') && !isUrl(u)

export const Path = guarded('the path of a file', isPath)

export const Folder = guarded('the path of a folder', isPath)

export const Letters = guarded('the path of a file, or sink:NAME', isPath)

/** Text with a shape of its own. */
export const text = (name: string, shape: RegExp): t.Type<string> =>
  guarded(name, (u): u is string => typeof u === 'string' && shape.test(u))

export const Url = new Secrets.Secret(
  guarded(
    'a URL that begins with http:// or https://',
    (u): u is string =>
      typeof u === 'string' && URL.canParse(u) && /^https?:$/.test(new URL(u).protocol) && !u.includes('\0')
  ),
  Secrets.url
)

export const oneOf = <A extends string>(...names: ReadonlyArray<A>): t.Type<A> =>
  guarded(
    `${names.slice(0, -1).join(', ')} or ${names[names.length - 1] ?? ''}`,
    (u): u is A => typeof u === 'string' && names.some((name) => name === u)
  )

const PATHS: ReadonlyArray<unknown> = [Path, Folder, Letters]

export const key = (
  path: string,
  codec: t.Type<unknown, unknown> | t.Mixed,
  fallback: Key['fallback'],
  meaning: string,
  example?: Key['example']
): Key => ({ path, codec, fallback, example, isPath: PATHS.includes(codec), meaning })
