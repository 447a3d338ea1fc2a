/**
 * A record with as little of its data as the difference needs: each text and number is replaced by one of the same form,
 * unless the handlers then no longer differ in the same way.
 */
import type { Fields } from '../../protocol/KinesisRecord'

/** Whether the handlers still differ as they do for the record as it was. */
export type Holds = (record: Fields) => Promise<boolean>

export interface Masked {
  readonly record: Fields
  /** What stands as it was recorded, since the difference needs it. */
  readonly kept: ReadonlyArray<string>
}

/** Letters and digits are gone; what stands between them often says of which kind a text is. */
const ofText = (text: string): string =>
  text
    .replace(/\p{Lu}/gu, 'X')
    .replace(/\p{L}/gu, (letter) => (letter === 'X' ? letter : 'x'))
    .replace(/\p{N}/gu, '0')

/** As many digits, of which none is known. */
const ofNumber = (number: number): number => {
  const masked = Number(String(number).replace(/\d/g, '1'))
  return Number.isFinite(masked) ? masked : 1
}

type Path = ReadonlyArray<string | number>

/** A payload with more values than this is masked in one go or not at all. */
const MOST = 100

const leavesOf = (value: unknown, path: Path = []): ReadonlyArray<Path> => {
  if (typeof value === 'string' || typeof value === 'number') return [path]
  if (Array.isArray(value)) return value.flatMap((one, i) => leavesOf(one, [...path, i]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => leavesOf(one, [...path, name]))
}

const maskedAt = (value: unknown, path: Path): unknown => {
  const [first, ...rest] = path
  if (first === undefined)
    return typeof value === 'string' ? ofText(value) : typeof value === 'number' ? ofNumber(value) : value
  if (Array.isArray(value)) return value.map((one: unknown, i) => (i === first ? maskedAt(one, rest) : one))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, name === first ? maskedAt(one, rest) : one])
  )
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const jsonOf = (text: string): { readonly value: unknown } | null => {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return null
  }
}

const withValue = (record: Fields, value: unknown): Fields => ({
  ...record,
  base64: base64(JSON.stringify(value))
})

/** All values at once, or else one after the other. */
const ofJson = async (record: Fields, value: unknown, holds: Holds): Promise<Masked> => {
  const leaves = leavesOf(value)
  const whole = withValue(record, leaves.reduce(maskedAt, value))
  if (await holds(whole)) return { record: whole, kept: [] }
  if (leaves.length > MOST) return { record, kept: ['the data'] }
  const kept: Array<string> = []
  let reached = value
  for (const leaf of leaves) {
    const next = maskedAt(reached, leaf)
    if (await holds(withValue(record, next))) reached = next
    else kept.push(leaf.join('.'))
  }
  return { record: withValue(record, reached), kept }
}

const ofData = async (record: Fields, holds: Holds): Promise<Masked> => {
  const data = Buffer.from(record.base64, 'base64')
  const text = data.toString('utf8')
  const isText = Buffer.from(text).equals(data)
  const json = isText ? jsonOf(text) : null
  if (json !== null) return ofJson(record, json.value, holds)
  const masked = {
    ...record,
    base64: isText ? base64(ofText(text)) : Buffer.alloc(data.length).toString('base64')
  }
  return (await holds(masked)) ? { record: masked, kept: [] } : { record, kept: ['the data'] }
}

/** The key and the place in the stream, which few handlers look at, then the data. */
export const mask = async (record: Fields, place: Omit<Fields, 'base64'>, holds: Holds): Promise<Masked> => {
  const nowhere = { ...place, base64: record.base64 }
  const isPlaceNeeded = !(await holds(nowhere))
  const keyed = isPlaceNeeded ? { ...record, partitionKey: place.partitionKey } : nowhere
  const isKeyNeeded = isPlaceNeeded && !(await holds(keyed))
  const { record: masked, kept } = await ofData(isKeyNeeded ? record : keyed, holds)
  return {
    record: masked,
    kept: [
      ...(isKeyNeeded ? ['the partition key'] : []),
      ...(isPlaceNeeded ? ['the position and the time'] : []),
      ...kept
    ]
  }
}
