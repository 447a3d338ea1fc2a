/** `kclts dev`: the local daemon against the user's handler, from the options to the summary. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../config/Config'
import type * as ConfigSearch from '../config/ConfigSearch'
import * as Chance from './Chance'
import * as Faults from './Faults'
import * as InProcess from './InProcess'
import type { Open } from './ChildHandle'
import * as Recorded from './Recorded'
import type * as Shard from './Shard'
import * as Spawned from './Spawned'
import * as Stream from './Stream'
import * as StreamName from './StreamName'
import * as Summary from './Summary'
import * as Worker from './Worker'
import * as Console from '../edge/Console'
import * as HandlerModule from '../edge/HandlerModule'
import * as Log from '../edge/Log'
import type * as Destinations from '../edge/Destinations'
import type * as Recorder from '../edge/Recorder'
import * as Configuration from '../edge/Configuration'
import * as Startup from '../edge/Startup'
import * as Managed from '../run/Managed'
import type { Tracing } from '../tracing/Tracing'
import * as Example from './Example'
import * as Feed from './Feed'
import * as Screen from './Screen'
import type { Surroundings } from '../edge/Surroundings'

export interface Options extends Feed.Options, Faults.Odds {
  readonly killAfter: number | null
  readonly spawn: boolean
  readonly json: boolean
  readonly config: string | null
  /** Settings by flag name. */
  readonly flags: Readonly<Record<string, string>>
  /** The child for `--spawn`: program and arguments before the settings. */
  readonly child: readonly [string, ...ReadonlyArray<string>]
}

/** Everything that a run needs, opened. */
interface Prepared {
  readonly config: Config.Config
  /** null: the children are processes, which load it themselves. */
  readonly module: HandlerModule.HandlerModule | null
  readonly resource: unknown
  /** null: nothing is traced, or the children do it themselves. */
  readonly tracing: Tracing | null
  readonly destinations: Destinations.Destinations
  readonly log: Log.Log
  readonly feed: Feed.Feed
  /** As letters and idempotency keys name it. */
  readonly stream: string
  /** null: nothing is recorded, or the children do it themselves. */
  readonly recorder: Recorder.Recorder | null
}

const prepare = (
  options: Options,
  around: Surroundings,
  screen: Screen.Screen
): Managed.Managed<Prepared> => {
  const request = { cwd: around.cwd, file: options.config, env: around.env, flags: options.flags }
  return pipe(
    Configuration.read({ ...request, handlerRequired: true }),
    Managed.chain((loaded) => async () => {
      const log = await Log.of(loaded.config, around.env, { write: screen.print })
      return Console.during(loaded.config, log.write, () => ready(options, around, screen, loaded, log))()
    })
  )
}

/** A recording that is played is not recorded again: children in processes of their own would do it. */
const recordedAgain = ({ from, spawn }: Options, { record }: Config.Config): Managed.Managed<boolean> =>
  Managed.fromEither(() =>
    from !== null && spawn && record.folder !== null
      ? E.left(
          Managed.refusal([
            '--from with --spawn would record again what it plays; leave out --spawn, or take record.folder out of the configuration'
          ])
        )
      : E.right(from !== null && record.folder !== null)
  )

/** Loads the handler, unless children do, and opens the rest. */
const ready =
  (
    options: Options,
    around: Surroundings,
    screen: Screen.Screen,
    loaded: ConfigSearch.Loaded,
    log: Log.Log
  ): Managed.Managed<Prepared> =>
  async () => {
    const { config } = loaded
    const onNotice = (notice: string): void => screen.print(`kclts dev: ${notice}\n`)
    const onProblem = (problem: string): void => log.write('error', problem, {})
    const module = options.spawn ? E.right(null) : await HandlerModule.load(config.handler)
    const untyped = HandlerModule.untyped(config.handler)
    if (untyped !== null) onNotice(untyped)
    for (const doubt of loaded.doubts ?? []) log.write('warn', doubt, {})
    const world = { ...around, onNotice, onProblem, onUnreadable: unreadable(screen) }
    return pipe(
      Managed.both(
        Managed.both(
          options.spawn ? Managed.fromEither(() => E.right(null)) : Startup.tracing(loaded, log.write),
          Startup.named(loaded, module, (warning) => log.write('warn', warning, {}))
        ),
        Managed.both(Feed.open(options, world), recordedAgain(options, config))
      ),
      Managed.chain(([[tracing, named], [opened, isAgain]]) => {
        if (isAgain) onNotice('nothing is recorded while a recording is played')
        return pipe(
          Feed.begin(options, world, opened),
          Managed.map((feed) => ({ ...named, tracing, config, log, feed }))
        )
      }),
      Managed.beneath((all) => {
        for (const notice of all.feed.notices) onNotice(notice)
        const stream = StreamName.of(all.feed.identity)
        const recorder = Recorded.open(loaded, { ...all, isRecording: options.from === null }, stream)
        return pipe(
          Managed.both(Startup.resource(all.module, config.deadline), recorder),
          Managed.map(([resource, recorder]) => ({ ...all, resource, recorder, stream }))
        )
      })
    )()
  }

/** A child finds its own configuration: it is given what we were given. */
const settings = ({ config, flags, child }: Options, stream: string): Spawned.Options['command'] => [
  ...child,
  ...(config === null ? [] : ['--config', config]),
  ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
  ...StreamName.flagsOf(stream)
]

const childrenOf = (
  options: Options,
  around: Surroundings,
  { config, module, resource, tracing, recorder, destinations, log, stream }: Prepared,
  screen: Screen.Screen
): ((onHandled: () => void) => Open) =>
  module === null
    ? () =>
        Spawned.make({
          command: settings(options, stream),
          cwd: around.cwd,
          env: around.env,
          onStderr: screen.print,
          onProblem: (problem) => log.write('error', problem, {})
        })
    : (onHandled) =>
        InProcess.make({
          env: { ...Config.toEnv(config, HandlerModule.about(module)), stream },
          handler: module.handler,
          resource,
          tracing,
          recorder,
          bury: destinations.bury,
          deliver: destinations.deliver,
          log: log.write,
          clock: around.clock,
          chance: Chance.make(options.seed),
          onHandled
        })

const SHOWN_UNREADABLE = 20

/** Reports lines that are not records, the first of them one by one. */
const unreadable = (screen: Screen.Screen): ((line: number, problem: string) => void) => {
  let count = 0
  return (line, problem) => {
    count += 1
    if (count <= SHOWN_UNREADABLE)
      screen.print(`kclts: line ${line} of the input is not a record: ${problem}\n`)
    if (count === SHOWN_UNREADABLE) screen.print('kclts: further such lines are only counted\n')
  }
}

const PROGRESS_MS = { bar: 200, lines: 1000 } as const

/** Shows how far the worker is until it is called off. */
const watch = (
  { clock, isTerminal }: Surroundings,
  screen: Screen.Screen,
  shards: ReadonlyArray<Shard.Shard>,
  stream: Stream.Stream,
  worker: Worker.Worker
): (() => void) => {
  const show = (): void => {
    const tallies = shards.map(({ id }) => worker.tally(id))
    const sum = (of: (tally: (typeof tallies)[number]) => number): number =>
      tallies.reduce((total, tally) => total + of(tally), 0)
    screen.progress({
      done: worker.handled(),
      total: Stream.total(stream),
      text: `checkpoints: ${sum(({ asked, failed }) => asked - failed)}`
    })
  }
  let cancel = (): void => undefined
  const again = (): void => {
    show()
    cancel = clock.later(isTerminal ? PROGRESS_MS.bar : PROGRESS_MS.lines, again)
  }
  cancel = clock.later(isTerminal ? PROGRESS_MS.bar : PROGRESS_MS.lines, again)
  return () => {
    cancel()
    if (isTerminal) show()
  }
}

/** Runs a worker until it is done; Ctrl-C stops it, a second one at once. */
const work = (
  options: Omit<Worker.Options, 'onDone'>,
  around: Surroundings,
  screen: Screen.Screen
): Promise<readonly [Worker.Outcome, Worker.Worker]> =>
  new Promise((resolve) => {
    let stops = 0
    const onDone = (outcome: Worker.Outcome): void => {
      around.clock.soon(() => {
        for (const off of offs) off()
        resolve([outcome, worker])
      })
    }
    const worker = Worker.start({ ...options, onDone })
    const offs = [
      watch(around, screen, options.shards, options.stream, worker),
      around.onCrash(worker.crashed),
      around.onStop(() => {
        stops += 1
        if (stops === 1) screen.print('kclts: stopping; a second signal stops at once\n')
        if (stops === 1) worker.stop()
        else worker.abort()
      })
    ]
  })

const SHOWN_MISSING = 10

/** What a recording lacks is known once it has been read. */
const tellMissing = ({ missing }: Feed.Feed, screen: Screen.Screen): void => {
  const all = missing()
  for (const what of all.slice(0, SHOWN_MISSING))
    screen.print(`kclts dev: the recording is incomplete: ${what}\n`)
  if (all.length > SHOWN_MISSING)
    screen.print(`kclts dev: the recording lacks more, in ${all.length - SHOWN_MISSING} places\n`)
}

const consume = async (
  options: Options,
  around: Surroundings,
  prepared: Prepared,
  screen: Screen.Screen
): Promise<Summary.Summary> => {
  const { feed, log } = prepared
  const { shards, stream, batch, state } = feed
  const began = around.clock.now()
  const [outcome, worker] = await work(
    {
      shards,
      stream,
      leases: state,
      faults: Faults.make(Chance.make(options.seed), options),
      clock: around.clock,
      batch,
      killAfter: options.killAfter,
      children: childrenOf(options, around, prepared, screen),
      isSpawned: options.spawn,
      log: log.write
    },
    around,
    screen
  )
  tellMissing(feed, screen)
  return Summary.make({
    outcome,
    shards,
    tally: worker.tally,
    stored: state.stored,
    replay: (shard) => {
      const { inside, consumedTo } = worker.tally(shard.id)
      return inside?.replay ?? Feed.replay(feed, shard, consumedTo)
    },
    unreadable: stream.seen().unreadable,
    kills: worker.kills(),
    seconds: (around.clock.now() - began) / 1000,
    stateFile: feed.stateFile,
    deadLetterFile: prepared.config.failure.deadLetters,
    problem: feed.problem()
  })
}

const tell = (summary: Summary.Summary, options: Options, around: Surroundings): void => {
  if (options.json) return around.stdout(`${JSON.stringify(summary)}\n`)
  around.stdout(Summary.show(summary, options.from !== null))
  if (summary.exitCode === 0 && summary.records.delivered === 0 && summary.stateFile !== null)
    around.stdout('There was nothing new since the last run; --fresh starts from the beginning.\n')
}

/** Prepares, consumes, and prints the summary. */
const runOn = async (
  options: Options,
  around: Surroundings,
  screen: Screen.Screen
): Promise<Summary.ExitCode> => {
  const summary = await pipe(
    prepare(options, around, screen),
    Managed.use(
      (prepared) => consume(options, around, prepared, screen),
      (problem) => screen.print(`kclts dev: ${problem}\n`)
    )
  )()
  if (E.isLeft(summary)) {
    for (const problem of summary.left.problems) screen.print(`kclts dev: ${problem}\n`)
    return 2
  }
  screen.close()
  tell(summary.right, options, around)
  return summary.right.exitCode
}

/** Where nothing is configured: the example, and what to do next. */
const runExample = async (
  options: Options,
  around: Surroundings,
  screen: Screen.Screen
): Promise<Summary.ExitCode> => {
  const example = Example.make(options)
  screen.print(`kclts dev: ${Example.BEFORE}`)
  const code = await runOn(example.options, around, screen).finally(example.remove)
  if (!options.json) around.stdout(Example.AFTER)
  return code
}

/**
 * Runs the command: progress and logs to stderr, the summary to stdout.
 *
 * @returns the exit code, see `Summary.ExitCode`.
 */
export const dev = (options: Options, around: Surroundings): Promise<Summary.ExitCode> =>
  Screen.during(around, (screen) =>
    (Example.isWanted(options, around) ? runExample : runOn)(options, around, screen)
  )
