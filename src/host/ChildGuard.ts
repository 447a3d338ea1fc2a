/**
 * Watches the user code of a `kclts-child` from a thread of its own: while user code runs, nothing else of the main thread
 * does. A child has one shard and must be fast, so that a call is not noted by itself: the batch is. When the process ends
 * or stands still, all records of the batch are suspects, and in the next life each runs alone and is noted.
 */
import { createRequire } from 'node:module'
import * as path from 'node:path'
import type { Worker } from 'node:worker_threads'
import type * as Config from '../config/Config'
import * as DaemonSettings from '../config/DaemonSettings'
import type * as Session from '../core/Session'
import type * as Slot from '../protocol/Slot'
import * as Clock from '../run/Clock'
import type { Guard } from '../edge/Conversation'
import type { Log } from '../edge/Log'
import type { IdleDetector } from '../edge/IdleDetector'
import * as StateFolder from '../files/StateFolder'
import type { Interpreter } from '../run/Interpreter'
import type { Observe } from '../run/Meter'
import * as Calls from './Calls'
import * as Gate from './Gate'
import * as Quarantine from './Quarantine'
import * as QuarantineFile from './QuarantineFile'
import * as Suspicion from './Suspicion'
import * as Watchdog from './Watchdog'

export interface Options {
  readonly config: Config.Config
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  readonly code: Calls.UserCode
  readonly idle: IdleDetector | null
  /** Absolute path of the module that calls `ChildWatch.run`. */
  readonly entry: string
}

/** What the thread that watches is given. */
export interface Assignment {
  readonly cell: Watchdog.Cell
  readonly quarantineFile: string
  readonly stream: string
  /** Milliseconds. */
  readonly limit: number
}

/** User code that has not returned for so much longer than `deadline` hangs: it may have waited for the processor. */
const GRACE_MS = 5000
const BEAT_MS = 1000

interface WorkerThreads {
  readonly Worker: typeof Worker
}

/** The host of the same application, in `kclts run`, reads and writes the same file. */
export const fileOf = ({ daemon, handler }: Config.Config, env: Options['env']): string =>
  path.join(
    StateFolder.of(env),
    `${daemon.applicationName ?? `child-${encodeURIComponent(handler).slice(-180)}`}.hung.json`
  )

/** The slot of the batch. */
const ONE_SLOT = 1

const knownIn = (quarantineFile: string, stream: string, { env, log }: Options): Quarantine.Known => {
  const obstacle = StateFolder.obstacle(env)
  const { known, problem } =
    obstacle === null
      ? QuarantineFile.read(quarantineFile, Clock.wall())
      : {
          known: Quarantine.nothing,
          problem: `kclts cannot remember a record that ends the process: ${obstacle}`
        }
  if (problem !== null) log.write('warn', problem, {})
  return Quarantine.of(known, stream)
}

export const open = (options: Options): Guard => new ChildGuard(options)

class ChildGuard implements Guard {
  readonly code: Calls.UserCode
  readonly admit: Guard['admit']
  readonly #assignment: Assignment
  readonly #notes: Watchdog.Notes
  /** null: no record is known, and batches are noted. */
  readonly #calls: Calls.Calls | null
  #isWatched = false
  /** Whether the batch that is open has been noted. */
  #isNoted = false
  #covered: Slot.Slot['acknowledged'] = null
  #isOver = false

  constructor(private readonly options: Options) {
    const { config, env, code } = options
    const quarantineFile = fileOf(config, env)
    const stream = DaemonSettings.streamOf(config.daemon) ?? ''
    const known = knownIn(quarantineFile, stream, options)
    const isEmpty = Quarantine.isEmpty(known)
    const cell = isEmpty ? Watchdog.cell(ONE_SLOT) : Watchdog.cell()
    this.#notes = Watchdog.notes(cell)
    this.#assignment = { cell, quarantineFile, stream, limit: config.deadline + GRACE_MS }
    this.#calls = isEmpty
      ? null
      : new Calls.Calls({
          code,
          notes: this.#notes,
          gate: Gate.make((then) => void setImmediate(then)),
          known,
          deadline: config.deadline
        })
    this.code = this.#calls?.code ?? code
    this.admit = this.#calls?.admit
  }

  follow({ state, resume }: Interpreter): void {
    this.#calls?.follow(state, resume)
  }

  readonly observe: Observe = (input, step, before) => {
    const [after] = step
    this.#notes.beat()
    if (after.batch !== before.batch) this.#batch(after)
    if (this.#calls === null) return
    this.#calls.observe(input, step, before)
    this.#checkpointed(after)
  }

  crashed(): void {
    this.#remember('crashed')
  }

  exited(): void {
    this.#remember('exited')
  }

  end(): void {
    this.#isOver = true
    this.#calls?.end(() => undefined)
  }

  #remember(how: Quarantine.How): void {
    if (this.#isOver) return
    this.#isOver = true
    const { quarantineFile, stream } = this.#assignment
    const calls = Watchdog.suspects(this.#notes.open())
    if (calls.length > 0) this.options.log.write('error', Suspicion.ended('user code failed', calls), {})
    Suspicion.remember({ quarantineFile, stream, log: this.options.log.write }, calls, how)
  }

  #batch({ batch }: Session.State): void {
    if (batch === null) {
      if (this.#isNoted) this.#notes.uncover()
      this.#isNoted = false
      return
    }
    if (!this.#isWatched && this.options.config.host.watch) this.#watch()
    if (this.#isNoted || this.#calls !== null) return
    const { records } = batch
    const first = records.at(0)
    const last = records.length === 1 ? first : records.at(records.length - 1)
    if (first === undefined || last === undefined) return
    this.#notes.cover(first, last)
    this.#isNoted = true
  }

  #checkpointed({ shardId, child }: Session.State): void {
    const { acknowledged } = child.slot
    if (acknowledged === null || acknowledged === this.#covered) return
    this.#covered = acknowledged
    if (this.#calls?.covered(shardId, acknowledged) !== true) return
    const { quarantineFile, stream } = this.#assignment
    const { sequenceNumber, subSequenceNumber } = acknowledged
    const [position, time] = [{ sequenceNumber, subSequenceNumber }, Clock.wall()]
    QuarantineFile.remember(quarantineFile, [{ _tag: 'Covered', stream, shardId, position, time }], time)
  }

  /** Not before the first records: the daemon waits for the start, and a thread takes longer than the rest of it. */
  #watch(): void {
    this.#isWatched = true
    const { entry, log, idle } = this.options
    const begin = (): void => {
      // Loaded only now, and not by `import`: a batch that never returns would hold that up.
      const threads = createRequire(__filename)('node:worker_threads') as WorkerThreads
      const worker = new threads.Worker(entry, {
        workerData: this.#assignment,
        name: 'kclts-watch',
        env: {},
        execArgv: [],
        resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 },
        trackUnmanagedFds: false
      })
      worker.on('error', (thrown) =>
        log.write('warn', 'user code that never returns is no longer found: the watching thread has ended', {
          reason: String(thrown)
        })
      )
      worker.unref()
      setInterval(this.#notes.beat, BEAT_MS).unref()
    }
    if (idle === null) begin()
    else idle.apart(begin)
  }
}
