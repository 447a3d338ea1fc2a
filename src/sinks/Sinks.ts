/** All sinks of one process: opened from the configuration, fed with the outputs of records. */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as DeadLetterCodec from '../deadLetters/DeadLetterCodec'
import { found } from '../protocol/wire/Explain'
import * as Secrets from '../values/Secrets'
import * as SinkSettings from './Settings'
import type { DeadLetter } from '../core/DeadLetter'
import * as Failure from '../core/Failure'
import type { Delivery, Undelivered } from '../run/Capabilities'
import * as Discreet from './Discreet'
import type * as Kinds from './kinds/Kind'
import * as Outages from './Outages'
import * as Outbox from './Outbox'
import type { Encode } from './Outputs'
import type { Entry, GivenUp, Queued, Sink } from './Sink'

export interface World extends Outbox.World, Kinds.World {
  readonly encode: Encode
  readonly warn: (warning: string) => void
}

export interface Sinks {
  /**
   * Right when every output is acknowledged. Left when all have an end and one was given up: what its sink says should
   * follow; the others may have arrived. Left with `policy`, and nothing sent, when one of them can never be sent.
   */
  readonly deliver: (delivery: Delivery) => Promise<E.Either<Undelivered, void>>
  /** Puts a dead letter into the sink of that name. */
  readonly bury: (sink: string, letter: DeadLetter) => Promise<E.Either<GivenUp, void>>
  /** Bytes of the largest output that the sink of that name takes, as far as is known before one is sent. */
  readonly largest: (sink: string) => number
  /** Which of them fail. */
  readonly states: () => ReadonlyArray<Outages.State>
  /** What waits for its acknowledgement, over all sinks. */
  readonly queued: () => Queued
  readonly close: () => Promise<void>
}

interface Opened {
  readonly sink: Sink
  readonly then: SinkSettings.Sending['then']
  readonly keys: 1 | 2
}

const openOne = async (
  name: string,
  settings: SinkSettings.SinkSettings,
  world: World,
  outages: Outages.Outages
): Promise<E.Either<string, Opened>> => {
  const kind = SinkSettings.kindOf(settings.type)
  const secrets = [...SinkSettings.secretsOf(settings, world.env), ...Secrets.ofEnv(world.env)]
  const hide = Secrets.hideForeign(Secrets.hide(secrets))
  try {
    const sending = SinkSettings.sending(settings)
    return pipe(
      await kind.open(settings, world),
      E.bimap(
        (problem) => `sinks.${name}${problem}`,
        (transport): Opened => ({
          sink: Outbox.make(Discreet.transport(hide, transport), sending, world, outages.of(name)),
          then: sending.then,
          keys: settings.keys ?? 1
        })
      )
    )
  } catch (thrown) {
    const failure = Failure.fromUnknown(thrown)
    return E.left(
      kind.peer !== undefined && failure.message.includes(kind.peer)
        ? `sinks.${name}: type ${settings.type} needs a package that is not installed: npm install ${kind.peer}`
        : `sinks.${name}: ${hide(Failure.show(failure))}`
    )
  }
}

const DIGEST_LETTERS = 16

/**
 * The stream, where it is part of the sink's keys. A letter of an older version does not name it: its content stands for
 * it then, since letters of two streams may have one position, and a receiver must not drop the second one.
 */
const streamIn = (
  keys: 1 | 2,
  stream: string | undefined,
  partitionKey: string,
  base64: string
): string | undefined =>
  keys === 1
    ? undefined
    : (stream ??
      `data-${createHash('sha256')
        .update(JSON.stringify([partitionKey, base64]))
        .digest('base64url')
        .slice(0, DIGEST_LETTERS)}`)

/** `stream:shard:sequence:sub-sequence:index`, the same whenever the record is handled again. */
export const idOf = (
  { record, stream }: Pick<Delivery, 'record' | 'stream'>,
  index: number,
  keys: 1 | 2 = 1
): string => {
  const place = `${record.shardId}:${record.sequenceNumber}:${record.subSequenceNumber}:${index}`
  const known = streamIn(keys, stream, record.partitionKey, record.base64)
  return known === undefined ? place : `${known}:${place}`
}

/** Left: the value has no JSON: a bigint, a circle, a function, nothing at all. */
const entryOf = (id: string, key: string, value: unknown): E.Either<Failure.Failure, Entry> =>
  E.flatten(
    E.tryCatch(() => {
      // Its type forgets that what has no JSON gives undefined.
      const json: string | undefined = JSON.stringify(value)
      return json === undefined
        ? E.left(Failure.make('InvalidOutput', `found ${found(value)}, which cannot be written as JSON`))
        : E.right({ id, key, value, json, bytes: Buffer.byteLength(json) })
    }, Failure.fromUnknown)
  )

/** What is known of a sink before anything is sent to it. */
export interface Taker {
  readonly keys: 1 | 2
  readonly refusal: Sink['refusal']
}

/** One output as its sink gets it. */
export interface Addressed {
  /** The name of the sink. */
  readonly name: string
  readonly entry: Entry
}

const named = (sink: string, failure: Failure.Failure): Failure.Failure =>
  Failure.make(failure.name, `sink ${sink}: ${failure.message}`, failure.stack)

const push = async (
  opened: OpenedByName,
  { name, entry }: Addressed,
  recalled: AbortSignal | undefined
): Promise<E.Either<Undelivered, void>> => {
  const target = opened.get(name)
  if (target === undefined) return E.left({ then: 'halt', failure: unknownSink(name, [...opened.keys()]) })
  return pipe(
    await target.sink.push(entry, recalled),
    E.mapLeft(({ failure }): Undelivered => ({
      then: target.then,
      failure: named(name, failure)
    }))
  )
}

const unknownSink = (name: string, names: ReadonlyArray<string>): Failure.Failure =>
  Failure.make(
    'UnknownSink',
    `the handler emitted an output for ${name}, but the configuration has no sinks.${name}; there is ${names.join(', ')}`
  )

const prepared = (
  takers: ReadonlyMap<string, Taker>,
  encode: Encode,
  delivery: Omit<Delivery, 'recalled'>
): E.Either<Undelivered, ReadonlyArray<Addressed>> => {
  const { record, outputs, traceparent } = delivery
  const traced = traceparent === undefined ? {} : { traceparent }
  const addressed: Array<Addressed> = []
  for (const [index, { sink: name, value, key = record.partitionKey }] of outputs.entries()) {
    const taker = takers.get(name)
    if (taker === undefined) return E.left({ then: 'halt', failure: unknownSink(name, [...takers.keys()]) })
    const entry = pipe(
      encode(name, value),
      E.chain((encoded) => entryOf(idOf(delivery, index, taker.keys), key, encoded)),
      E.chain((made) => {
        const refused = taker.refusal(made)
        return refused === null ? E.right(made) : E.left(refused)
      })
    )
    if (E.isLeft(entry)) return E.left({ then: 'policy', failure: named(name, entry.left) })
    addressed.push({ name, entry: { ...entry.right, ...traced } })
  }
  return E.right(addressed)
}

/** Each output of a record as it will be sent. Left: what follows from the first that cannot be. */
export const address =
  (takers: ReadonlyMap<string, Taker>, encode: Encode) =>
  (delivery: Omit<Delivery, 'recalled'>): E.Either<Undelivered, ReadonlyArray<Addressed>> =>
    // The outputs are the handler's own objects: to read them may throw.
    E.flatten(
      E.tryCatch(
        () => prepared(takers, encode, delivery),
        (thrown): Undelivered => ({ then: 'policy', failure: Failure.fromUnknown(thrown) })
      )
    )

type OpenedByName = ReadonlyMap<string, Opened>

const refused = (failure: Failure.Failure): E.Either<GivenUp, never> => E.left({ _tag: 'Refused', failure })

const bury = async (
  target: Opened | undefined,
  name: string,
  letter: DeadLetter
): Promise<E.Either<GivenUp, void>> => {
  if (target === undefined) return refused(Failure.make('UnknownSink', `there is no sink ${name}`))
  const stream = streamIn(target.keys, letter.stream, letter.partitionKey, letter.data)
  const entry = entryOf(DeadLetterCodec.idOf(letter, stream), letter.partitionKey, letter)
  if (E.isLeft(entry)) return refused(entry.left)
  return pipe(
    await target.sink.push(entry.right),
    E.mapLeft((given): GivenUp => ({ ...given, failure: named(name, given.failure) }))
  )
}

const closeAll = async (opened: OpenedByName): Promise<void> => {
  await Promise.all([...opened.values()].map(({ sink }) => sink.close()))
}

const sinksOf = (opened: OpenedByName, encode: Encode, states: Sinks['states']): Sinks => {
  const takers = new Map(
    [...opened].map(([name, { sink, keys }]) => [name, { keys, refusal: sink.refusal }] as const)
  )
  const addresses = address(takers, encode)
  return {
    // Nothing is awaited before the pushes: records keep the order in which they are delivered.
    deliver: async (delivery) => {
      const addressed = addresses(delivery)
      if (E.isLeft(addressed)) return addressed
      const ends = await Promise.all(addressed.right.map((one) => push(opened, one, delivery.recalled)))
      const given = ends.filter(E.isLeft)
      // If several sinks gave up, the stricter policy wins: a worker that halts has lost nothing.
      return given.find(({ left }) => left.then === 'halt') ?? given[0] ?? E.right(undefined)
    },
    bury: (name, letter) => bury(opened.get(name), name, letter),
    largest: (name) => opened.get(name)?.sink.largest ?? Infinity,
    states,
    queued: () =>
      [...opened.values()]
        .map(({ sink }) => sink.queued())
        .reduce((sum, { count, bytes }) => ({ count: sum.count + count, bytes: sum.bytes + bytes }), {
          count: 0,
          bytes: 0
        }),
    close: () => closeAll(opened)
  }
}

/**
 * Opens all of them.
 *
 * Left: every sink that cannot be opened, a sentence each: a missing package with its install command, a missing
 * variable, a missing export.
 */
export const open = async (
  settings: Readonly<Record<string, SinkSettings.SinkSettings>>,
  world: World
): Promise<E.Either<ReadonlyArray<string>, Sinks>> => {
  const outages = Outages.make(world)
  const opened = new Map<string, Opened>()
  const problems: Array<string> = []
  for (const [name, one] of Object.entries(settings)) {
    const result = await openOne(name, one, world, outages)
    if (E.isLeft(result)) problems.push(result.left)
    else opened.set(name, result.right)
  }
  if (problems.length === 0) return E.right(sinksOf(opened, world.encode, outages.states))
  await closeAll(opened)
  return E.left(problems)
}
