/** The section `sinks` of a configuration file: a sink by each name that the user chose. */
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Secrets from '../values/Secrets'
import type * as KeySchema from '../values/KeySchema'
import * as SinkSettings from '../sinks/Settings'
import { nearest } from './Hint'
import * as ConfigText from './Text'

/** What is wrong, and at which key below `sinks`. */
export interface Problem {
  readonly keys: ReadonlyArray<string>
  readonly of: 'key' | 'value'
  readonly text: string
}

interface Fields {
  readonly [key: string]: unknown
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const NAME = /^[A-Za-z0-9_-]+$/

const listed = (names: ReadonlyArray<string>): string =>
  `${names.slice(0, -1).join(', ')} or ${names[names.length - 1] ?? ''}`

type Read = E.Either<ReadonlyArray<Problem>, SinkSettings.SinkSettings>

/** Where the sink is said: relative paths are relative to `base`. */
export interface Ground {
  readonly base: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** One sink. */
export const read = (ground: Ground, name: string, value: unknown): Read => {
  const problems: Array<Problem> = []
  const wrong = (keys: ReadonlyArray<string>, of: Problem['of'], text: string): void => {
    const shown = ['sinks', name, ...keys].map(Secrets.shown(Secrets.foreign)).join('.')
    problems.push({ keys: [name, ...keys], of, text: `${shown}: ${text}` })
  }
  if (!NAME.test(name))
    wrong([], 'key', 'found this name, expected one of letters, digits, hyphens and underscores')
  if (!isFields(value)) {
    wrong([], 'value', `found ${Secrets.kindOf(value)}, expected a map of keys`)
    return E.left(problems)
  }
  const { type } = value
  if (!SinkSettings.isKind(type)) {
    wrong(['type'], 'value', `found ${Secrets.foundFor(null)(type)}, expected ${listed(SinkSettings.kinds)}`)
    return E.left(problems)
  }
  const root = readFields(ground, type, value, wrong)
  const { exactlyOne } = SinkSettings.kindOf(type)
  if (exactlyOne !== undefined && exactlyOne.filter((key) => key in value).length !== 1)
    wrong([], 'value', `a sink of type ${type} needs one of ${exactlyOne.join(' and ')}`)
  return problems.length === 0 && SinkSettings.is(root) ? E.right(root) : E.left(problems)
}

/** It is a key, or a section, of a sink of this type. */
const hasKey = (kind: string, keys: ReadonlyArray<string>): boolean =>
  SinkSettings.isKind(kind) &&
  SinkSettings.fieldsOf(kind).some(({ path: known }) => `${known}.`.startsWith(`${keys.join('.')}.`))

const readFields = (
  { base, env }: Ground,
  type: SinkSettings.Kind,
  value: Fields,
  wrong: (keys: ReadonlyArray<string>, of: Problem['of'], text: string) => void
): Record<string, unknown> => {
  const fields = SinkSettings.fieldsOf(type)
  const sections = fields.flatMap((one) => (one.path.includes('.') ? one.path.split('.').slice(0, 1) : []))
  const root: Record<string, unknown> = { type }
  const take = (field: KeySchema.Key, keys: ReadonlyArray<string>, written: unknown): unknown => {
    const filled = ConfigText.fillSink(field.codec, written, env)
    if (E.isLeft(filled)) return wrong(keys, 'value', filled.left)
    const inner = filled.right
    const headers = field.path === 'headers' && isFields(inner) ? Object.entries(inner) : []
    const wrongHeaders = headers.flatMap(SinkSettings.wrongHeader)
    for (const { name, text } of wrongHeaders) wrong(name === null ? keys : [...keys, name], 'value', text)
    if (wrongHeaders.length > 0) return undefined
    const decoded = field.codec.decode(inner)
    if (E.isLeft(decoded))
      return wrong(
        keys,
        'value',
        `found ${Secrets.foundFor(field.codec)(inner)}, expected ${field.codec.name}`
      )
    return field.codec.reading === 'file' && typeof decoded.right === 'string'
      ? path.resolve(base, decoded.right)
      : decoded.right
  }
  const walk = (at: Fields, above: ReadonlyArray<string>, into: Record<string, unknown>): void => {
    for (const [key, inner] of Object.entries(at)) {
      const keys = [...above, key]
      const dotted = keys.join('.')
      const field = key.includes('.') ? undefined : fields.find((one) => one.path === dotted)
      const isSection = above.length === 0 && sections.includes(key)
      if (field !== undefined) into[key] = take(field, keys, inner)
      else if (isSection && isFields(inner)) {
        const below: Record<string, unknown> = {}
        into[key] = below
        walk(inner, keys, below)
      } else if (isSection) wrong(keys, 'value', `found ${Secrets.kindOf(inner)}, expected a map of keys`)
      else if (dotted !== 'type') wrong(keys, 'key', `unknown key of a sink of type ${type}${hint(keys)}`)
    }
  }
  const hint = (keys: ReadonlyArray<string>): string => {
    const others = SinkSettings.kinds.filter((kind) => hasKey(kind, keys))
    if (others.length > 0) return `, which type ${others.join(', ')} has`
    const near = nearest(keys.join('.'), ['type', ...sections, ...fields.map((one) => one.path)])
    return near === undefined ? '' : `; did you mean ${near}?`
  }
  walk(value, [], root)
  for (const { path: key, fallback } of fields)
    if (fallback === undefined && !(key in value))
      wrong([], 'value', `${key} is missing, which a sink of type ${type} needs`)
  return root
}
