/** What a subscription of CloudWatch Logs puts into a stream: gzip of an envelope with some log events. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import * as Decision from '../core/Decision'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Decoded from './Decoded'
import * as Gzip from './Gzip'
import * as Validation from './Validation'

/** One log event. */
export interface LogEvent {
  /** The id that CloudWatch Logs gave the event. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** The text of the event. */
  readonly message: string
  /** By the names in the filter's pattern; null when it has none. */
  readonly extractedFields: Readonly<Record<string, unknown>> | null
}

/** The log events that one record holds, all of one log stream. */
export interface LogEvents {
  /** The account whose logs they are. */
  readonly owner: string
  /** The name of the log group. */
  readonly logGroup: string
  /** The name of the log stream. */
  readonly logStream: string
  /** The names of the filters that let them pass. */
  readonly subscriptionFilters: ReadonlyArray<string>
  /** The events, in order. */
  readonly events: ReadonlyArray<LogEvent>
}

const Event = t.intersection([
  t.type({ id: t.string, timestamp: t.number, message: t.string }),
  t.partial({ extractedFields: t.union([t.UnknownRecord, t.null]) })
])

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html */
const Envelope = t.type({
  messageType: t.string,
  owner: t.string,
  logGroup: t.string,
  logStream: t.string,
  subscriptionFilters: t.array(t.string),
  logEvents: t.array(Event)
})

const validate = Validation.of(Envelope)

/** CloudWatch tests with it whether the stream can be reached; its events carry no logs. */
const CONTROL = 'CONTROL_MESSAGE'
const DATA = 'DATA_MESSAGE'

const opened = ({
  messageType,
  logEvents,
  ...rest
}: t.TypeOf<typeof Envelope>): E.Either<Decision.Decision, LogEvents> => {
  if (messageType === CONTROL) return E.left(Decision.skip('a control message of CloudWatch Logs'))
  if (messageType !== DATA)
    return E.left(Decision.reject(`messageType: expected ${DATA} or ${CONTROL}, found ${messageType}`))
  const { owner, logGroup, logStream, subscriptionFilters } = rest
  const events = logEvents.map(({ id, timestamp, message, extractedFields = null }) => ({
    id,
    timestamp,
    message,
    extractedFields
  }))
  return E.right({ owner, logGroup, logStream, subscriptionFilters, events })
}

const json = Gzip.jsonWith(JSON.parse)

const reading = (record: KinesisRecord): E.Either<Decision.Decision, LogEvents> =>
  pipe(
    json(record),
    E.mapLeft(({ message }) => message),
    E.chain(validate),
    E.mapLeft(Decision.reject),
    E.chainW(opened)
  )

/**
 * Builds a handler of the log events of a record. A control message is skipped; a record without an envelope becomes a `reject`.
 *
 * @function
 * @param f takes the log events and the record, and the context if it is effectful
 * @returns the handler
 * @example
 * export const handler = decodeCloudWatchLogs(({ logGroup, events }) =>
 *   to.lines.all(events.map(({ message }) => `${logGroup} ${message}`))(ack())
 * )
 */
export const decodeCloudWatchLogs = Object.assign(Decoded.pure(reading), {
  effect: Decoded.effectful(reading)
})
