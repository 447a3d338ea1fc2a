/** What `kclts run` opens before it starts the daemon. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as SingleTable from '../aws/SingleTable'
import type * as Config from '../config/Config'
import * as ConfigSearch from '../config/ConfigSearch'
import * as ConfigSecrets from '../config/ConfigSecrets'
import * as DaemonSettings from '../config/DaemonSettings'
import * as Properties from '../config/Properties'
import * as Secrets from '../values/Secrets'
import * as Lint from '../config/Lint'
import * as PreviousDaemon from '../daemon/PreviousDaemon'
import * as Generate from '../daemon/Generate'
import * as Jars from '../daemon/Jars'
import type * as Java from '../daemon/Java'
import type * as Launch from '../daemon/Launch'
import * as Main from '../daemon/Main'
import * as Slot from '../daemon/Slot'
import * as Log from '../edge/Log'
import * as Configuration from '../edge/Configuration'
import * as Folders from '../files/Folders'
import * as StateFolder from '../files/StateFolder'
import * as Host from '../host/Host'
import type * as Programs from '../host/Programs'
import * as LastRun from '../host/LastRun'
import * as Processes from '../host/processes'
import * as Clock from '../run/Clock'
import * as Managed from '../run/Managed'
import * as InitialPosition from './InitialPosition'
import * as JavaOptions from './JavaOptions'
import * as Needs from './Needs'

/** Everything that a run needs, opened. */
export interface Prepared {
  readonly log: Log.Log
  /** What the daemon starts for each shard. */
  readonly programs: Programs.Programs
  /** null: the shards are in processes of the daemon, of which nothing is known here. */
  readonly host: Host.Host | null
  readonly lastRun: LastRun.LastRun
  readonly workerId: string
  /** Writes the daemon's properties into the private folder: it may be another one than at the last start. */
  readonly command: () => Launch.Command
  /** The file that names the daemon, for the next run. */
  readonly previousDaemon: string
  readonly config: Config.Config
  readonly started: Clock.Time
  /** For what the daemon and the JVM say, who know all that they were started with. */
  readonly hide: Secrets.Hide
}

/** The place of a program in the world. */
export interface Place {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Lines for people, before the log can be used. */
  readonly print: (text: string) => void
}

export const streamOf = ({ daemon }: Config.Config): string => daemon.streamArn ?? daemon.streamName ?? ''

/** How long a part may take to close, in milliseconds: a call into the system may never return. */
const CLOSE_MS = 5000

/** More than the threads take, which close side by side: their sinks, their resource, and the thread itself. */
const HOST_MS = 30_000

const refused = (problem: string): Managed.Refusal => Managed.refusal([problem])

// -- steps ------------------------------------------------------------------------------------------------------------

/** What has to be there, and need not be released. */
interface Ground {
  readonly java: Java.Java
  readonly jars: ReadonlyArray<string>
  readonly options: JavaOptions.JavaOptions
  /** The folder of the user's state. */
  readonly state: string
}

/** No more than is asked for: it goes to another process. */
const placeOf = ({ daemon }: Config.Config): SingleTable.Place => {
  const { version, applicationName, tableName, region, credentials, dynamoDbEndpoint } = daemon
  return { version, applicationName, tableName, region, credentials, dynamoDbEndpoint }
}

/** What is missing is reported before anything is fetched or started. */
const ground = (loaded: ConfigSearch.Loaded, { env, print }: Place): Managed.Managed<Ground> =>
  Managed.fromEither(async () => {
    const { config } = loaded
    // Side by side, since each starts a process.
    const [needs, single, shape] = await Promise.all([
      Needs.of(loaded, env, Needs.real),
      SingleTable.look(placeOf(config), env),
      JavaOptions.look(loaded, env)
    ])
    const problems = [
      ...needs.wrong,
      ...(await Needs.letters(loaded, Needs.real)),
      ...Needs.files(loaded),
      ...(await Needs.listening(config, { withPorts: true })).wrong,
      ...needs.missing
    ]
    if (problems.length > 0 || needs.java === null)
      return E.left(Managed.refusal([...Needs.summary(problems), ...problems.map(Needs.show(loaded))]))
    if (single !== null) return E.left(refused(ConfigSearch.showLater(loaded, 'daemon.version', single)))
    const { java } = needs
    const jars = await Jars.classpath({ ...config.daemon, env, print, shipped: Needs.shipped('daemon') })
    if (E.isLeft(jars)) return E.left(refused(jars.left))
    const options = await JavaOptions.of(loaded, java, jars.right, shape, env)
    return pipe(
      StateFolder.open(env),
      E.bimap(refused, (state) => ({ java, jars: jars.right, options, state }))
    )
  })

const slot = ({ daemon }: Config.Config, state: string): Managed.Managed<Slot.Slot> =>
  Managed.make(
    async () =>
      pipe(await Slot.acquire(state, daemon.applicationName ?? '', daemon.workerId), E.mapLeft(refused)),
    Managed.within(CLOSE_MS, "the worker's number", ({ release }) => release())
  )

/** Notes of how far the shards are, for the next run. The host ends first: until then something may go wrong. */
const lastRun = (file: string, host: Host.Host | null, log: Log.Log): Managed.Managed<LastRun.LastRun> =>
  Managed.make(
    () =>
      Promise.resolve(
        E.right(LastRun.open({ file: `${file}.run`, shards: () => host?.shards() ?? [], log: log.write }))
      ),
    Managed.within(CLOSE_MS, 'the notes of this run', ({ close }) => close())
  )

/** The daemon is forgotten once it is gone with its relays, which end with the host. */
const previousDaemon = (file: string): Managed.Managed<string> =>
  Managed.make(
    () => Promise.resolve(E.right(`${file}.daemon`)),
    Managed.within(CLOSE_MS, 'the notes of the daemon', (noted) => {
      if (PreviousDaemon.find(noted) === null) PreviousDaemon.forget(noted)
    })
  )

/** What runs the shards. */
interface Shards {
  readonly programs: Programs.Programs
  readonly host: Host.Host | null
}

/** The host, or a process for each shard. */
const shards = (
  request: ConfigSearch.Request,
  loaded: ConfigSearch.Loaded,
  state: string,
  log: Log.Log
): Managed.Managed<Shards> => {
  const { config } = loaded
  const relay = path.join(Needs.shipped('host'), 'relay')
  const open = async (): Promise<E.Either<Managed.Refusal, Shards>> =>
    config.host.mode === 'process'
      ? pipe(
          Processes.open(loaded, request, relay, log.write),
          E.bimap(refused, (programs) => ({ programs, host: null }))
        )
      : pipe(
          await Host.open({
            loaded,
            threads: config.host.threads,
            memory: config.host.memory,
            quarantineFile: path.join(state, `${config.daemon.applicationName ?? ''}.hung.json`),
            stream: DaemonSettings.streamOf(config.daemon) ?? '',
            entry: path.join(Needs.shipped('host'), 'entries/hostThread.js'),
            relay,
            log: InitialPosition.watched(loaded, log.write),
            env: request.env
          }),
          E.map((host) => ({ programs: host, host }))
        )
  return Managed.make(
    open,
    Managed.within(HOST_MS, 'the shards', ({ programs }) => programs.close())
  )
}

// -- the whole --------------------------------------------------------------------------------------------------------

const commandOf = (
  loaded: ConfigSearch.Loaded,
  { java, jars, options }: Ground,
  workerId: string,
  programs: Programs.Programs,
  env: Place['env']
): E.Either<Managed.Refusal, () => Launch.Command> => {
  const { daemon, checkpoint } = loaded.config
  const propertiesFor = (executableName: string): ReturnType<typeof Generate.properties> =>
    Generate.properties(daemon, { executableName, workerId, emptyBatches: checkpoint.interval > 0 })
  return pipe(
    propertiesFor(programs.executable),
    E.bimap(
      (problems) =>
        Managed.refusal(problems.map(({ key, text }) => ConfigSearch.showLater(loaded, key, text))),
      (properties) => () => {
        const { executable, folder } = programs
        const file = path.join(folder, 'kcl.properties')
        const text = pipe(
          propertiesFor(executable),
          E.getOrElse(() => properties)
        )
        fs.writeFileSync(file, Properties.print(text), { mode: 0o600 })
        return {
          java: java.command,
          options: options.options,
          classpath: jars,
          main: Main.of(daemon),
          properties: file,
          shipped: Needs.shipped('daemon'),
          cwd: folder,
          env
        }
      }
    )
  )
}

/** Says what is started, and what may not be enough one day. */
const announce = (
  loaded: ConfigSearch.Loaded,
  { java, options }: Ground,
  workerId: string,
  log: Log.Log
): void => {
  const { config } = loaded
  for (const doubt of loaded.doubts ?? []) log.write('warn', doubt, {})
  for (const { key, text } of Lint.of(config))
    log.write('warn', ConfigSearch.showLater(loaded, key, text), {})
  if (options.doubt !== null) log.write('warn', options.doubt, {})
  log.write('info', 'starting', {
    application: config.daemon.applicationName ?? '',
    worker: workerId,
    stream: streamOf(config),
    kcl: config.daemon.version,
    java: java.version,
    threads: config.host.threads
  })
}

/** In this order: the configuration, the jars, the worker's number, the host, the notes for the next run. */
export const open = (request: ConfigSearch.Request, place: Place): Managed.Managed<Prepared> =>
  pipe(
    Configuration.read(request),
    Managed.chain((loaded) => {
      const env = Folders.placed(place.env, loaded.config.home)
      return pipe(
        ground(loaded, { ...place, env }),
        Managed.chain((found) =>
          pipe(
            slot(loaded.config, found.state),
            Managed.chain((held) => inSlot({ ...request, env }, loaded, found, held, { ...place, env }))
          )
        )
      )
    })
  )

const inSlot =
  (
    request: ConfigSearch.Request,
    loaded: ConfigSearch.Loaded,
    found: Ground,
    { workerId, file }: Slot.Slot,
    { env }: Place
  ): Managed.Managed<Prepared> =>
  async () => {
    const { config } = loaded
    const log = await Log.of(config, env)
    return pipe(
      shards(request, loaded, found.state, log),
      Managed.chain((all) =>
        pipe(
          Managed.fromEither(() => commandOf(loaded, found, workerId, all.programs, env)),
          Managed.map((command) => ({ ...all, command }))
        )
      ),
      Managed.beneath((all) => {
        announce(loaded, found, workerId, log)
        return pipe(
          Managed.both(lastRun(file, all.host, log), previousDaemon(file)),
          Managed.map(([notes, noted]) => ({
            ...all,
            log,
            lastRun: notes,
            previousDaemon: noted,
            workerId,
            config,
            started: Clock.time(),
            hide: Secrets.hideForeign(Secrets.hide(ConfigSecrets.of(config, env)))
          }))
        )
      })
    )()
  }
