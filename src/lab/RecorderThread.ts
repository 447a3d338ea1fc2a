/** The thread that writes recordings: it runs no handler, so it may take its time. */
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import * as E from 'fp-ts/Either'
import * as HandlerModule from '../edge/HandlerModule'
import * as Input from '../core/Input'
import * as Disk from '../files/Disk'
import * as Clock from '../run/Clock'
import * as Backlog from './Backlog'
import * as Flushing from './Flushing'
import * as Hash from './Hash'
import { LifeWriter, type Settings } from './LifeWriter'
import type { Mask } from './Mask'
import * as Order from './Order'
import * as Recording from './Recording'
import * as Retention from './Retention'

const LARGEST_PART = 64 * 1000 * 1000
/** A recording of this many parts can be bounded: the oldest ones go. */
const PARTS = 8

/** The version in the package.json above this file. */
const versionOf = (folder: string): string => {
  try {
    const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      readonly version?: unknown
    }
    if (typeof version === 'string') return version
  } catch {
    // It is further up.
  }
  const above = path.dirname(folder)
  return above === folder ? 'unknown' : versionOf(above)
}

const hashOf = (file: string): string | null => {
  try {
    return crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex')
  } catch {
    return null
  }
}

const headerOf = (assignment: Order.Assignment): Settings['header'] => {
  const { application, stream, handler, handlerVersion, env, data, isMasked, sampling } = assignment
  return {
    format: Recording.FORMAT,
    version: Recording.VERSION,
    kclts: versionOf(__dirname),
    inputs: Input.VERSION,
    application,
    stream,
    handler: { file: handler, version: handlerVersion, hash: hashOf(handler) },
    env,
    data,
    masked: isMasked && data !== 'none',
    sampling
  }
}

/** Nothing is recorded without the mask that the module exports. Left: why there is none. */
const maskOf = async ({
  data,
  isMasked,
  handler
}: Order.Assignment): Promise<E.Either<string, Mask | null>> => {
  if (!isMasked || data === 'none') return E.right(null)
  const module = await HandlerModule.load(handler)
  if (E.isLeft(module)) return module
  const mask = module.right.exported('mask')
  return typeof mask === 'function' ? E.right(mask as Mask) : E.left('the export `mask` is no function')
}

class RecorderThread {
  readonly #lives = new Map<number, LifeWriter>()
  readonly #settings: Settings
  readonly #backlog: Backlog.Backlog
  readonly #flushing: Flushing.Flushing

  constructor(
    private readonly port: MessagePort,
    private readonly assignment: Order.Assignment,
    mask: Mask | null
  ) {
    const { folder, size, shared } = assignment
    const clock = { now: Clock.monotonic, later: Clock.later }
    this.#backlog = Backlog.make({
      clock,
      isBusy: () => Atomics.load(shared, Order.BUSY) > 0,
      isFull: () => Atomics.load(shared, Order.QUEUED) > Order.MOST / 4,
      rest: () => this.#flushing.rest()
    })
    this.#flushing = Flushing.make({ clock, add: this.#backlog.add, flush: () => this.#flush() })
    const header = headerOf(assignment)
    const hash = Hash.keyed()
    this.#settings = {
      folder,
      header,
      mask,
      hash,
      hashOutput: header.data === 'full' && !header.masked ? Hash.plain : hash,
      partSize: Math.min(LARGEST_PART, size / PARTS),
      onPart: () => this.#bound(),
      onProblem: (problem) => this.#report({ _tag: 'Failed', problem }),
      now: Clock.monotonic
    }
  }

  start(): void {
    try {
      const { folder } = this.assignment
      Disk.mkdirs(Disk.node, path.dirname(folder))
      fs.mkdirSync(folder, { mode: 0o700 })
    } catch {
      // It is there, or the first part says why it cannot be made.
    }
    this.port.on('message', (order: Order.Order) => this.#obey(order))
  }

  #obey(order: Order.Order): void {
    if (order._tag === 'Closing') return this.#close()
    this.#backlog.add(() => {
      this.#take(order.order)
      this.#flushing.recorded()
      Atomics.sub(this.assignment.shared, Order.QUEUED, order.bytes)
    })
  }

  #flush(): void {
    for (const life of this.#lives.values()) life.flush()
  }

  #take(order: Order.OfSession): void {
    const { session } = order
    switch (order._tag) {
      case 'Opened':
        this.#lives.set(session, new LifeWriter(this.#settings, order))
        return
      case 'Ended':
        this.#lives.get(session)?.end(order.missed, true)
        this.#lives.delete(session)
        return
      case 'Batch':
      case 'Stepped':
      case 'Given':
      case 'Replied':
        return this.#lives.get(session)?.take(order)
    }
  }

  #close(): void {
    this.#backlog.finish()
    for (const life of this.#lives.values()) life.end(null, false)
    this.#report({ _tag: 'Closed' })
    this.port.close()
  }

  #bound(): void {
    const open = new Set([...this.#lives.values()].flatMap((life) => life.file() ?? []))
    try {
      Retention.keep(this.assignment.folder, this.assignment, Clock.wall(), open)
    } catch {
      // The folder is looked at again with the next part.
    }
  }

  #report(report: Order.Report): void {
    this.port.postMessage(report)
  }
}

/** To be called by the file that the recorder is given as its thread's entry. */
export const run = async (): Promise<void> => {
  if (parentPort === null) return
  // What `Recorder` has put there.
  const assignment = workerData as Order.Assignment
  const mask = await maskOf(assignment)
  if (E.isLeft(mask)) throw new Error(`nothing is recorded, since the mask cannot be loaded: ${mask.left}`)
  new RecorderThread(parentPort, assignment, mask.right).start()
}
