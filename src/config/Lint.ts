/**
 * What is allowed, and yet most often not meant: settings that contradict each other. The one place of rules about more than
 * one key; each names the key to change.
 */
import type { Config } from './Config'
import * as Contradictions from './Contradictions'
import { MAX_RECORDS } from './DaemonSettings'
import * as Duration from '../values/Duration'
import * as Listen from '../values/Listen'
import * as SinkSettings from '../sinks/Settings'
import * as Records from '../core/Records'
import * as Backoff from '../protocol/Backoff'

export type Problem = Contradictions.Problem

/** The longest that one record may take: each attempt its deadline, and the waits between them, the last of a minute. */
const longestRecord = ({ deadline, failure }: Config): number => {
  const backoff = { first: failure.backoff, most: Records.MAX_RETRY_WAIT }
  let millis = deadline
  for (let retry = 1; retry <= failure.retries; retry++) millis += deadline + Backoff.longest(backoff, retry)
  return millis
}

const TIMEOUT = 'timeoutInSeconds'

/** It bounds each message that the daemon waits for, most of all the end of a batch (MessageReader, Runtime.halt). */
const ofTimeout = (config: Config): ReadonlyArray<Problem> => {
  const { properties, maxRecords } = config.daemon
  const seconds = Number(properties[TIMEOUT] ?? 0)
  if (!(seconds > 0)) return []
  const records = maxRecords ?? MAX_RECORDS
  const each = Number(((seconds * 1000) / records).toPrecision(2))
  const text =
    `a batch that takes longer than ${seconds} s without a checkpoint ends the daemon at once, with all its shards: ` +
    `one of ${records} records that take more than ${each} ms each; a record may take ` +
    `${Duration.show(longestRecord(config))} with deadline and failure.retries. ` +
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

/** A child has one thread, its shard alone, and the daemon's own pipes. */
const ofProcesses = ({ host }: Config): ReadonlyArray<Problem> =>
  host.mode === 'host'
    ? []
    : [...(host.threads === 1 ? [] : ['threads']), ...(host.relay === 'auto' ? [] : ['relay'])].map(
        (key) => ({
          key: `host.${key}`,
          text: 'with host.mode: process each shard has a process, so this has no effect'
        })
      )

const show = Duration.show

/** A worker that is called unhealthy is killed by those who ask, though what it does is allowed. */
const ofStalled = ({ status, deadline, batch, sinks }: Config): ReadonlyArray<Problem> => {
  const { listen, stalled } = status
  if (listen === null || stalled === 0) return []
  const sooner = (what: string): Problem => ({
    key: 'status.stalled',
    text: `a worker counts as unhealthy after ${show(stalled)}, and ${what}; make it longer`
  })
  const outputs = Object.entries(sinks).flatMap(([name, settings]) => {
    const sending = SinkSettings.sending(settings)
    const longest = sending.deadline + sending.timeout
    return stalled > longest
      ? []
      : [
          sooner(
            `a record may wait for its output for ${show(longest)} (deadline and timeout of sinks.${name})`
          )
        ]
  })
  return [
    ...(stalled > deadline
      ? []
      : [sooner(`an attempt of the handler may take ${show(deadline)} (deadline)`)]),
    ...(stalled > batch.linger ? [] : [sooner(`records may wait for ${show(batch.linger)} (batch.linger)`)]),
    ...outputs
  ]
}

/** The waits double up to a bound, and one that is longer at first is cut to it. */
const ofBackoff = ({ failure, sinks }: Config): ReadonlyArray<Problem> => {
  const rule = (key: string, backoff: number, most: number): ReadonlyArray<Problem> =>
    backoff <= most ? [] : [{ key, text: `found ${show(backoff)}, but no wait is longer than ${show(most)}` }]
  return [
    ...rule('failure.backoff', failure.backoff, Records.MAX_RETRY_WAIT),
    ...Object.entries(sinks).flatMap(([name, settings]) =>
      rule(`sinks.${name}.backoff`, SinkSettings.sending(settings).backoff, MAX_SINK_BACKOFF)
    )
  ]
}

/** The same as in `sinks/Outbox`, which this room may not import. */
const MAX_SINK_BACKOFF = 30_000

/** One request uses the whole time of its outputs up. */
const ofSinks = ({ sinks }: Config): ReadonlyArray<Problem> =>
  Object.entries(sinks).flatMap(([name, settings]) => {
    const { timeout, deadline } = SinkSettings.sending(settings)
    return deadline === 0 || timeout < deadline
      ? []
      : [
          {
            key: `sinks.${name}.timeout`,
            text: `a request may take ${show(timeout)}, but an output is given up after ${show(deadline)} (deadline), so a request that times out is never repeated`
          }
        ]
  })

const ofLimits = ({ concurrency, undelivered, batch }: Config): ReadonlyArray<Problem> =>
  [
    { key: 'concurrency', count: concurrency },
    { key: 'batch.count', count: batch.count }
  ].flatMap(({ key, count }) =>
    count <= undelivered
      ? []
      : [
          {
            key,
            text: `found ${count}, but no more than ${undelivered} records are in progress at once (undelivered)`
          }
        ]
  )

const ofCheckpoints = ({ checkpoint }: Config): ReadonlyArray<Problem> =>
  checkpoint.interval > 0 || checkpoint.count > 0 || checkpoint.manual
    ? []
    : [
        {
          key: 'checkpoint.manual',
          text: 'with interval and count 0 there is no checkpoint while the worker runs, so a crash brings every record again'
        }
      ]

/** For keys that no span needs. */
const ofTracing = ({ tracing }: Config): ReadonlyArray<Problem> => {
  const { spans, parent, sampling } = tracing
  const rule = (key: string, isIdle: boolean, without: string): ReadonlyArray<Problem> =>
    isIdle ? [{ key: `tracing.${key}`, text: `without ${without} this has no effect` }] : []
  return spans === 'none'
    ? [
        ...rule('parent', parent !== null, 'tracing.spans'),
        ...rule('sampling', sampling !== null, 'tracing.spans')
      ]
    : rule('sampling', sampling !== null && parent === null, 'tracing.parent')
}

/** Patterns that leave the handler nothing. */
const ofFilter = ({ filter }: Config): ReadonlyArray<Problem> => {
  const exclude = filter.exclude ?? []
  if (exclude.some((pattern) => /^\*+$/.test(pattern)))
    return [
      {
        key: 'filter.exclude',
        text: 'a pattern of stars alone matches every key: the handler gets no record'
      }
    ]
  return (filter.include ?? [])
    .filter((pattern) => exclude.includes(pattern))
    .map((pattern) => ({
      key: 'filter.include',
      text: `${pattern} is in filter.exclude too, which drops all that it matches`
    }))
}

/** Those that browsers and fetch refuse, by the standard of fetch. */
const BLOCKED = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080
])

const ofPorts = ({ status, daemon }: Config): ReadonlyArray<Problem> => {
  const place = status.listen === null ? undefined : Listen.parse(status.listen)
  const port = place !== undefined && 'port' in place ? place.port : null
  const repository = daemon.repository === null ? '' : new URL(daemon.repository).port
  return [
    ...(port !== null && BLOCKED.has(port)
      ? [
          {
            key: 'status.listen',
            text: `browsers refuse port ${port}, so they cannot show the page; choose another`
          }
        ]
      : []),
    ...(repository !== '' && BLOCKED.has(Number(repository))
      ? [{ key: 'daemon.repository', text: `fetch refuses port ${repository}; choose another` }]
      : [])
  ]
}

/** Emulators do not look at the region of a request. */
const ofRegions = ({ sinks }: Config): ReadonlyArray<Problem> =>
  Object.entries(sinks).flatMap(([name, settings]) =>
    settings.type === 'kinesis' && (settings.endpoint ?? null) === null
      ? Contradictions.regions(`sinks.${name}.region`, settings.streamArn, settings.region)
      : []
  )

/** What only one of the two ways to read a stream heeds. */
const ofRetrieval = ({ daemon }: Config): ReadonlyArray<Problem> => {
  const { retrieval } = daemon
  const idle = retrieval === 'polling' ? FAN_OUT : POLLING
  return idle.flatMap((name) =>
    daemon[name] === null
      ? []
      : [{ key: `daemon.${name}`, text: `with daemon.retrieval: ${retrieval} this has no effect` }]
  )
}

const FAN_OUT = ['consumerName', 'consumerArn'] as const
const POLLING = ['maxRecords', 'idleTimeBetweenReads'] as const

export const of = (config: Config): ReadonlyArray<Problem> => [
  ...ofTimeout(config),
  ...ofGrace(config),
  ...ofProcesses(config),
  ...ofStalled(config),
  ...ofBackoff(config),
  ...ofSinks(config),
  ...ofLimits(config),
  ...ofCheckpoints(config),
  ...ofRetrieval(config),
  ...ofRegions(config),
  ...ofTracing(config),
  ...ofFilter(config),
  ...ofPorts(config)
]

/** What is best set, though a worker without it breaks no rule: `kclts check` says so, a start does not. */
export const unset = ({ failure }: Config): ReadonlyArray<Problem> =>
  failure.badRelease !== null || failure.then === 'halt'
    ? []
    : [
        {
          key: 'failure.badRelease',
          text:
            'it is not set, so a release that rejects every record goes through the whole stream; set it to the number of ' +
            'rejects and failures in a row that halt the worker, such as 100, or to 0 to leave it off'
        }
      ]
