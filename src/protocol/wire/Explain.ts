/** io-ts errors as sentences: where, what was expected, what was found. */
import type * as t from 'io-ts'

/** How many characters of a value are shown, */
const SHOWN = 60
/** and how many of its parts are looked at for them: a payload may have 10 MiB, and an error for each of them. */
const PARTS = 5 * SHOWN

const first = (value: unknown): unknown => {
  if (typeof value === 'string') return value.slice(0, SHOWN + 1)
  if (Array.isArray(value)) return value.slice(0, SHOWN + 1)
  if (typeof value !== 'object' || value === null) return value
  const keys = Object.keys(value)
  return keys.length <= SHOWN ? value : Object.fromEntries(Object.entries(value).slice(0, SHOWN + 1))
}

/** The beginning of its JSON, a little longer than what is shown when there is more. */
const beginning = (value: unknown): string | undefined => {
  let parts = 0
  return JSON.stringify(value, (_key, part: unknown) => ((parts += 1) > PARTS ? 0 : first(part)))
}

/** A codec may decode to what JSON cannot hold before a later one fails: a circle, a big number within. */
const asJson = (value: unknown): string => {
  if (typeof value === 'number') return String(value) // to JSON, NaN is null
  try {
    return beginning(value) ?? typeof value
  } catch {
    return 'an object that cannot be shown'
  }
}

/** How a value is shown in a message: JSON, cut at 60 characters. */
export const found = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  const shown = typeof value === 'bigint' ? `${value}n` : asJson(value)
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN - 3)}...` : shown
}

const isIndex = (key: string): boolean => /^[0-9]+$/.test(key)

/** `records[3].sequenceNumber`; intersections and unions put numbers between, which are no keys of the value. */
const path = (context: t.Context): string => {
  let text = ''
  for (let i = 1; i < context.length; i++) {
    const parent = context[i - 1]?.type as { readonly _tag?: string } | undefined
    const key = context[i]?.key ?? ''
    if (key === '' || parent?._tag === 'IntersectionType' || parent?._tag === 'UnionType') continue
    text += isIndex(key) ? `[${key}]` : text === '' ? key : `.${key}`
  }
  return text
}

/** What is wrong at a place. */
export interface Complaint {
  /** `records[3].sequenceNumber`; empty for the value itself. */
  readonly where: string
  readonly value: unknown
  /** `expected`: `what` was expected there. `said`: `what` is a sentence of its own. */
  readonly kind: 'expected' | 'said'
  readonly what: string
}

interface Place {
  readonly expected: Set<string>
  readonly said: Set<string>
  readonly value: unknown
}

const sentence = (where: string, { expected, said, value }: Place): string => {
  const what = [...(expected.size === 0 ? [] : [`expected ${[...expected].join(' or ')}`]), ...said]
  return `${where === '' ? '' : `${where}: `}${what.join(', ')}, found ${found(value)}`
}

/** The most places that are named; a codec can find as many errors as a payload has values. */
const PLACES = 20

/** One sentence for each place; alternatives of a union at the same place become one. The rest is counted. */
export const show = (complaints: Iterable<Complaint>): ReadonlyArray<string> => {
  const places = new Map<string, Place>()
  let further = 0
  for (const { where, value, kind, what } of complaints) {
    const place = places.get(where) ?? { expected: new Set<string>(), said: new Set<string>(), value }
    if (!places.has(where) && places.size >= PLACES) {
      further += 1
      continue
    }
    place[kind].add(what)
    places.set(where, place)
  }
  const sentences = [...places].map(([where, place]) => sentence(where, place))
  return further === 0 ? sentences : [...sentences, `and ${further} more errors`]
}

const complaint = ({ context, value }: t.ValidationError): Complaint => ({
  where: path(context),
  value,
  kind: 'expected',
  what: context[context.length - 1]?.type.name ?? 'something else'
})

/** What is wrong, in sentences, by the errors of a codec. */
export const explain = (errors: t.Errors): ReadonlyArray<string> => show(errors.map(complaint))

const EXCERPT = 120

/** The beginning of a line, and how long it is. */
export const excerpt = (line: Buffer): string => {
  const text = line.toString('utf8', 0, EXCERPT * 4).slice(0, EXCERPT)
  return JSON.stringify(text) + (line.length > EXCERPT ? ` and more, ${line.length} bytes` : '')
}
