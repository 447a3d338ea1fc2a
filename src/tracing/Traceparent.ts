/** The context of a trace in a record: a field of its JSON, in the form of the header `traceparent` of W3C. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as KinesisRecord from '../protocol/KinesisRecord'

export interface Traceparent {
  /** 32 digits, and 16: hexadecimal, lower case. */
  readonly traceId: string
  readonly spanId: string
  /** The producer may have recorded its span. */
  readonly isSampled: boolean
}

/** `version-traceid-parentid-flags`; a later version may have more after it. */
const SHAPE = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

const ZEROS = /^0+$/

/** Longer ones are not looked at: a version that needs more would be another header. */
const LONGEST = 512

/**
 * null: it is not valid (https://www.w3.org/TR/trace-context/#traceparent-header-field-values): the version `ff` is
 * forbidden, version `00` has nothing after its flags, and ids of zeros are none. Of the flags of a later version only
 * `sampled` is known.
 */
export const parse = (text: string): Traceparent | null => {
  const match = text.length > LONGEST ? null : SHAPE.exec(text)
  if (match === null) return null
  const [, version = '', traceId = '', spanId = '', flags = '', more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return null
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return null
  return { traceId, spanId, isSampled: (parseInt(flags, 16) & 1) === 1 }
}

export const show = ({ traceId, spanId, isSampled }: Traceparent): string =>
  `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`

/** What a record has in its field. */
export type Found =
  { readonly _tag: 'Absent' | 'Invalid' } | { readonly _tag: 'Found'; readonly traceparent: Traceparent }

const absent: Found = { _tag: 'Absent' }
const invalid: Found = { _tag: 'Invalid' }

/** Bytes: a larger payload is not parsed for the sake of its field. */
export const MOST = 1 << 20

const valueAt = (root: unknown, names: ReadonlyArray<string>): unknown => {
  let at = root
  for (const name of names) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return at
}

const textOf = (record: KinesisRecord.KinesisRecord): string =>
  KinesisRecord.size(record) > MOST
    ? ''
    : pipe(
        KinesisRecord.text(record),
        E.getOrElse(() => '')
      )

/**
 * Reads the field at a path of names. Total. A payload that is not JSON, or is compressed, has none; one in which the name
 * of the field does not occur is not parsed.
 */
export const reader = (path: string): ((record: KinesisRecord.KinesisRecord) => Found) => {
  const names = path.split('.')
  const name = JSON.stringify(names[names.length - 1])
  return (record) => {
    const text = textOf(record)
    if (!text.includes(name)) return absent
    try {
      const value = valueAt(JSON.parse(text), names)
      if (value === undefined || value === null) return absent
      const traceparent = typeof value === 'string' ? parse(value) : null
      return traceparent === null ? invalid : { _tag: 'Found', traceparent }
    } catch {
      return absent
    }
  }
}
