/**
 * The short forms in a transcript: a batch of similar records, and `#1` for a sequence number of 56 digits.
 *
 *     sequence: 4968...1000         in the header: `#1` is the next sequence number, `#2` the one after it
 *     > records #1 ack, #2-4 throw  a batch: the number and the partition key of each record
 *     > records #5/0-2 ack {"n":2}  the user records 0 to 2 of an aggregated record, with their payload
 *     > records 101-102 k           sequence numbers as they are
 *     > records #6 k =bm8gSlNPTg==  a payload as it is on the wire
 *     @ handled #1/0                `#1` stands for its sequence number in every line
 *
 * A record has the payload `{"n":1}` if it names none. Its time of arrival follows from the last two digits of its number.
 */
import * as Action from '../protocol/Action'
import * as KinesisRecord from '../protocol/KinesisRecord'
import * as ActionCodec from '../protocol/wire/Action'
import { ARRIVAL, SHARD } from './Records'

/** The short forms of one transcript. */
export interface Shorthand {
  /** The line with all that its short forms stand for. */
  readonly expand: (line: string) => string
  /** The shortest line that `expand` makes this line of. */
  readonly shorten: (line: string) => string
}

const RECORDS = '> records '
const BATCH = '> {"action":"processRecords",'

/** Of a record, of a run of records, and of a run of user records in one record. */
const ITEM = /^(#?)(\d+)(?:\/(\d+))?(?:-(\d+))? (.+?)(?: (\{.*\}|=\S*))?$/

const encode = (payload: string): string => Buffer.from(payload).toString('base64')

const DATA = encode('{"n":1}')

/** `#1` to `#999`: a transcript has fewer records, and other numbers are not near one another. */
const MOST = 999n

interface Item {
  readonly number: string
  readonly sub: number
  readonly key: string
  /** The payload in base64. */
  readonly data: string
}

const itemsOf = (text: string): ReadonlyArray<Item> | undefined => {
  const [, mark = '', first = '', sub, to, key = '', payload] = ITEM.exec(text) ?? []
  if (key === '') return undefined
  const data = payload === undefined ? DATA : payload.startsWith('=') ? payload.slice(1) : encode(payload)
  const from = BigInt(sub ?? first)
  const size = to === undefined ? 1 : Number(BigInt(to) - from) + 1
  return Array.from({ length: size }, (_, i) => {
    const at = from + BigInt(i)
    return sub === undefined
      ? { number: `${mark}${at}`, sub: 0, key, data }
      : { number: `${mark}${first}`, sub: Number(at), key, data }
  })
}

const recordOf = ({ number, sub, key, data }: Item): KinesisRecord.KinesisRecord =>
  KinesisRecord.make({
    shardId: SHARD,
    sequenceNumber: number,
    subSequenceNumber: sub,
    partitionKey: key,
    approximateArrivalTimestamp: ARRIVAL + Number(number.replace('#', '').slice(-2)),
    base64: data
  })

const batch = (line: string): string => {
  if (!line.startsWith(RECORDS)) return line
  const items = line
    .slice(RECORDS.length)
    .split(/, (?=#?\d)/)
    .map(itemsOf)
  if (items.includes(undefined)) return line
  const records = items.flatMap((some) => some ?? []).map(recordOf)
  return `> ${ActionCodec.encode(Action.processRecords(records, 0))}`
}

interface WireRecord {
  readonly data: string
  readonly partitionKey: string
  readonly sequenceNumber: string
  readonly subSequenceNumber: number
}

/** Runs of items, each a record after the one before, or each a user record after the one before. */
const runsOf = (items: ReadonlyArray<Item>): ReadonlyArray<readonly [Item, ...Array<Item>]> => {
  const runs: Array<[Item, ...Array<Item>]> = []
  const after = (number: string): string => number.replace(/\d+$/, (digits) => `${BigInt(digits) + 1n}`)
  for (const item of items) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    const isAlike = run?.[0].key === item.key && run[0].data === item.data
    const isNext =
      last !== undefined && run !== undefined && isSub(run[0], run[1] ?? item)
        ? item.number === last.number && item.sub === last.sub + 1
        : last !== undefined && item.number === after(last.number) && item.sub === 0
    if (run !== undefined && isAlike && isNext) run.push(item)
    else runs.push([item])
  }
  return runs
}

const isSub = (first: Item, second: Item | undefined): boolean =>
  first.sub > 0 || first.number === second?.number

const shownData = (data: string): string => {
  if (data === DATA) return ''
  const text = Buffer.from(data, 'base64').toString('utf8')
  return text.startsWith('{') && encode(text) === data ? ` ${text}` : ` =${data}`
}

const shownRun = ([first, ...rest]: readonly [Item, ...Array<Item>]): string => {
  const last = rest.at(-1)
  const sub = isSub(first, rest[0])
  const start = sub ? `${first.number}/${first.sub}` : first.number
  const end = last === undefined ? '' : `-${sub ? last.sub : last.number.replace('#', '')}`
  return `${start}${end} ${first.key}${shownData(first.data)}`
}

/** A batch in its short form, if its line looks like one; `expand` says whether it is the same. */
const shortBatch = (line: string): string => {
  if (!line.startsWith(BATCH)) return line
  try {
    const { records } = JSON.parse(line.slice(2)) as { readonly records: ReadonlyArray<WireRecord> }
    const items = records.map(({ data, partitionKey, sequenceNumber, subSequenceNumber }) => ({
      number: sequenceNumber,
      sub: subSequenceNumber,
      key: partitionKey,
      data
    }))
    return RECORDS + runsOf(items).map(shownRun).join(', ')
  } catch {
    return line
  }
}

/**
 * The short forms of a transcript.
 *
 * @param sequence the digits before `#1`; without them no number has a short form.
 */
export const make = (sequence: string | undefined): Shorthand => {
  const base = sequence !== undefined && /^\d+$/.test(sequence) ? BigInt(sequence) : undefined

  const expand = (line: string): string => {
    const whole = batch(line)
    return base === undefined
      ? whole
      : whole.replace(/#(\d{1,3})(?!\d)/g, (_, count: string) => `${base + BigInt(count)}`)
  }

  const numbered = (line: string): string =>
    base === undefined
      ? line
      : line.replace(/\d{8,}/g, (digits) => {
          const count = BigInt(digits) - base
          return count > 0n && count <= MOST ? `#${count}` : digits
        })

  return {
    expand,
    shorten: (line) =>
      [shortBatch(numbered(line)), numbered(line)].find((one) => expand(one) === line) ?? line
  }
}
