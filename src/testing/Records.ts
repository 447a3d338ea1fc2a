/** Records for tests, as the daemon would deliver them, without a daemon. */
import * as KinesisRecord from '../protocol/KinesisRecord'
import type { KinesisRecord as Kinesis } from '../protocol/KinesisRecord'

/** The payload: at most one of these; without one it is empty. */
export type Payload =
  | { readonly json: unknown; readonly text?: never; readonly data?: never; readonly base64?: never }
  | { readonly text: string; readonly json?: never; readonly data?: never; readonly base64?: never }
  | { readonly data: Uint8Array; readonly json?: never; readonly text?: never; readonly base64?: never }
  | { readonly base64: string; readonly json?: never; readonly text?: never; readonly data?: never }
  | { readonly json?: never; readonly text?: never; readonly data?: never; readonly base64?: never }

/** The position of a record in a test, its keys and its time. Each has a default. */
export interface Address {
  /** `pk-0` by default. */
  readonly partitionKey?: string
  /** Decimal digits; by default as many as Kinesis has. */
  readonly sequenceNumber?: string
  /** 0 by default, a plain record. */
  readonly subSequenceNumber?: number
  /** Milliseconds since 1970, or null. */
  readonly approximateArrivalTimestamp?: number | null
  /** `shardId-000000000000` by default. */
  readonly shardId?: string
}

/** The options of `record`: a payload, and the rest if it matters. */
export type Options = Payload & Address

export const SHARD = 'shardId-000000000000'

/** As long as a real one, so that code that converts it to a number loses digits here, too. */
const FIRST = 49590338271490256608559692538361571095921575989136588898n

/** Kinesis leaves gaps of this order between the records of a shard. */
const GAP = 1208925819614629174706176n

/** When the record before the first arrived, in milliseconds since 1970. */
export const ARRIVAL = 1_795_415_467_625

/** The sequence number of the record at an index of a generated list. */
export const sequenceNumber = (index: number): string => (FIRST + GAP * BigInt(index)).toString()

const base64 = (payload: Payload): string => {
  if (payload.base64 !== undefined) return payload.base64
  if (payload.data !== undefined) return Buffer.from(payload.data).toString('base64')
  if (payload.text !== undefined) return Buffer.from(payload.text).toString('base64')
  return 'json' in payload ? Buffer.from(JSON.stringify(payload.json) ?? '').toString('base64') : ''
}

const at = (index: number, options: Options): Kinesis =>
  KinesisRecord.make({
    shardId: options.shardId ?? SHARD,
    sequenceNumber: options.sequenceNumber ?? sequenceNumber(index),
    subSequenceNumber: options.subSequenceNumber ?? 0,
    partitionKey: options.partitionKey ?? `pk-${index}`,
    approximateArrivalTimestamp:
      options.approximateArrivalTimestamp === undefined
        ? ARRIVAL + index
        : options.approximateArrivalTimestamp,
    base64: base64(options)
  })

/**
 * One record. Deterministic: the same options give the same record.
 *
 * @param options the payload, the partition key and the position; each has a default
 * @returns the record
 * @example
 * handler(record({ json: { id: 'o-1', total: 12 }, partitionKey: 'customer-7' }))
 */
export const record = (options: Options = {}): Kinesis => at(0, options)

/**
 * Records of one shard, with increasing positions.
 *
 * @param list how many (with `{"n":0}`, `{"n":1}` ... as data), or what `record` takes for each of them.
 * @returns the records, in the order of the list
 * @example
 * records(100)
 * records([{ json: { id: 1 } }, { text: 'poison' }])
 */
export const records = (list: number | ReadonlyArray<Options>): ReadonlyArray<Kinesis> =>
  typeof list === 'number'
    ? Array.from({ length: list }, (_, n) => at(n, { json: { n } }))
    : list.map((options, index) => at(index, options))

/**
 * The user records of one aggregated (KPL) record, as the daemon takes it apart: one sequence number,
 * sub-sequence numbers from 0 on.
 *
 * @param list what `record` takes, for each user record
 * @returns the user records, in the order of the list
 * @example
 * aggregated([{ json: { id: 1 } }, { json: { id: 2 } }])
 */
export const aggregated = (list: ReadonlyArray<Options>): ReadonlyArray<Kinesis> =>
  list.map((options, subSequenceNumber) => at(0, { subSequenceNumber, ...options }))
