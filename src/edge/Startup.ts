/**
 * The steps by which every program of ours starts: its configuration, its destinations, its resource. What is wrong is
 * reported at once where it can be found independently, and what was opened is released in reverse order.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../config/Config'
import * as LoadedConfig from '../config/LoadedConfig'
import * as DaemonSettings from '../config/DaemonSettings'
import * as SinkSettings from '../sinks/Settings'
import * as ConfigSecrets from '../config/ConfigSecrets'
import * as Secrets from '../values/Secrets'
import * as Current from '../run/Current'
import * as Managed from '../run/Managed'
import type { Tracing } from '../tracing/Tracing'
import type { Conversation } from './Conversation'
import * as HandlerModule from './HandlerModule'
import type { IdleDetector } from './IdleDetector'
import type { Log } from './Log'
import * as Destinations from './Destinations'
import * as Recorder from './Recorder'
import * as Resource from './Resource'

/** How long the sinks may take to close: a write to a disk that is gone may hang, and the daemon waits for our exit. */
const CLOSE_MS = 5000

/** What the configuration names: the handler's module, and where its outputs and dead letters go. */
export interface Named<Module> {
  readonly module: Module
  readonly destinations: Destinations.Destinations
}

/** The module, or why it cannot be loaded; null: the handler runs in processes that load it themselves. */
export type Loaded<Module> = E.Either<string, Module>

/** Each problem with the place where the configuration names what is wrong. */
export const named = <Module extends HandlerModule.HandlerModule | null>(
  loaded: LoadedConfig.Loaded,
  module: Loaded<Module>,
  onWarning: (warning: string) => void,
  open = Destinations.open
): Managed.Managed<Named<Module>> => {
  const { config } = loaded
  const refusal = (problems: ReadonlyArray<Destinations.Problem>): Managed.Refusal =>
    Managed.refusal(problems.map(({ key, text }) => LoadedConfig.showLater(loaded, key, text)))
  // Without a module no sink is opened, but a problem with the dead letters is reported at once.
  const destinations = (): ReturnType<typeof Destinations.open> =>
    open(config, E.isLeft(module) ? null : module.right, onWarning)
  return pipe(
    Managed.both(
      Managed.fromEither(() =>
        pipe(
          module,
          E.mapLeft((text) => refusal([{ key: 'handler', text }]))
        )
      ),
      Managed.make(
        async () => pipe(await destinations(), E.mapLeft(refusal)),
        Managed.within(CLOSE_MS, 'the sinks', ({ close }) => close())
      )
    ),
    Managed.map(([one, two]) => ({ module: one, destinations: two }))
  )
}

/** Two streams may have records of equal shard and position: without the stream's name, their keys would be equal. */
export const streamNamed = (loaded: LoadedConfig.Loaded): Managed.Managed<void> =>
  Managed.fromEither(() => {
    const { daemon, sinks } = loaded.config
    const nameless = DaemonSettings.streamOf(daemon) === undefined ? SinkSettings.wantStream(sinks) : []
    const problems = nameless.map((name) =>
      LoadedConfig.showLater(
        loaded,
        `sinks.${name}`,
        'keys is 2, which needs the name of the stream; set daemon.streamName to that of the stream that the daemon reads'
      )
    )
    return problems.length === 0 ? E.right(undefined) : E.left(Managed.refusal(problems))
  })

/** How long an SDK may take to send its last spans. */
const FLUSH_MS = 5000

/** What `tracing` of the configuration asks for; null: nothing. Its spans are sent before it is let go. */
export const tracing = (
  loaded: LoadedConfig.Loaded,
  log: Log['write'] = () => undefined
): Managed.Managed<Tracing | null> => {
  const { config } = loaded
  const { spans, parent, sampling } = config.tracing
  if (spans === 'none') return Managed.fromEither(() => E.right(null))
  return Managed.make(
    async () => {
      const OpenTelemetry = await import('../tracing/OpenTelemetry.js')
      return pipe(
        OpenTelemetry.open(config.handler, {
          spans,
          parent,
          sampling,
          application: config.daemon.applicationName,
          env: process.env,
          hide: Secrets.hide(ConfigSecrets.of(config, process.env)),
          log
        }),
        E.mapLeft((problem) => Managed.refusal([LoadedConfig.showLater(loaded, 'tracing.spans', problem)]))
      )
    },
    Managed.within(FLUSH_MS, 'the spans', ({ flush }) => flush())
  )
}

/** What the module acquires; undefined where there is none. */
export const resource = (
  module: HandlerModule.HandlerModule | null,
  deadline: number
): Managed.Managed<unknown> =>
  pipe(
    Managed.make(
      async () => {
        if (module !== null && HandlerModule.kindOf(module) !== 'pure') Current.followEffects()
        return pipe(
          await Resource.acquire(module, deadline),
          E.mapLeft((problem) => Managed.refusal([problem], 1))
        )
      },
      ({ release }) => release()
    ),
    Managed.map(({ value }) => value)
  )

/** All that the shards of one process, or of one thread, share. */
export interface Prepared extends Omit<
  Conversation,
  'log' | 'console' | 'descriptors' | 'idle' | 'guard' | 'close'
> {
  /** Which sinks fail; left out where there are none. */
  readonly sinks?: Destinations.Destinations['states']
}

/** What a process, or a thread, has beside its configuration and its handler. */
export interface Around {
  readonly log: Log
  /** null: nothing watches. */
  readonly idle: IdleDetector | null
  /** null: nothing is recorded. */
  readonly record: Recorder.Open | null
}

/** Opens what the configuration names, then acquires what the handler's module needs. */
export const ready = (
  loaded: LoadedConfig.Loaded,
  module: Loaded<HandlerModule.HandlerModule>,
  { log, idle, record }: Around,
  open = Destinations.open
): Managed.Managed<Prepared> => {
  const { config } = loaded
  const onWarning = (warning: string): void => log.write('warn', warning, {})
  const untyped = HandlerModule.untyped(config.handler)
  if (untyped !== null) log.write('debug', untyped, {})
  return pipe(
    Managed.both(
      tracing(loaded, log.write),
      Managed.both(named(loaded, module, onWarning, open), streamNamed(loaded))
    ),
    Managed.beneath(([traced, [all]]) =>
      pipe(
        Managed.both(
          resource(all.module, config.deadline),
          Recorder.managed(record, { loaded, module: all.module, log: log.write, idle })
        ),
        Managed.map(([acquired, recorder]) => ({
          env: Config.toEnv(config, HandlerModule.about(all.module)),
          handler: all.module.handler,
          resource: acquired,
          tracing: traced,
          bury: all.destinations.bury,
          deliver: all.destinations.deliver,
          recorder,
          ...(all.destinations.states === undefined ? {} : { sinks: all.destinations.states })
        }))
      )
    )
  )
}
