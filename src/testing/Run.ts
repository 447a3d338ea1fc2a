/** A handler and a policy over records, in this process and in virtual time: what happened, as plain values. */
import * as E from 'fp-ts/Either'
import * as Action from '../protocol/Action'
import * as Heard from '../protocol/wire/Heard'
import type { DeadLetter } from '../core/DeadLetter'
import type { Output } from '../core/Decision'
import type * as Failure from '../core/Failure'
import type { AnyHandler, Answer, Context, Effect } from '../core/Handler'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Position from '../protocol/Position'
import type { Interpreter } from '../run/Interpreter'
import * as Traced from '../tracing/Traced'
import * as Clock from './Clock'
import * as Conversation from './Conversation'
import * as Daemon from './Daemon'
import * as Event from './Event'
import type { Decided, Outcome, Outputs } from './Outcome'
import * as Settings from './Settings'
import type * as Sink from './Sink'
import * as Watch from './Watch'
import * as World from './World'

/** A handler that returns at once. */
export type Pure<Out> = (record: KinesisRecord) => Answer<Out>

/** A handler of any kind: of one record, or a module's export `batchHandler`. */
export type Effectful<Out, Resource> =
  | ((record: KinesisRecord, context: Context<Resource>) => Answer<Out> | Effect<Answer<Out>>)
  | {
      /** Takes the records of a batch, and returns an answer for each in their order. */
      readonly batchHandler: (
        records: ReadonlyArray<KinesisRecord>,
        context: Context<Resource>
      ) => ReadonlyArray<Answer<Out>> | Effect<ReadonlyArray<Answer<Out>>>
    }

/** How each sink behaves that the handler emits to; any name, if the handler's type names none. */
export type SinksOf<Out> = [Out] extends [never]
  ? Sink.Sinks
  : { readonly [Name in Extract<Out, Output>['sink']]?: Sink.Sink }

/** The options of `converse`: how long the handler takes, and how the sinks behave. */
export interface Options<Out = never> {
  /** How many virtual milliseconds an attempt of the handler takes; 0 by default. */
  readonly takes?: number | ((record: KinesisRecord, attempt: number) => number)
  /** How the sinks behave; by default they acknowledge at once. */
  readonly sinks?: SinksOf<Out>
  /** Milliseconds since 1970 when the conversation begins; 0 by default. */
  readonly start?: number
  /** Returns a number in [0, 1) for the jitter of retries; always 0.5 by default. */
  readonly random?: () => number
  /** What happens to a dead letter; by default it is stored. A Left is a full disk. */
  readonly bury?: (letter: DeadLetter) => E.Either<Failure.Failure, void>
}

/** What an effectful handler may also need. */
export interface EffectOptions<Resource, Out = never> extends Options<Out> {
  /** What the handler's `acquire` would have returned. */
  readonly resource?: Resource
  /** The clock by which the handler's own effects take time; it says when the conversation begins, too. */
  readonly clock?: Clock.Clock
}

/** A line as the daemon hears it. */
const eventsIn = (line: string): ReadonlyArray<Event.Event> => {
  const heard = Heard.of(line)
  switch (heard._tag) {
    case 'Status':
      return Action.isName(heard.responseFor) ? [Event.answered(heard.responseFor)] : []
    case 'Checkpoint': {
      const { sequenceNumber, subSequenceNumber } = heard
      return [
        Event.checkpoint(
          sequenceNumber === null ? null : Position.make(sequenceNumber, subSequenceNumber ?? 0)
        )
      ]
    }
    case 'Nothing':
    case 'Null':
      return []
  }
}

/** What it means to a handler's author; a text may hold two replies. */
const eventsOf = (event: World.Event): ReadonlyArray<Event.Event> => {
  switch (event._tag) {
    case 'Wrote':
      return event.text.split('\n').flatMap(eventsIn)
    case 'Buried':
      return [Event.buried(event.letter, event.letter.reason)]
    case 'Delivered':
      return [Event.delivered(event.record, event.output.sink, event.output.value)]
    case 'Logged':
      return []
    case 'Exited':
      return [Event.exited(event.code)]
  }
}

/** The handler emitted what was delivered, so its type says what that may be. */
const outputsOf = <Out>(events: ReadonlyArray<Event.Event>): Outputs<Out> => {
  const sinks: Record<string, Array<unknown>> = {}
  for (const event of events) {
    if (event._tag === 'Delivered') (sinks[event.sink] ??= []).push(event.value)
  }
  return { ...sinks } as Outputs<Out> & typeof sinks
}

/** A conversation to be played, and what to look at when it is over. */
interface Scene<Out> {
  readonly daemon: Daemon.Daemon
  readonly watch: Watch.Watch
  readonly interpret: (handler: AnyHandler, settings: Settings.Given, isBatch: boolean) => Interpreter
  readonly outcome: () => Outcome<Out>
}

/** The type says which names there may be; a sink that is not named acknowledges. */
const named = (sinks: object): Sink.Sinks => ({ ...sinks })

const scene = <Out>(
  conversation: Conversation.Conversation,
  { takes = 0, resource, ...options }: EffectOptions<unknown, Out>
): Scene<Out> => {
  const clock = options.clock ?? Clock.make(options.start)
  const start = clock.now()
  const seen: Array<World.Event> = []
  const events: Array<Event.Event> = []
  const decisions: Array<Decided> = []
  const world = World.make({
    start,
    clock,
    random: options.random ?? (() => 0.5),
    bury: options.bury ?? (() => E.right(undefined)),
    sinks: named(options.sinks ?? {}),
    onEvent: (event) => {
      seen.push(event)
      events.push(...eventsOf(event))
      if (event._tag === 'Wrote') daemon.hear(event.text)
    }
  })
  const daemon = Daemon.make(conversation, world)
  return {
    daemon,
    watch: {
      onCall: (record, attempt) => void events.push(Event.handled(record, attempt)),
      onDecided: (decided) => void decisions.push(decided),
      takes: (record, attempt) => (typeof takes === 'function' ? takes(record, attempt) : takes),
      spend: clock.spend,
      after: clock.after
    },
    interpret: (handler, settings, isBatch) =>
      Traced.interpreter({
        tracing: Settings.tracing(settings, world.capabilities.log),
        world: world.capabilities,
        env: Settings.toEnv(settings, isBatch),
        handler,
        resource
      }),
    outcome: () => ({
      decisions,
      handled: events.flatMap((event) => (event._tag === 'Handled' ? [event.at] : [])),
      outputs: outputsOf(events),
      checkpoints: daemon.requested,
      deadLetters: seen.flatMap((event) => (event._tag === 'Buried' ? [event.letter] : [])),
      logs: seen.flatMap((event) =>
        event._tag === 'Logged' ? [{ level: event.level, message: event.message, fields: event.fields }] : []
      ),
      events,
      stored: daemon.stored(),
      exit: seen.flatMap((event) => (event._tag === 'Exited' ? [event.code] : []))[0] ?? null,
      complaints: daemon.complaints,
      elapsed: clock.now() - start
    })
  }
}

/**
 * Plays a whole conversation.
 *
 * @param handler the handler
 * @param settings a configuration as in the YAML, or a policy
 * @param conversation what the daemon says
 * @param options how long the handler takes, and how the sinks behave
 * @returns what happened. It does not throw when the handler does: that is an outcome.
 * @throws Error if a setting is not what its key expects
 * @example
 * converse(handler, { count: 10 }, Conversation.make([batch(records(25)), drain], { end: 'stop' }))
 */
export const converse = <Out = never>(
  handler: Pure<Out>,
  settings: Settings.Given,
  conversation: Conversation.Conversation,
  options: Options<Out> = {}
): Outcome<Out> => {
  const { daemon, watch, interpret, outcome } = scene<Out>(conversation, options)
  daemon.play(interpret(Watch.one(watch, handler), settings, false))
  return outcome()
}

/**
 * Plays a whole conversation with a handler that is an effect, or takes several records. See `runEffect`.
 *
 * @param handler the handler, or `{ batchHandler }`
 * @param settings a configuration as in the YAML, or a policy
 * @param conversation what the daemon says
 * @param options as for `converse`, and the resource of the handler
 * @returns a promise of what happened. It rejects if a setting is not what its key expects, not when the handler does.
 */
export const converseEffect = async <Out = never, Resource = undefined>(
  handler: Effectful<Out, Resource>,
  settings: Settings.Given,
  conversation: Conversation.Conversation,
  options: EffectOptions<Resource, Out> = {}
): Promise<Outcome<Out>> => {
  const { daemon, watch, interpret, outcome } = scene<Out>(conversation, options)
  const isBatch = typeof handler !== 'function'
  await daemon.playEffect(
    interpret(
      isBatch ? Watch.several(watch, handler.batchHandler) : Watch.one(watch, handler),
      settings,
      isBatch
    )
  )
  return outcome()
}

/** How the daemon behaves. */
export type DaemonOptions = Partial<Omit<Conversation.Conversation, 'steps'>> & {
  /** Milliseconds that pass before each batch but the first; 1000 by default, as with Amazon's daemon. */
  readonly every?: number
}

/** The options of `run`: the handler's time, and how the daemon and the sinks behave. */
export type RunOptions<Out = never> = Options<Out> & DaemonOptions

/** A configuration as in the YAML, or a policy alone. */
export type Configured = Settings.Settings | Settings.JustPolicy

/** One batch, or several. */
export type Batches = ReadonlyArray<KinesisRecord> | ReadonlyArray<ReadonlyArray<KinesisRecord>>

const isBatches = (list: Batches): list is ReadonlyArray<ReadonlyArray<KinesisRecord>> =>
  Array.isArray(list[0])

const conversationOf = (records: Batches, options: DaemonOptions): Conversation.Conversation => {
  const batches = isBatches(records) ? records : [records]
  const every = Conversation.pass(options.every ?? 1000)
  const steps = batches.flatMap((batch, index) =>
    index === 0 ? [Conversation.batch(batch)] : [every, Conversation.batch(batch)]
  )
  const { shardId, from, fromSub, end, errors, latency } = Conversation.make([])
  return Conversation.make(steps, {
    shardId: options.shardId ?? batches.flat()[0]?.shardId ?? shardId,
    from: options.from === undefined ? from : options.from,
    fromSub: options.fromSub === undefined ? fromSub : options.fromSub,
    end: options.end ?? end,
    errors: options.errors ?? errors,
    latency: options.latency ?? latency
  })
}

/**
 * Runs a handler with a policy, or a configuration as in the YAML, over records (one batch) or batches, with
 * a daemon that behaves well, unless `errors` or `latency` say otherwise. It needs no process, no Java and no AWS.
 *
 * @param handler the handler
 * @param settings a configuration as in the YAML, or a policy
 * @param records an empty list of records is one empty batch.
 * @param options how long the handler takes, and how the daemon and the sinks behave
 * @returns what happened. It does not throw when the handler does: that is an outcome.
 * @throws Error if a setting is not what its key expects
 * @example
 * const { outputs, checkpoints } = run(handler, { checkpoint: { count: 100 } }, records(250))
 * @example
 * run(handler, { count: 1 }, [records(2), []], { errors: ['ThrottlingException'], every: 30_000, end: 'stop' })
 * @example
 * run(handler, { count: 1 }, records(2), { sinks: { orders: Sink.acknowledges(50) } }).events
 */
export const run = <Out = never>(
  handler: Pure<Out>,
  settings: Configured,
  records: Batches,
  options: RunOptions<Out> = {}
): Outcome<Out> => converse(handler, settings, conversationOf(records, options), options)

/**
 * `run` for an effectful handler or a batch handler. Time is virtual here, too: an hour's wait for
 * a retry takes no time. An attempt takes as long as `takes` and the promises of the given `clock` say; one that
 * waits for anything else, such as a real socket, is not waited for and runs into its deadline.
 *
 * @param handler the handler, or `{ batchHandler }`
 * @param settings a configuration as in the YAML, or a policy
 * @param records one batch, or several
 * @param options as for `run`, and the resource of the handler
 * @returns a promise of what happened. It rejects if a setting is not what its key expects, not when the handler does.
 * @example
 * await runEffect(handler, { concurrency: 4, failure: { retries: 1 } }, records(10), { takes: 50, resource: fake })
 * @example
 * await runEffect({ batchHandler }, { batch: { count: 25 } }, records(100))
 */
export const runEffect = <Out = never, Resource = undefined>(
  handler: Effectful<Out, Resource>,
  settings: Configured,
  records: Batches,
  options: EffectOptions<Resource, Out> & DaemonOptions = {}
): Promise<Outcome<Out>> => converseEffect(handler, settings, conversationOf(records, options), options)
