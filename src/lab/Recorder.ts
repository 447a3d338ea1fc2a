/**
 * Records the sessions of a thread: what they are given goes over a bounded queue to a thread of its own, which hashes,
 * compresses and writes. Where the queue is full, records are dropped and counted; no session ever waits.
 */
import { createRequire } from 'node:module'
import type { Worker } from 'node:worker_threads'
import * as Config from '../config/Config'
import * as DaemonSettings from '../config/DaemonSettings'
import * as HandlerModule from '../edge/HandlerModule'
import type { Open, Recorded, Recorder } from '../edge/Recorder'
import * as Clock from '../run/Clock'
import * as Order from './Order'
import * as Tape from './Tape'

/** How long the last of it may take at the end: the daemon waits for our exit. */
const CLOSE_MS = 2000

interface WorkerThreads {
  readonly Worker: typeof Worker
}

const assignmentOf = (folder: string, { loaded, module }: Recorded): Order.Assignment => {
  const { config } = loaded
  const { data, sampling, size, age } = config.record
  return {
    folder,
    data,
    sampling,
    size,
    age,
    application: config.daemon.applicationName,
    stream: DaemonSettings.streamOf(config.daemon) ?? null,
    handler: config.handler,
    handlerVersion: module.version,
    env: Config.toEnv(config, HandlerModule.about(module)),
    isMasked: typeof module.exported('mask') === 'function',
    shared: new Int32Array(new SharedArrayBuffer(8))
  }
}

/** `20261130T021500123Z`: sorts by time, and is a name on every file system. */
const stampOf = (wall: number): string => new Date(wall).toISOString().replaceAll(/[-:.]/g, '')

const transferred = (order: Order.OfSession): ReadonlyArray<ArrayBuffer> =>
  order._tag === 'Batch' ? [order.line.buffer as ArrayBuffer] : []

class ThreadRecorder implements Recorder {
  readonly #assignment: Order.Assignment
  #worker: Worker | null = null
  #sessions = 0
  #isOver = false
  #hasWarned = false
  #onClosed: () => void = () => undefined
  /** What waits until the event loop turns. */
  #waiting: Array<() => void> = []

  constructor(
    private readonly recorded: Recorded,
    private readonly entry: string,
    private readonly patience: number,
    folder: string
  ) {
    this.#assignment = assignmentOf(folder, recorded)
  }

  readonly session = (): ReturnType<Recorder['session']> => {
    this.#sessions += 1
    const life = `${stampOf(Clock.wall())}-${process.pid}-${this.#sessions}`
    const { shared } = this.#assignment
    const busy: Tape.Channel['busy'] = (change) => void Atomics.add(shared, Order.BUSY, change)
    return Tape.make(this.#sessions, life, { send: this.#send, busy, soon: this.#soon, time: Clock.time })
  }

  readonly close = async (): Promise<void> => {
    this.#turn()
    const worker = this.#worker
    if (worker === null || this.#isOver) return
    this.#isOver = true
    await new Promise<void>((resolve) => {
      const cancel = Clock.later(this.patience, resolve)
      this.#onClosed = () => {
        cancel()
        resolve()
      }
      worker.postMessage({ _tag: 'Closing' } satisfies Order.Order)
    })
    await worker.terminate()
  }

  /** Who reads while nothing waits for the event loop sees that this does, and lets it turn before the next read. */
  readonly #soon: Tape.Channel['soon'] = (then) => {
    this.#waiting.push(then)
    if (this.#waiting.length === 1) setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    for (const then of this.#waiting.splice(0)) then()
  }

  readonly #send: Tape.Channel['send'] = (order, bytes) => {
    if (this.#isOver) return false
    const { shared } = this.#assignment
    if (Atomics.load(shared, Order.QUEUED) + bytes > Order.MOST) {
      this.#fail('the recorder cannot keep up')
      return false
    }
    const worker = (this.#worker ??= this.#begin())
    const message: Order.Order = { _tag: 'OfSession', order, bytes }
    worker.postMessage(message, transferred(order))
    // Only now: it throws for a value that cannot be sent, which then takes no room. The thread may subtract before we add.
    Atomics.add(shared, Order.QUEUED, bytes)
    return true
  }

  /** With the first session: the daemon waits for the start, and this takes a part of it. */
  #begin(): Worker {
    const { idle } = this.recorded
    if (idle === null) return this.#start()
    let worker: Worker | null = null
    idle.apart(() => {
      worker = this.#start()
    })
    return worker ?? this.#start()
  }

  #start(): Worker {
    const threads = createRequire(__filename)('node:worker_threads') as WorkerThreads
    const worker = new threads.Worker(this.entry, {
      workerData: this.#assignment,
      name: 'kclts-record',
      execArgv: [],
      // What a mask prints must not reach the daemon.
      stdout: true,
      stderr: true,
      trackUnmanagedFds: false
    })
    worker.stdout.resume()
    worker.stderr.resume()
    worker.on('message', (report: Order.Report) => this.#hear(report))
    worker.on('error', (thrown) => this.#fail(String(thrown)))
    worker.on('exit', () => this.#onClosed())
    worker.unref()
    return worker
  }

  #hear(report: Order.Report): void {
    if (report._tag === 'Closed') this.#onClosed()
    else this.#fail(report.problem)
  }

  /** Once: what is dropped later is counted in the recording. */
  #fail(problem: string): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.recorded.log('warn', `${problem}; the recording is incomplete, and the worker goes on`, {})
  }
}

/**
 * @param entry the absolute path of the module that the thread runs
 * @param patience how many milliseconds the last of a recording may take
 */
export const opening =
  (entry: string, patience = CLOSE_MS): Open =>
  (recorded) => {
    const { folder } = recorded.loaded.config.record
    return folder === null ? null : new ThreadRecorder(recorded, entry, patience, folder)
  }
