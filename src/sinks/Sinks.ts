/** All sinks of one process: opened from the configuration, fed with the outputs of records. */
import * as E from 'fp-ts/Either'
import type { SinkSettings as Settings } from '../codec/SinkSettings'
import type { DeadLetter } from '../core/DeadLetter'
import type { Output } from '../core/Decision'
import * as Failure from '../core/Failure'
import type { Delivery, Undelivered } from '../run/Capabilities'
import * as File from './file'
import * as Http from './http'
import * as Kinesis from './kinesis'
import * as Module from './module'
import * as Outbox from './Outbox'
import type { Encode } from './Outputs'
import type { Entry, Sink, Transport } from './Sink'
import * as Sqs from './sqs'

export interface World extends Outbox.Clock {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The handler's module: its export of that name, for `type: module`. */
  readonly exported: (name: string) => unknown
  readonly encode: Encode
}

export interface Sinks {
  /** Right when every output is acknowledged; Left with what the first sink that gave up says should follow. */
  readonly deliver: (delivery: Delivery) => Promise<E.Either<Undelivered, void>>
  /** Puts a dead letter into the sink of that name. */
  readonly bury: (sink: string, letter: DeadLetter) => Promise<E.Either<Failure.Failure, void>>
  readonly close: () => Promise<void>
}

interface Opened {
  readonly sink: Sink
  readonly then: Undelivered['then']
}

const isFunction = (value: unknown): value is Module.ModuleSink => typeof value === 'function'

/** The package that a kind needs and that may be missing. */
const peers: Readonly<Record<string, string>> = {
  kinesis: '@aws-sdk/client-kinesis',
  sqs: '@aws-sdk/client-sqs'
}

const transportOf = async (
  name: string,
  settings: Settings,
  world: World
): Promise<E.Either<string, Transport>> => {
  switch (settings.type) {
    case 'file':
      return E.right(File.transport(settings, settings.path, world.now))
    case 'http': {
      const { headers, missing } = Http.headersFrom(settings.headers ?? {}, world.env)
      return missing.length > 0
        ? E.left(`sinks.${name}.headers: the variable ${missing.join(', ')} is not set`)
        : E.right(Http.transport(settings, headers))
    }
    case 'kinesis':
      return E.right(await Kinesis.transport(settings))
    case 'sqs':
      return E.right(await Sqs.transport(settings))
    case 'module': {
      const store = world.exported(settings.export)
      return isFunction(store)
        ? E.right(Module.transport(store))
        : E.left(
            `sinks.${name}: the handler's module has no export \`${settings.export}\` that is a function`
          )
    }
  }
}

const defaults: Outbox.Settings = {
  count: Infinity,
  bytes: Infinity,
  linger: 0,
  backoff: 200,
  deadline: 60_000
}

const openOne = async (name: string, settings: Settings, world: World): Promise<E.Either<string, Opened>> => {
  try {
    return E.map((transport: Transport): Opened => ({
      sink: Outbox.make(
        transport,
        {
          ...defaults,
          ...settings.batch,
          backoff: settings.backoff ?? defaults.backoff,
          deadline: settings.deadline ?? defaults.deadline
        },
        world
      ),
      then: settings.then ?? 'halt'
    }))(await transportOf(name, settings, world))
  } catch (thrown) {
    const peer = peers[settings.type]
    const failure = Failure.fromUnknown(thrown)
    return E.left(
      peer !== undefined && failure.message.includes(peer)
        ? `sinks.${name}: type ${settings.type} needs a package that is not installed: npm install ${peer}`
        : `sinks.${name}: ${Failure.show(failure)}`
    )
  }
}

/** `shard:sequence:sub-sequence:index`, the same whenever the record is handled again. */
export const idOf = ({ record }: Pick<Delivery, 'record'>, index: number): string =>
  `${record.shardId}:${record.sequenceNumber}:${record.subSequenceNumber}:${index}`

/** Left: the value has no JSON, such as a bigint or a circle. */
const entryOf = (id: string, key: string, value: unknown): E.Either<Failure.Failure, Entry> =>
  E.tryCatch(() => {
    const json = JSON.stringify(value) ?? 'null'
    return { id, key, value, json, bytes: Buffer.byteLength(json) }
  }, Failure.fromUnknown)

/**
 * Opens all of them.
 *
 * Left: every sink that cannot be opened, a sentence each: a missing package with its install command, a missing
 * variable, a missing export.
 */
export const open = async (
  settings: Readonly<Record<string, Settings>>,
  world: World
): Promise<E.Either<ReadonlyArray<string>, Sinks>> => {
  const opened = new Map<string, Opened>()
  const problems: Array<string> = []
  for (const [name, one] of Object.entries(settings)) {
    const result = await openOne(name, one, world)
    if (E.isLeft(result)) problems.push(result.left)
    else opened.set(name, result.right)
  }
  const close = async (): Promise<void> => {
    await Promise.all([...opened.values()].map(({ sink }) => sink.close()))
  }
  if (problems.length > 0) {
    await close()
    return E.left(problems)
  }

  const pushTo = async (
    sink: string,
    entry: E.Either<Failure.Failure, Entry>
  ): Promise<E.Either<Undelivered, void>> => {
    const target = opened.get(sink)
    if (target === undefined)
      return E.left({ then: 'halt', failure: Failure.make('UnknownSink', `there is no sink ${sink}`) })
    const pushed = E.isLeft(entry) ? entry : await target.sink.push(entry.right)
    return E.isLeft(pushed) ? E.left({ then: target.then, failure: named(sink, pushed.left) }) : pushed
  }

  return E.right({
    deliver: async ({ record, outputs }) => {
      const results = await Promise.all(
        outputs.map(({ sink, value, key }: Output, index) =>
          pushTo(
            sink,
            E.chain((encoded: unknown) =>
              entryOf(idOf({ record }, index), key ?? record.partitionKey, encoded)
            )(world.encode(sink, value))
          )
        )
      )
      return results.find(E.isLeft) ?? E.right(undefined)
    },
    bury: async (sink, letter) => {
      const id = `${letter.shardId}:${letter.sequenceNumber}:${letter.subSequenceNumber}:dead-letter`
      const pushed = await pushTo(sink, entryOf(id, letter.partitionKey, letter))
      return E.mapLeft(({ failure }: Undelivered) => failure)(pushed)
    },
    close
  })
}

const named = (sink: string, failure: Failure.Failure): Failure.Failure =>
  Failure.make(failure.name, `sink ${sink}: ${failure.message}`, failure.stack)
