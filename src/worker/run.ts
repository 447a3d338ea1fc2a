/** The program behind `kclts run`: Amazon's daemon, started and supervised, with every shard in this process. */
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as ConfigSearch from '../config/ConfigSearch'
import * as Listen from '../values/Listen'
import * as Failure from '../core/Failure'
import * as Generate from '../daemon/Generate'
import * as PreviousDaemon from '../daemon/PreviousDaemon'
import * as Launch from '../daemon/Launch'
import * as Supervision from '../daemon/Supervision'
import * as Supervisor from '../daemon/Supervisor'
import type * as Worker from '../host/status/Worker'
import * as Clock from '../run/Clock'
import * as Managed from '../run/Managed'
import * as Needs from './Needs'
import * as Prepared from './Prepared'
import * as Stops from './Stops'
import * as Summary from './Summary'

/** 0: stopped as asked. 1: given up, or killed before it had stopped. 2: the configuration, or what it needs, is wrong. */
export type ExitCode = 0 | 1 | 2

export interface Surroundings extends Prepared.Place {
  readonly onStop: Stops.OnStop
}

/** How much longer than its own grace the daemon may take: the KCL ends its leases, and Java itself. */
const BEYOND_GRACE_MS = 5000

/** Runs until it is asked to stop, or gives up. */
export const run = async (request: ConfigSearch.Request, around: Surroundings): Promise<ExitCode> => {
  const stops = Stops.listen(around.onStop)
  const explain = (problem: string): void => around.print(`kclts run: ${problem}\n`)
  try {
    const opening = open(request, around)()
    const opened = await Promise.race([opening, stops.first])
    if (typeof opened === 'string') {
      explain(`${opened}: stopped before the daemon was started`)
      releaseOnceOpen(opening)
      return 0
    }
    const code = await pipe(
      () => Promise.resolve(opened),
      Managed.use((running) => supervise(running, stops), explain)
    )()
    if (E.isRight(code)) return code.right
    code.left.problems.forEach(explain)
    return code.left.code
  } finally {
    stops.off()
  }
}

/** The process does not wait for a start that was called off; what it has opened is released if there is time for it. */
const releaseOnceOpen = (opening: Promise<E.Either<Managed.Refusal, Managed.Held<unknown>>>): void =>
  void opening.then(
    (opened) => {
      if (E.isRight(opened)) void opened.right.release()
    },
    () => undefined
  )

/** A worker that is ready for its daemon. */
interface Running {
  readonly prepared: Prepared.Prepared
  readonly supervision: Supervision.Supervision
  /** Resolves when the supervision has ended. */
  readonly ended: Promise<0 | 1>
}

const open = (request: ConfigSearch.Request, around: Surroundings): Managed.Managed<Running> =>
  pipe(
    Prepared.open(request, around),
    Managed.chain((prepared) => {
      let exit: (code: 0 | 1) => void = () => undefined
      const ended = new Promise<0 | 1>((resolve) => {
        exit = resolve
      })
      const supervision = supervisionOf(prepared, exit)
      return pipe(
        status(prepared, supervision),
        Managed.map(() => ({ prepared, supervision, ended }))
      )
    })
  )

/** Starts the daemon once that of a run before is gone, and the threads that died are there again. */
const launcher =
  ({ log, programs, command, previousDaemon, hide }: Prepared.Prepared) =>
  ({ onLine, onExit }: Launch.Listener): Supervision.Running => {
    let daemon: Launch.Daemon | null = null
    let isCalledOff = false
    /** There is nothing to wait for, however long the daemon of the run before takes. */
    const callOff = (): void => {
      if (!isCalledOff) queueMicrotask(() => onExit('stopped before it was started'))
      isCalledOff = true
    }
    const begin = async (): Promise<void> => {
      const gone = await PreviousDaemon.gone(previousDaemon, Clock.later, (pid) =>
        log.write('info', 'waiting for the daemon of the previous run to end', { pid })
      )
      if (isCalledOff) return
      if (E.isLeft(gone)) return onExit(gone.left)
      if (!gone.right)
        log.write(
          'warn',
          'the process id of the daemon of the previous run may belong to another process now; going on',
          {}
        )
      const revived = await programs.revive()
      if (isCalledOff) return
      if (E.isLeft(revived)) return onExit(revived.left.problems.join('; '))
      daemon = Launch.start(command(), { onLine: (line) => onLine(hide(line)), onExit })
      if (daemon.pid !== undefined) PreviousDaemon.remember(previousDaemon, daemon.pid)
    }
    begin().catch((thrown: unknown) => {
      const why = `it could not be started: ${Failure.describe(thrown)}`
      if (daemon === null) return onExit(why)
      log.write('error', why, {})
      daemon.kill()
    })
    return {
      terminate: () => (daemon === null ? callOff() : daemon.terminate()),
      kill: () => (daemon === null ? callOff() : daemon.kill())
    }
  }

/** A run of the daemon that ends sooner is a quick failure. */
const QUICK_MS = 60_000

const PHASES = { New: 'starting', Waiting: 'waiting', Stopping: 'stopping', Ended: 'stopping' } as const

const phaseOf = ({ phase }: Supervisor.State): Worker.Worker['phase'] => {
  if (phase._tag !== 'Running') return PHASES[phase._tag]
  return phase.isAtWork ? 'working' : 'starting'
}

const CLOSE_MS = 5000

/** Serves health, metrics and the page, where the configuration names a place; loaded only then. */
const status = (
  { config, host, workerId, started, lastRun }: Prepared.Prepared,
  { state, failedReads }: Supervision.Supervision
): Managed.Managed<unknown> => {
  const { listen, hosts, stalled } = config.status
  const place = listen === null ? undefined : Listen.parse(listen)
  if (place === undefined) return Managed.fromEither(() => E.right(undefined))
  const serve = async (): Promise<E.Either<Managed.Refusal, { readonly close: () => Promise<void> }>> => {
    const Server = await import('../host/status/Server.js')
    const server = await Server.open({
      listen: place,
      hosts,
      stalled,
      time: Clock.time,
      files: path.join(Needs.shipped('host'), 'status'),
      worker: () => ({
        application: config.daemon.applicationName ?? '',
        worker: workerId,
        stream: Prepared.streamOf(config),
        startedAt: started.wall,
        uptime: Clock.monotonic() - started.monotonic,
        phase: phaseOf(state()),
        restarts: state().restarts,
        ending: state().ending,
        doubt: Supervisor.doubt({ quick: QUICK_MS }, state(), Clock.monotonic()),
        lastEnd: state().lastEnd,
        failedReads: failedReads(),
        hasEmptyBatches: Generate.hasEmptyBatches(config.daemon, config.checkpoint),
        unexplained: lastRun.ends,
        shards: host?.shards() ?? [],
        unattached: host?.unattached() ?? [],
        sinks: host?.sinks() ?? [],
        past: host?.past() ?? []
      })
    })
    return pipe(
      server,
      E.mapLeft((problem) => Managed.refusal([`status.listen: ${problem}`]))
    )
  }
  return Managed.make(
    serve,
    Managed.within(CLOSE_MS, 'the connections of status.listen', ({ close }) => close())
  )
}

/** The supervisor in the real world; `exit` when it has ended. */
const supervisionOf = (prepared: Prepared.Prepared, exit: (code: 0 | 1) => void): Supervision.Supervision => {
  const { config, log, host } = prepared
  return Supervision.make(
    {
      grace: config.daemon.shutdownGrace + BEYOND_GRACE_MS,
      attempts: config.daemon.restarts,
      quick: QUICK_MS,
      backoff: 1000,
      maxBackoff: 60_000
    },
    {
      now: Clock.monotonic,
      random: Math.random,
      later: Clock.later,
      start: launcher(prepared),
      isDeserted: () => host !== null && host.shards().length === 0 && host.unattached().length === 0,
      drain: () => host?.drain(),
      log: log.write,
      exit
    }
  )
}

/** How often the positions of the shards are noted for a next run. */
const NOTE_MS = 5000

/** While the daemon works, says from time to time how the worker does; gives a way to stop that. */
const summarize = (
  { config, host, log }: Prepared.Prepared,
  { state }: Supervision.Supervision
): (() => void) => {
  if (host === null || config.log.summary === 0) return () => undefined
  const look = (): Summary.Counted =>
    Summary.count({ shards: host.shards(), past: host.past() }, Clock.monotonic())
  const alarm = Clock.alarm({ now: Clock.monotonic, later: Clock.later })
  const next = (before: Summary.Counted): void =>
    alarm.set(before.at + config.log.summary, () => {
      const after = look()
      if (phaseOf(state()) === 'working')
        log.write('info', 'summary', Summary.fields(before, after, host.shards()))
      next(after)
    })
  next(look())
  return alarm.cancel
}

const supervise = async ({ prepared, supervision, ended }: Running, stops: Stops.Stops): Promise<0 | 1> => {
  const { host, lastRun } = prepared
  const noting = setInterval(lastRun.note, NOTE_MS).unref()
  const stopSummaries = summarize(prepared, supervision)
  host?.onEnd(({ shardId, reason }) =>
    supervision.troubled(shardId === null ? reason : `${shardId}: ${reason}`)
  )
  supervision.begin()
  stops.to(supervision.signal)
  return ended.finally(() => {
    clearInterval(noting)
    stopSummaries()
  })
}
