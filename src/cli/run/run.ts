/** `kclts run`: Amazon's daemon, started and supervised, with every shard in this process. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as Config from '../../config/Config'
import * as DaemonSettings from '../../config/DaemonSettings'
import * as ConfigSecrets from '../../config/ConfigSecrets'
import * as Failure from '../../core/Failure'
import * as Listen from '../../config/Listen'
import * as Properties from '../../config/Properties'
import * as Secrets from '../../config/Secrets'
import * as Advice from '../../daemon/Advice'
import * as Forerunner from '../../daemon/Forerunner'
import * as Generate from '../../daemon/Generate'
import * as Jars from '../../daemon/Jars'
import * as Launch from '../../daemon/Launch'
import * as Slot from '../../daemon/Slot'
import * as Supervision from '../../daemon/Supervision'
import type * as Supervisor from '../../daemon/Supervisor'
import * as Clock from '../../run/Clock'
import * as ConfigSearch from '../../config/ConfigSearch'
import * as Log from '../../edge/Log'
import * as StateFolder from '../../files/StateFolder'
import * as Host from '../../host/Host'
import * as LastRun from '../../host/LastRun'
import type * as Worker from '../../host/status/Worker'
import * as Needs from '../../worker/Needs'
import * as Processes from '../../host/processes'

/** 0: stopped as asked. 1: given up, or killed before it had stopped. 2: the configuration, or what it needs, is wrong. */
export type ExitCode = 0 | 1 | 2

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Calls back with the name of each signal that asks to stop; gives a way to listen no more. */
  readonly onStop: (then: (signal: string) => void) => () => void
  /** Lines for people, before the log can be used. */
  readonly print: (text: string) => void
}

interface Refused {
  readonly code: 1 | 2
  readonly problems: ReadonlyArray<string>
}

const refused = (problems: ReadonlyArray<string>, code: 1 | 2 = 2): E.Left<Refused> => ({
  _tag: 'Left',
  left: { code, problems }
})

/** Everything that a run needs, opened. */
interface Prepared {
  readonly log: Log.Log
  readonly host: Host.Host
  readonly slot: Slot.Slot
  /** Writes the daemon's properties into the private folder: it may be another one than at the last start. */
  readonly commandIn: (place: Pick<Host.Host, 'executable' | 'folder'>) => Launch.Command
  readonly forerunner: string
  readonly config: Config.Config
  /** By both clocks. */
  readonly started: Clock.Time
  /** For what the daemon and the JVM say, who know all that they were started with. */
  readonly hide: Secrets.Hide
}

/** How much longer than its own grace the daemon may take: the KCL ends its leases, and Java itself. */
const BEYOND_GRACE_MS = 5000

/** Runs until it is asked to stop, or gives up. */
export const run = async (request: ConfigSearch.Request, around: Surroundings): Promise<ExitCode> => {
  const stops = stopsOf(around)
  try {
    const prepared = await Promise.race([prepare(request, around), stops.first])
    if (typeof prepared === 'string') {
      around.print(`kclts run: ${prepared}: stopped before the daemon was started\n`)
      return 0
    }
    return E.isRight(prepared)
      ? await supervise(prepared.right, stops, around)
      : explained(prepared.left, around)
  } finally {
    stops.off()
  }
}

const explained = ({ problems, code }: Refused, { print }: Surroundings): ExitCode => {
  for (const problem of problems) print(`kclts run: ${problem}\n`)
  return code
}

/** The signals that ask to stop, from the start of the run to its end. */
interface Stops {
  /** The name of the first one. */
  readonly first: Promise<string>
  /** Gives each to `then`, beginning with those that came before. */
  readonly to: (then: (signal: string) => void) => void
  readonly off: () => void
}

/**
 * One listener for the whole run: with one for the preparation and one for the daemon, a signal between the two was lost, or
 * ended the process where it stood. As PID 1 a process gets no signal that it does not listen to.
 */
const stopsOf = ({ onStop }: Surroundings): Stops => {
  const waiting: Array<string> = []
  let hear = (signal: string): void => void waiting.push(signal)
  let off = (): void => undefined
  const first = new Promise<string>((resolve) => {
    off = onStop((signal) => {
      resolve(signal)
      hear(signal)
    })
  })
  return {
    first,
    to: (then) => {
      hear = then
      waiting.splice(0).forEach(then)
    },
    off
  }
}

const streamOf = ({ daemon }: Config.Config): string => daemon.streamArn ?? daemon.streamName ?? ''

/** What runs the shards: the host, or a process for each. */
const hostOf = async (
  request: ConfigSearch.Request,
  loaded: ConfigSearch.Loaded,
  state: string,
  log: Log.Log
): Promise<E.Either<Refused, Host.Host>> => {
  const { config } = loaded
  const relay = path.join(Needs.shipped('host'), 'relay')
  if (config.host.mode === 'process')
    return pipe(
      Processes.open(loaded, request, relay, log.write),
      E.mapLeft((problem): Refused => ({ code: 2, problems: [problem] }))
    )
  return Host.open({
    loaded,
    threads: config.host.threads,
    memory: config.host.memory,
    hungFile: path.join(state, `${config.daemon.applicationName ?? ''}.hung.json`),
    stream: DaemonSettings.streamOf(config.daemon) ?? '',
    entry: path.join(__dirname, '../hostThread.js'),
    relay,
    log: log.write,
    env: request.env
  })
}

const prepare = async (
  request: ConfigSearch.Request,
  { env, print }: Surroundings
): Promise<E.Either<Refused, Prepared>> => {
  const loaded = ConfigSearch.load(request)
  if (E.isLeft(loaded)) return refused(loaded.left.map(ConfigSearch.show))
  const { config } = loaded.right
  const settings = config.daemon
  const later = (problems: ReadonlyArray<Generate.Problem>): E.Left<Refused> =>
    refused(problems.map(({ key, text }) => ConfigSearch.showLater(loaded.right, key, text)))

  // What is missing is told before anything is fetched or started.
  const needs = await Needs.of(loaded.right, env)
  const problems = [
    ...needs.wrong,
    ...(await Needs.letters(loaded.right)),
    ...Needs.files(loaded.right),
    ...(await Needs.listening(config)).wrong,
    ...needs.missing
  ]
  if (problems.length > 0 || needs.java === null)
    return refused([...Needs.summary(problems), ...problems.map(Needs.show(loaded.right))])
  const { java } = needs
  const jars = await Jars.classpath({ ...settings, env, print, shipped: Needs.shipped('daemon') })
  if (E.isLeft(jars)) return refused([jars.left])

  const state = StateFolder.open(env)
  if (E.isLeft(state)) return refused([state.left])
  const slot = await Slot.acquire(state.right, settings.applicationName ?? '', settings.workerId)
  if (E.isLeft(slot)) return refused([slot.left])
  const log = await Log.of(config, env)
  const host = await hostOf(request, loaded.right, state.right, log)
  if (E.isLeft(host)) {
    slot.right.release()
    return host
  }
  const { workerId } = slot.right
  const propertiesFor = (executableName: string): ReturnType<typeof Generate.properties> =>
    Generate.properties(settings, { executableName, workerId, emptyBatches: config.checkpoint.interval > 0 })
  const properties = propertiesFor(host.right.executable)
  if (E.isLeft(properties)) return later(properties.left)
  for (const { key, text } of Advice.of(config))
    log.write('warn', ConfigSearch.showLater(loaded.right, key, text), {})
  log.write('info', 'starting', {
    application: settings.applicationName ?? '',
    worker: workerId,
    stream: streamOf(config),
    kcl: settings.version,
    java: java.version,
    threads: config.host.threads
  })
  return E.right({
    log,
    host: host.right,
    slot: slot.right,
    config,
    started: Clock.time(),
    hide: Secrets.hideForeign(Secrets.hide(ConfigSecrets.of(config, env))),
    forerunner: `${slot.right.file}.daemon`,
    commandIn: ({ executable, folder }) => {
      const file = path.join(folder, 'kcl.properties')
      const text = pipe(
        propertiesFor(executable),
        E.getOrElse(() => properties.right)
      )
      fs.writeFileSync(file, Properties.print(text), { mode: 0o600 })
      return {
        java: java.command,
        options: settings.java,
        classpath: jars.right,
        properties: file,
        shipped: Needs.shipped('daemon'),
        cwd: folder,
        env
      }
    }
  })
}

/** Starts the daemon once that of a run before is gone, and the threads that died are there again. */
const launcher =
  ({ log, host, commandIn, forerunner, hide }: Prepared) =>
  ({ onLine, onExit }: Launch.Listener): Supervision.Running => {
    let daemon: Launch.Daemon | null = null
    let isCalledOff = false
    /** There is nothing to wait for, however long the daemon of the run before takes. */
    const callOff = (): void => {
      if (!isCalledOff) queueMicrotask(() => onExit('called off before it was started'))
      isCalledOff = true
    }
    const begin = async (): Promise<void> => {
      const gone = await Forerunner.gone(forerunner, Clock.later, (pid) =>
        log.write('info', 'waiting until the daemon of the run before is gone', { pid })
      )
      if (isCalledOff) return
      if (E.isLeft(gone)) return onExit(gone.left)
      if (!gone.right)
        log.write('warn', 'another process may have the number of the daemon of the run before; going on', {})
      const revived = await host.revive()
      if (isCalledOff) return
      if (E.isLeft(revived)) return onExit(revived.left.problems.join('; '))
      daemon = Launch.start(commandIn(host), { onLine: (line) => onLine(hide(line)), onExit })
      if (daemon.pid !== undefined) Forerunner.remember(forerunner, daemon.pid)
    }
    begin().catch((thrown: unknown) => {
      const why = `it could not be started: ${Failure.show(Failure.fromUnknown(thrown))}`
      if (daemon === null) return onExit(why)
      log.write('error', why, {})
      daemon.kill()
    })
    return {
      terminate: () => (daemon === null ? callOff() : daemon.terminate()),
      kill: () => (daemon === null ? callOff() : daemon.kill())
    }
  }

const PHASES = { New: 'starting', Waiting: 'waiting', Stopping: 'stopping', Ended: 'stopping' } as const

const phaseOf = ({ phase }: Supervisor.State): Worker.Worker['phase'] => {
  if (phase._tag !== 'Running') return PHASES[phase._tag]
  return phase.isAtWork ? 'working' : 'starting'
}

/** Serves health, metrics and the page, where the configuration names a place; loaded only then. */
const serve = async (
  { config, host, slot, started }: Prepared,
  state: () => Supervisor.State,
  unexplained: number
): Promise<E.Either<string, { readonly close: () => Promise<void> }>> => {
  const { listen, hosts, stalled } = config.status
  const place = listen === null ? undefined : Listen.parse(listen)
  if (place === undefined) return E.right({ close: () => Promise.resolve() })
  const Server = await import('../../host/status/Server.js')
  return Server.open({
    listen: place,
    hosts,
    stalled,
    time: Clock.time,
    files: path.join(Needs.shipped('host'), 'status'),
    worker: () => ({
      application: config.daemon.applicationName ?? '',
      worker: slot.workerId,
      stream: streamOf(config),
      startedAt: started.wall,
      uptime: Clock.monotonic() - started.monotonic,
      phase: phaseOf(state()),
      restarts: state().restarts,
      unexplained,
      shards: host.shards(),
      unattached: host.unattached(),
      past: host.past()
    })
  })
}

/** The supervisor in the real world; `exit` when it has ended. */
const supervisionOf = (prepared: Prepared, exit: (code: 0 | 1) => void): Supervision.Supervision => {
  const { config, log, host } = prepared
  return Supervision.make(
    {
      grace: config.daemon.shutdownGrace + BEYOND_GRACE_MS,
      attempts: config.daemon.restarts,
      quick: 60_000,
      backoff: 1000,
      maxBackoff: 60_000
    },
    {
      now: Clock.monotonic,
      random: Math.random,
      later: Clock.later,
      start: launcher(prepared),
      drain: () => host.drain(),
      log: log.write,
      exit
    }
  )
}

/** How often the positions of the shards are noted for a next run. */
const NOTE_MS = 5000

const supervise = async (prepared: Prepared, stops: Stops, { print }: Surroundings): Promise<ExitCode> => {
  const { host, slot, forerunner, log } = prepared
  const lastRun = LastRun.open({ file: `${slot.file}.run`, shards: () => host.shards(), log: log.write })
  const noting = setInterval(lastRun.note, NOTE_MS).unref()
  let ended: (code: 0 | 1) => void = () => undefined
  const end = new Promise<0 | 1>((resolve) => {
    ended = resolve
  })
  const supervision = supervisionOf(prepared, ended)
  const stopped = (): void => {
    clearInterval(noting)
    lastRun.close()
    slot.release()
  }
  const server = await serve(prepared, supervision.state, lastRun.ends)
  if (E.isLeft(server)) {
    print(`kclts run: status.listen: ${server.left}\n`)
    await host.close()
    stopped()
    return 2
  }
  host.onEnd(({ shardId, reason }) =>
    supervision.troubled(shardId === null ? reason : `${shardId}: ${reason}`)
  )
  supervision.begin()
  stops.to(supervision.signal)
  const code = await end
  await server.right.close()
  await host.close()
  if (Forerunner.find(forerunner) === null) Forerunner.forget(forerunner)
  stopped()
  return code
}
