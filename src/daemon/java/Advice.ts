/** What is allowed, and yet most often not meant: settings of the daemon that work against those of the handler. */
import type { Config } from '../../codec/Config'
import * as Duration from '../../codec/Duration'
import type { Problem } from './Generate'

/** The longest that one record may take: each attempt its deadline, and the waits between them, the last of a minute. */
const longestRecord = ({ deadline, failure }: Config): number => {
  let millis = deadline
  for (let retry = 0; retry < failure.retries; retry++)
    millis += deadline + Math.min(60_000, failure.backoff * 2 ** Math.min(retry, 20))
  return millis
}

const TIMEOUT = 'timeoutInSeconds'

/** The daemon's own, where nothing is said. */
const MAX_RECORDS = 10_000

/** It bounds each message that the daemon waits for, most of all the end of a batch (MessageReader, Runtime.halt). */
const ofTimeout = (config: Config): ReadonlyArray<Problem> => {
  const { properties, maxRecords } = config.daemon
  const seconds = Number(properties[TIMEOUT] ?? 0)
  if (!(seconds > 0)) return []
  const records = maxRecords ?? MAX_RECORDS
  const each = Number(((seconds * 1000) / records).toPrecision(2))
  const text =
    `a batch that takes longer than ${seconds} s without a checkpoint ends the daemon at once, with all its shards: ` +
    `one of ${records} records of more than ${each} ms each, and a record may take ` +
    `${Duration.show(longestRecord(config))} by deadline and failure.retries. ` +
    'Leave it out: a handler that hangs is found by its deadline'
  return [{ key: `daemon.properties.${TIMEOUT}`, text }]
}

const ofGrace = ({ daemon, checkpoint }: Config): ReadonlyArray<Problem> =>
  daemon.applicationName === null || daemon.shutdownGrace > checkpoint.shutdownDeadline
    ? []
    : [
        {
          key: 'daemon.shutdownGrace',
          text:
            `the daemon stops waiting after ${Duration.show(daemon.shutdownGrace)}, and the last checkpoint may be ` +
            `retried for ${Duration.show(checkpoint.shutdownDeadline)} (checkpoint.shutdownDeadline); make it longer`
        }
      ]

/** A child has one thread, and its shard alone. */
const ofProcesses = ({ host }: Config): ReadonlyArray<Problem> =>
  host.mode === 'host' || host.threads === 1
    ? []
    : [
        {
          key: 'host.threads',
          text: 'with host.mode: process each shard has a process, and this says nothing'
        }
      ]

export const of = (config: Config): ReadonlyArray<Problem> => [
  ...ofTimeout(config),
  ...ofGrace(config),
  ...ofProcesses(config)
]
