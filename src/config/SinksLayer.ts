/** The section `sinks` of a configuration file: a sink by each name that the user chose. */
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { oneOf } from '../values/Key'
import { isFields, type Fields } from '../protocol/Fields'
import * as Secrets from '../values/Secrets'
import type * as KeySchema from '../values/KeySchema'
import * as SinkSettings from '../sinks/Settings'
import { nearest } from './Hint'
import * as ConfigText from './Text'
import * as Units from './Units'

/** What is wrong, and at which key below `sinks`. */
export interface Problem {
  readonly keys: ReadonlyArray<string>
  readonly of: 'key' | 'value'
  readonly text: string
}

const NAME = /^[A-Za-z0-9_-]+$/

const Kind = oneOf(...SinkSettings.kinds)

/** What was read. */
export interface Sink {
  readonly settings: SinkSettings.SinkSettings
  /** By key: the text of those that may be secret, where variables stand in it. */
  readonly written: ReadonlyMap<string, string>
  /** By key: what its value may have been meant for. */
  readonly doubts: ReadonlyMap<string, string>
}

type Read = E.Either<ReadonlyArray<Problem>, Sink>

type Refuse = (keys: ReadonlyArray<string>, of: Problem['of'], text: string) => void

/** One sink. */
export const read = (ground: ConfigText.Ground, name: string, value: unknown): Read => {
  const problems: Array<Problem> = []
  const refuse: Refuse = (keys, of, text) => {
    const shown = ['sinks', name, ...keys].map(Secrets.shown(Secrets.foreign)).join('.')
    problems.push({ keys: [name, ...keys], of, text: `${shown}: ${text}` })
  }
  if (!NAME.test(name))
    refuse([], 'key', 'found this name, expected one of letters, digits, hyphens and underscores')
  if (!isFields(value)) {
    refuse([], 'value', `found ${Secrets.kindOf(value)}, expected a map of keys`)
    return E.left(problems)
  }
  const filled = ConfigText.fill(Kind, value['type'], ground)
  const type = E.isRight(filled) ? filled.right.value : undefined
  if (E.isLeft(filled) || !SinkSettings.isKind(type)) {
    const text = E.isLeft(filled) ? filled.left.text : `found ${filled.right.found}, expected ${Kind.name}`
    refuse(['type'], 'value', text)
    return E.left(problems)
  }
  const written = new Map<string, string>()
  const doubts = new Map<string, string>()
  const root = readFields({ ground, type, refuse, written, doubts }, value)
  const { exactlyOne } = SinkSettings.kindOf(type)
  if (exactlyOne !== undefined && exactlyOne.filter((key) => key in value).length !== 1)
    refuse([], 'value', `a sink of type ${type} needs one of ${exactlyOne.join(' and ')}`)
  return problems.length === 0 && SinkSettings.is(root)
    ? E.right({ settings: root, written, doubts })
    : E.left(problems)
}

/** It is a key, or a section, of a sink of this type. */
const hasKey = (kind: string, keys: ReadonlyArray<string>): boolean =>
  SinkSettings.isKind(kind) &&
  SinkSettings.fieldsOf(kind).some(({ path: known }) => `${known}.`.startsWith(`${keys.join('.')}.`))

/** A sink that is being read. */
interface Reading {
  readonly ground: ConfigText.Ground
  readonly type: SinkSettings.Kind
  readonly refuse: Refuse
  readonly written: Map<string, string>
  readonly doubts: Map<string, string>
}

/** A value as its codec takes it; undefined where it is wrong. */
const taken = (
  { ground, refuse, written, doubts }: Reading,
  { path: key, codec }: KeySchema.Key,
  keys: ReadonlyArray<string>,
  given: unknown
): unknown => {
  const filled = ConfigText.fill(codec, given, ground)
  if (E.isLeft(filled)) return refuse([...keys, ...filled.left.below], 'value', filled.left.text)
  const { value, found, written: text } = filled.right
  if (text !== undefined) written.set(key, text)
  // The variables of headers are replaced when the sink is opened: a command that opens none does not need them.
  const headers = key === 'headers' && isFields(value) ? Object.entries(value) : []
  const wrongHeaders = headers.flatMap(SinkSettings.wrongHeader)
  for (const { name, text: why } of wrongHeaders) refuse(name === null ? keys : [...keys, name], 'value', why)
  if (wrongHeaders.length > 0) return undefined
  const decoded = codec.decode(value)
  if (E.isLeft(decoded)) return refuse(keys, 'value', `found ${found}, expected ${codec.name}`)
  const judged = Units.judge(key, codec, value)
  if (E.isLeft(judged)) return refuse(keys, 'value', judged.left)
  if (judged.right !== null) doubts.set(key, judged.right)
  return codec.reading === 'file' && typeof decoded.right === 'string'
    ? path.resolve(ground.base, decoded.right)
    : decoded.right
}

const readFields = (reading: Reading, value: Fields): Record<string, unknown> => {
  const { type, refuse } = reading
  const fields = SinkSettings.fieldsOf(type)
  const sections = fields.flatMap((one) => (one.path.includes('.') ? one.path.split('.').slice(0, 1) : []))
  const root: Record<string, unknown> = { type }
  const walk = (at: Fields, above: ReadonlyArray<string>, into: Record<string, unknown>): void => {
    for (const [key, inner] of Object.entries(at)) {
      const keys = [...above, key]
      const dotted = keys.join('.')
      const field = key.includes('.') ? undefined : fields.find((one) => one.path === dotted)
      const isSection = above.length === 0 && sections.includes(key)
      if (field !== undefined) into[key] = taken(reading, field, keys, inner)
      else if (isSection && isFields(inner)) {
        const below: Record<string, unknown> = {}
        into[key] = below
        walk(inner, keys, below)
      } else if (isSection) refuse(keys, 'value', `found ${Secrets.kindOf(inner)}, expected a map of keys`)
      else if (dotted !== 'type') refuse(keys, 'key', `unknown key of a sink of type ${type}${hint(keys)}`)
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
      refuse([], 'value', `${key} is missing, which a sink of type ${type} needs`)
  return root
}
