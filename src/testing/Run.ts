/** A handler and a policy over records, in this process and in virtual time: what happened, as plain values. */
import * as E from 'fp-ts/Either'
import * as ReplyCodec from '../codec/Reply'
import type { DeadLetter } from '../core/DeadLetter'
import type * as Decision from '../core/Decision'
import { understand } from '../core/Decision'
import type * as Effect from '../core/Effect'
import * as Failure from '../core/Failure'
import type { Handler } from '../core/Handler'
import type { KinesisRecord } from '../core/KinesisRecord'
import { show } from '../core/Position'
import * as Interpreter from '../run/Interpreter'
import * as Conversation from './Conversation'
import * as Daemon from './Daemon'
import * as Settings from './Settings'
import * as World from './World'

/** What a call of the handler came to: a decision, what it returned in place of one, or what it threw. */
export type Decided = Decision.Understood | { readonly _tag: 'Threw'; readonly failure: Failure.Failure }

export interface Logged {
  readonly level: Effect.Level
  readonly message: string
  readonly fields: Effect.LogFields
}

/** Something that the session did: a reply, a dead letter that is on disk, a log line, its exit. */
export type Done =
  | Effect.Write
  | { readonly _tag: 'Buried'; readonly letter: DeadLetter }
  | { readonly _tag: 'Delivered'; readonly outputs: ReadonlyArray<Decision.Output> }
  | Effect.Log
  | Effect.Exit

export interface Outcome {
  /** Each call of the handler, in order. */
  readonly decisions: ReadonlyArray<Decided>
  /** The positions of those calls, as `sequenceNumber/subSequenceNumber`. */
  readonly handled: ReadonlyArray<string>
  readonly checkpoints: ReadonlyArray<Daemon.Requested>
  readonly deadLetters: ReadonlyArray<DeadLetter>
  readonly logs: ReadonlyArray<Logged>
  /** Everything that the session did, in order. */
  readonly effects: ReadonlyArray<Done>
  /** What the lease table holds in the end: where another run would start. */
  readonly stored: Daemon.Stored
  /** The exit code; null when the daemon waits in vain, which is a bug in kclts. */
  readonly exit: Effect.ExitCode | null
  /** What a real daemon would have complained of. Anything here is a bug in kclts. */
  readonly complaints: ReadonlyArray<string>
  /** Virtual milliseconds from the beginning to the end. */
  readonly elapsed: number
}

export interface Options {
  /** How many virtual milliseconds the handler takes for a record; 0 unless told. */
  readonly takes?: number | ((record: KinesisRecord) => number)
  /** Milliseconds since 1970 when the conversation begins; 0 unless told. */
  readonly start?: number
  /** In [0, 1), for the spread of retries; always 0.5 unless told. */
  readonly random?: () => number
  /** What becomes of a dead letter; stored unless told. A Left is a disk that is full. */
  readonly bury?: (letter: DeadLetter) => E.Either<Failure.Failure, void>
}

const taken = (takes: Options['takes'], record: KinesisRecord): number =>
  typeof takes === 'function' ? takes(record) : (takes ?? 0)

/** What the world saw; a text may hold two replies. */
const doneOf = (event: World.Event): ReadonlyArray<Done> => {
  switch (event._tag) {
    case 'Wrote':
      return event.text.split('\n').flatMap((line) => {
        const reply = ReplyCodec.decode(line)
        return E.isRight(reply) ? [{ _tag: 'Write', reply: reply.right }] : []
      })
    case 'Buried':
    case 'Delivered':
      return [event]
    case 'Logged':
      return [{ ...event, _tag: 'Log' }]
    case 'Exited':
      return [{ _tag: 'Exit', code: event.code }]
  }
}

/**
 * Plays a whole conversation.
 *
 * @example
 * converse(handler, { count: 10 }, Conversation.make([batch(records(25)), drain], { end: 'stop' }))
 */
export const converse = (
  handler: Handler,
  settings: Settings.Given,
  conversation: Conversation.Conversation,
  options: Options = {}
): Outcome => {
  const start = options.start ?? 0
  const events: Array<World.Event> = []
  const decisions: Array<Decided> = []
  const handled: Array<string> = []
  const world = World.make({
    start,
    random: options.random ?? (() => 0.5),
    bury: options.bury ?? (() => E.right(undefined)),
    onEvent: (event) => {
      events.push(event)
      if (event._tag === 'Wrote') daemon.hear(event.text)
    }
  })
  const daemon = Daemon.make(conversation, world)
  const observed: Handler = (record) => {
    handled.push(show(record))
    world.spend(taken(options.takes, record))
    try {
      const value = handler(record)
      decisions.push(understand(value))
      return value
    } catch (thrown) {
      decisions.push({ _tag: 'Threw', failure: Failure.fromUnknown(thrown) })
      throw thrown
    }
  }
  daemon.play(Interpreter.make(world.capabilities, Settings.toEnv(settings), observed))

  const effects = events.flatMap(doneOf)
  return {
    decisions,
    handled,
    checkpoints: daemon.requested,
    deadLetters: events.flatMap((event) => (event._tag === 'Buried' ? [event.letter] : [])),
    logs: events.flatMap((event) =>
      event._tag === 'Logged' ? [{ level: event.level, message: event.message, fields: event.fields }] : []
    ),
    effects,
    stored: daemon.stored(),
    exit: events.flatMap((event) => (event._tag === 'Exited' ? [event.code] : []))[0] ?? null,
    complaints: daemon.complaints,
    elapsed: world.now() - start
  }
}

/** What `run` takes besides: the handler's time, and how the daemon behaves. */
export type RunOptions = Options &
  Partial<Omit<Conversation.Conversation, 'steps'>> & {
    /** Milliseconds that pass before each batch but the first; 1000 unless told, as with Amazon's daemon. */
    readonly every?: number
  }

const isBatches = (
  list: ReadonlyArray<KinesisRecord> | ReadonlyArray<ReadonlyArray<KinesisRecord>>
): list is ReadonlyArray<ReadonlyArray<KinesisRecord>> => Array.isArray(list[0])

/**
 * Runs a handler with a policy, or a configuration as in the YAML, over records (one batch) or batches, with
 * a daemon that behaves well or, by `errors` and `latency`, badly. No process, no Java, no AWS.
 *
 * @param records an empty list of records is one empty batch.
 * @returns what happened. It does not throw when the handler does: that is an outcome.
 * @example
 * const { checkpoints, deadLetters } = run(handler, { checkpoint: { count: 100 } }, records(250))
 * @example
 * run(handler, { count: 1 }, [records(2), []], { errors: ['ThrottlingException'], every: 30_000, end: 'stop' })
 */
export const run = (
  handler: Handler,
  settings: Settings.Given,
  records: ReadonlyArray<KinesisRecord> | ReadonlyArray<ReadonlyArray<KinesisRecord>>,
  options: RunOptions = {}
): Outcome => {
  const batches = isBatches(records) ? records : [records]
  const every = Conversation.pass(options.every ?? 1000)
  const steps = batches.flatMap((batch, index) =>
    index === 0 ? [Conversation.batch(batch)] : [every, Conversation.batch(batch)]
  )
  const { shardId, from, fromSub, end, errors, latency } = Conversation.make([])
  const conversation = Conversation.make(steps, {
    shardId: options.shardId ?? batches.flat()[0]?.shardId ?? shardId,
    from: options.from === undefined ? from : options.from,
    fromSub: options.fromSub === undefined ? fromSub : options.fromSub,
    end: options.end ?? end,
    errors: options.errors ?? errors,
    latency: options.latency ?? latency
  })
  return converse(handler, settings, conversation, options)
}
