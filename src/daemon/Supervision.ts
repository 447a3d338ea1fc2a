/** Runs the supervisor: starts the daemon, listens to its log, and logs each trouble once. */
import type { Level, LogFields } from '../core/Effect'
import * as Clock from '../run/Clock'
import * as DaemonLog from './DaemonLog'
import * as FailedReads from './FailedReads'
import type { Daemon, Listener } from './Launch'
import * as Repeats from './Repeats'
import * as Supervisor from './Supervisor'
import * as Diagnosis from './Diagnosis'
import * as Milestones from './Milestones'
import * as Patience from './Patience'

/** A daemon that is being started, or runs. */
export type Running = Omit<Daemon, 'pid'>

/** The world: tests own it. Times in milliseconds. */
export interface World extends Pick<Clock.Clock, 'now' | 'later'> {
  /** In [0, 1). */
  readonly random: () => number
  readonly start: (listener: Listener) => Running
  /** Whether no shard is attached, nor waits to be; always false where the shards have processes of their own. */
  readonly isDeserted: () => boolean
  /** Every session begins no further record. */
  readonly drain: () => void
  readonly log: (level: Level, message: string, fields: LogFields) => void
  /** Called once, last. The daemon is gone. */
  readonly exit: (code: 0 | 1) => void
}

export interface Supervision {
  /** Starts the daemon. */
  readonly begin: () => void
  /** SIGTERM, SIGINT. */
  readonly signal: (name: string) => void
  /** A session ended with a problem; the daemon will end because of it. */
  readonly troubled: (why: string) => void
  readonly state: () => Supervisor.State
  readonly failedReads: () => ReadonlyArray<FailedReads.FailedReads>
}

/** What the KCL's Scheduler logs when its leases are in order, whether this worker has got a shard or not. */
const AT_WORK = 'Initialization complete'

/** After a halt it is looked this often whether a shard is left, and no earlier than after two looks without one. */
const LOOK_MS = 1000

/** Milliseconds in which the same trouble, or the same line of the daemon, is not logged again. */
const QUIET_MS = 60_000

/** Whom the lines of the log concern. */
interface Hearers {
  readonly feed: (input: Supervisor.Input) => void
  /** What keeps the daemon from working, as far as the supervisor knows. */
  readonly trouble: () => string | null
  readonly reads: FailedReads.Filling
  readonly patience: Patience.Patience
}

/** Reads the daemon's log, a line at a time: passes it on, and says what it means for the supervisor. */
const reader = (
  world: Pick<World, 'now' | 'log'>,
  { feed, trouble, reads, patience }: Hearers
): Listener['onLine'] => {
  let guessed = ''
  const loggedAt = new Map<string, number>()
  const repeats = Repeats.make(QUIET_MS)

  /** What is known is better, and of several causes the last one is the innermost. */
  const guess = (line: string): void => {
    const uncaught = Diagnosis.uncaught(line)
    if (uncaught === null || (trouble() !== null && trouble() !== guessed)) return
    guessed = uncaught
    feed({ _tag: 'Troubled', trouble: uncaught })
  }

  /** What comes again with every attempt of the daemon is read once. */
  const once = (level: Level, text: string): void => {
    const last = loggedAt.get(text)
    if (last !== undefined && world.now() - last < QUIET_MS) return
    loggedAt.set(text, world.now())
    world.log(level, text, { from: 'daemon' })
  }

  const tell = (trouble: string): void => {
    feed({ _tag: 'Troubled', trouble })
    once('error', trouble)
  }

  const log = (line: DaemonLog.Line, isExplained: boolean): void => {
    const { level, logger, message } = line
    const cause = DaemonLog.cause(line)
    const isGrave = !isExplained && level !== 'debug'
    const held = isGrave ? repeats(`${logger} ${message}`, world.now()) : null
    world.log(held === null ? 'debug' : level, message, {
      from: 'daemon',
      logger,
      ...(cause === '' ? {} : { cause }),
      ...(held === null || held === 0 ? {} : { held })
    })
  }

  return (line) => {
    if (line.trim() === '') return
    const parsed = DaemonLog.parse(line)
    const known = parsed === null ? Diagnosis.ofText(line) : Diagnosis.of(parsed)
    if (known !== null) tell(Diagnosis.show(known))
    if (parsed === null) {
      if (known === null) guess(line)
      return world.log('debug', line, { from: 'java' })
    }
    if (parsed.logger === 'Scheduler' && parsed.message.startsWith(AT_WORK)) feed({ _tag: 'Worked' })
    const milestone = Milestones.of(parsed)
    reads.note(parsed)
    patience.reached(milestone)
    if (milestone?.isLogged === true) once('info', Patience.describe(milestone))
    log(parsed, known !== null)
  }
}

/** After a halt, calls back once no shard is left; one that is attached meanwhile ends by the daemon's grace. */
const lookoutOf = (
  world: World,
  onDeserted: () => void
): { readonly begin: () => void; readonly end: () => void } => {
  const alarm = Clock.alarm(world)
  const look = (wasDeserted: boolean): void =>
    alarm.set(world.now() + LOOK_MS, () => {
      const isDeserted = world.isDeserted()
      if (isDeserted && wasDeserted) onDeserted()
      else look(isDeserted)
    })
  return { begin: () => look(false), end: alarm.cancel }
}

export const make = (settings: Supervisor.Settings, world: World): Supervision => {
  const alarm = Clock.alarm(world)
  const lookout = lookoutOf(world, () => feed({ _tag: 'Deserted' }))
  const patience = Patience.make({ ...world, log: (level, message) => world.log(level, message, {}) })
  const reads = FailedReads.make(world.now)
  let state = Supervisor.initial
  let daemon: Running | null = null

  const feed = (input: Supervisor.Input): void => {
    const [next, effects] = Supervisor.step(settings)(state, input)
    state = next
    effects.forEach(perform)
  }

  const onLine = reader(world, { feed, trouble: () => state.trouble, reads, patience })

  const onExit = (how: string): void => {
    daemon = null
    lookout.end()
    patience.end()
    feed({ _tag: 'Exited', how, now: world.now(), random: world.random() })
  }

  const perform = (effect: Supervisor.Effect): void => {
    switch (effect._tag) {
      case 'Start':
        daemon = world.start({ onLine, onExit })
        return patience.begin()
      case 'Drain':
        patience.end()
        return world.drain()
      case 'Terminate':
        return daemon?.terminate()
      case 'Kill':
        return daemon?.kill()
      case 'Wait':
        return alarm.set(effect.until, () => feed({ _tag: 'Ticked', now: world.now() }))
      case 'Log':
        return world.log(effect.level, effect.message, {})
      case 'Exit':
        alarm.cancel()
        lookout.end()
        return world.exit(effect.code)
    }
  }

  return {
    begin: () => feed({ _tag: 'Ready', now: world.now() }),
    signal: (name) => feed({ _tag: 'Signalled', signal: name, now: world.now() }),
    troubled: (why) => {
      feed({ _tag: 'Halted', why })
      if (daemon !== null) lookout.begin()
    },
    state: () => state,
    failedReads: reads.failed
  }
}
