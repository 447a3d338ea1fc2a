/**
 * What a handler logs, as plain data: everything that goes to a log, or to another thread, has come through here. Nothing
 * that a handler passes can throw, and nothing is larger than a log line should be.
 */
import type { Level, LogFields } from '../core/Effect'

/** One line that a handler logged. */
export interface Logged {
  /** Its level. */
  readonly level: Level
  /** Its text. */
  readonly message: string
  /** What the handler gave besides the text; empty if it gave nothing. */
  readonly fields: LogFields
}

/** What JSON and the structured clone of a thread's message both hold. */
type Plain = string | number | boolean | null | ReadonlyArray<Plain> | { readonly [key: string]: Plain }

const LEVELS: ReadonlySet<unknown> = new Set<Level>(['debug', 'info', 'warn', 'error'])

const MAX_DEPTH = 8
const MAX_PARTS = 2000
const MAX_TEXT = 16 * 1024
const MAX_TEXTS = 64 * 1024

/** How much of one line is left. */
interface Room {
  parts: number
  characters: number
  /** The objects that are being read, from the outermost on. */
  readonly within: Array<object>
}

const cut = (text: string, room: Room): string => {
  const length = Math.max(0, Math.min(MAX_TEXT, room.characters))
  room.characters -= Math.min(text.length, length)
  return text.length <= length
    ? text
    : `${text.slice(0, length)}... (${text.length - length} characters more)`
}

const UNREADABLE = '[cannot be read]'

/** A getter, a proxy and a `toJSON` may throw anything. */
const guarded = (read: () => Plain | undefined): Plain | undefined => {
  try {
    return read()
  } catch {
    return UNREADABLE
  }
}

const nameOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1)

const fromEntries = (entries: Iterable<readonly [string, unknown]>, room: Room): Plain => {
  const plain: Array<readonly [string, Plain]> = []
  for (const [key, value] of entries) {
    if (room.parts <= 0) {
      plain.push(['...', 'cut'])
      break
    }
    // Before the value, which may take all the room that is left.
    const name = cut(key, room)
    const one = of(value, room)
    if (one !== undefined) plain.push([name, one])
  }
  return Object.fromEntries(plain)
}

const fromList = (values: Iterable<unknown>, room: Room): Plain => {
  const plain: Array<Plain> = []
  for (const value of values) {
    if (room.parts <= 0) {
      plain.push('... cut')
      break
    }
    plain.push(of(value, room) ?? null)
  }
  return plain
}

function* propertiesOf(value: object): Generator<readonly [string, unknown]> {
  for (const key of Object.keys(value)) {
    let property: unknown
    try {
      property = (value as Readonly<Record<string, unknown>>)[key]
    } catch {
      property = UNREADABLE
    }
    yield [key, property]
  }
}

/** Those of an error that do not count as its own keys, first. */
function* partsOf(error: Error): Generator<readonly [string, unknown]> {
  for (const key of ['name', 'message', 'stack', 'cause', 'errors'] as const)
    if (key in error) yield [key, guarded(() => (error as unknown as Record<string, Plain>)[key])]
  for (const [key, value] of propertiesOf(error))
    if (!['name', 'message', 'stack', 'cause', 'errors'].includes(key)) yield [key, value]
}

const fromObject = (value: object, room: Room): Plain | undefined => {
  if (ArrayBuffer.isView(value)) return `[${nameOf(value)} of ${value.byteLength} bytes]`
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return `[${nameOf(value)} of ${value.byteLength} bytes]`
  if (value instanceof Error) return fromEntries(partsOf(value), room)
  if (Array.isArray(value)) return fromList(value, room)
  if (value instanceof Set) return fromList(value, room)
  if (value instanceof Map)
    return fromEntries(
      Array.from(value, ([key, one]) => [typeof key === 'string' ? key : text(key), one] as const),
      room
    )
  const { toJSON } = value as { readonly toJSON?: unknown }
  if (typeof toJSON === 'function') return of(toJSON.call(value, ''), room)
  return fromEntries(propertiesOf(value), room)
}

const nested = (value: object, room: Room): Plain | undefined => {
  if (room.within.includes(value)) return '[circular]'
  if (room.within.length >= MAX_DEPTH) return '[deeper]'
  room.within.push(value)
  const plain = guarded(() => fromObject(value, room))
  room.within.pop()
  return plain
}

/** undefined: JSON would leave it out. */
const of = (value: unknown, room: Room): Plain | undefined => {
  room.parts -= 1
  switch (typeof value) {
    case 'string':
      return cut(value, room)
    case 'number':
      // JSON has no negative zero.
      return value === 0 ? 0 : Number.isFinite(value) ? value : String(value)
    case 'boolean':
      return value
    case 'bigint':
      return cut(String(value), room)
    case 'symbol':
      return cut(String(value), room)
    case 'function':
      return '[function]'
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? null : nested(value, room)
  }
}

const space = (): Room => ({ parts: MAX_PARTS, characters: MAX_TEXTS, within: [] })

/** Whatever was given for a text. */
const text = (value: unknown): string => {
  const plain = of(value, space())
  return typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? 'undefined')
}

const isFields = (plain: Plain | undefined): plain is { readonly [key: string]: Plain } =>
  typeof plain === 'object' && plain !== null && !Array.isArray(plain)

/** Never throws. What is no object of fields becomes the field `value`; another level becomes `info`. */
export const make = (level: unknown, message: unknown, fields: unknown): Logged => {
  const plain = of(fields, space())
  return {
    level: LEVELS.has(level) ? (level as Level) : 'info',
    message: text(message),
    // The type of what a handler may give is flat; what it gives in fact may be nested, and is shown as it is.
    fields: (isFields(plain)
      ? plain
      : plain === undefined || plain === null
        ? {}
        : { value: plain }) as LogFields
  }
}
