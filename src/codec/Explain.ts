/** io-ts errors as sentences: where, what was expected, what was found. */
import type * as t from 'io-ts'

/** A codec may decode to what JSON cannot hold before a later one fails: a circle, a big number within. */
const asJson = (value: unknown): string => {
  if (typeof value === 'number') return String(value) // to JSON, NaN is null
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    return 'an object that cannot be shown'
  }
}

/** How a value is shown in a message: JSON, cut at 60 characters. */
export const found = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  const shown = typeof value === 'bigint' ? `${value}n` : asJson(value)
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown
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

/** One sentence for each error; alternatives of a union at the same place become one. */
export const explain = (errors: t.Errors): ReadonlyArray<string> => {
  const places = new Map<string, { readonly expected: Set<string>; readonly value: unknown }>()
  for (const { context, value } of errors) {
    const where = path(context)
    const place = places.get(where) ?? { expected: new Set<string>(), value }
    place.expected.add(context[context.length - 1]?.type.name ?? 'something else')
    places.set(where, place)
  }
  return [...places].map(
    ([where, { expected, value }]) =>
      `${where === '' ? '' : `${where}: `}expected ${[...expected].join(' or ')}, found ${found(value)}`
  )
}
