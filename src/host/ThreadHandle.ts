/** The threads of shards, as the main thread sees them. */
import { Worker } from 'node:worker_threads'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Collector from '../edge/Collector'
import * as Clock from '../run/Clock'
import type { Refusal } from '../run/Managed'
import type * as Quarantine from './Quarantine'
import * as Message from './Message'
import * as Pipes from './Pipes'
import * as Watchdog from './Watchdog'

export interface Listener {
  readonly onNews: (news: Message.News) => void
  /** It has ended by itself: user code called process.exit, or failed in a way that nothing could catch. */
  readonly onDeath: (death: Death) => void
}

export interface Death {
  readonly reason: string
  readonly how: Extract<Quarantine.How, 'exited' | 'memory'>
  /** What was at work. */
  readonly open: Watchdog.Open
}

/** A relay that has announced itself to the worker and that no session answers yet. */
export interface Unattached {
  /** The process id of the relay. */
  readonly relay: number
  /** By the monotonic clock. */
  readonly since: number
}

export interface ThreadHandle {
  readonly number: number
  readonly order: (order: Message.Order) => void
  /** Hands the pipes of a relay over. They are closed with its session, and with the thread. */
  readonly attach: (relay: number, ends: Pipes.Ends) => void
  /** The relays that it has not taken yet. */
  readonly unattached: () => ReadonlyArray<Unattached>
  /** Ends a relay that it has not taken. false: it just has. */
  readonly turnAway: (relay: number) => boolean
  /** What stands still in it for longer than the limit. */
  readonly look: () => Watchdog.Stuck | null
  /** What is at work in it. */
  readonly open: () => Watchdog.Open
  /** Ends its sessions, closes the sinks, releases what was acquired, and ends it; at once when that takes too long. */
  readonly close: () => Promise<void>
  /** Ends it wherever it is, which closes its pipes. */
  readonly terminate: () => Promise<void>
}

/** A relay of the thread. */
interface Line extends Unattached {
  readonly ends: Pipes.Ends
}

export interface Options extends Omit<Message.Assignment, 'cell'> {
  /** The file that runs `ThreadMain.run`. */
  readonly entry: string
  /** How long it may stand still, in milliseconds. */
  readonly limit: number
  /** How long it may take to load the handler and to prepare what it needs, in milliseconds. */
  readonly loadTimeout: number
}

/** Records die young: with V8's own 48 MB a thread keeps 33 MB more after batches, and is no faster. */
const YOUNG_MB = 6

/** More than the sinks and `release` take for themselves. */
const CLOSE_MS = 15_000

/** JavaScript ends at once where it is. A call into the system, such as one of a disk that is gone, may never return. */
const TERMINATE_MS = 5000

/** The relays that were handed to a thread. The daemon waits for every one, so each ends with the thread. */
class Relays {
  readonly #lines = new Map<number, Line>()

  add(relay: number, ends: Pipes.Ends): void {
    this.#lines.set(relay, { relay, ends, since: Clock.monotonic() })
  }

  hangUp(relay: number): void {
    const line = this.#lines.get(relay)
    this.#lines.delete(relay)
    if (line !== undefined) Pipes.close(line.ends)
  }

  hangUpAll(): void {
    for (const relay of [...this.#lines.keys()]) this.hangUp(relay)
  }

  readonly unattached = (): ReadonlyArray<Unattached> =>
    [...this.#lines.values()].filter(({ ends }) => Pipes.isFree(ends.claim))

  readonly turnAway = (relay: number): boolean => {
    const line = this.#lines.get(relay)
    const isWithdrawn = line !== undefined && Pipes.withdraw(line.ends)
    if (isWithdrawn) this.#lines.delete(relay)
    return isWithdrawn
  }
}

/** The end of a thread that is asked to end. */
class Ending {
  #isAsked = false
  #closed = (): void => undefined

  constructor(
    private readonly worker: Worker,
    private readonly relays: Relays
  ) {}

  /** Whether it was asked to: its end is no death then. */
  isAsked(): boolean {
    return this.#isAsked
  }

  /** It has closed all that it had open. */
  closed(): void {
    this.#closed()
  }

  readonly terminate = async (): Promise<void> => {
    this.#isAsked = true
    await within(TERMINATE_MS, this.worker.terminate())
    this.relays.hangUpAll()
    // Where it never ends, it keeps nothing else from ending.
    this.worker.unref()
  }

  readonly close = async (): Promise<void> => {
    this.#isAsked = true
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve
      this.worker.once('exit', () => resolve())
    })
    this.worker.postMessage(Message.close)
    await within(CLOSE_MS, closed)
    await this.terminate()
  }
}

const deathOf = (thrown: unknown): Pick<Death, 'reason' | 'how'> => ({
  reason: Failure.describe(thrown),
  how: Failure.hasCode(thrown, 'ERR_WORKER_OUT_OF_MEMORY') ? 'memory' : 'exited'
})

const leftBy = (code: number): Pick<Death, 'reason' | 'how'> => ({
  reason: `user code ended its thread (process.exit, code ${code})`,
  how: 'exited'
})

/** Left: what the handler's module, or what the configuration names, is refused for. */
export const start = (
  { entry, limit, loadTimeout, ...rest }: Options,
  { onNews, onDeath }: Listener
): Promise<E.Either<Refusal, ThreadHandle>> => {
  const cell = Watchdog.cell()
  const workerData: Message.Assignment = { ...rest, cell }
  const worker = new Worker(entry, {
    workerData,
    name: `kclts-${rest.thread}`,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    // Node would close descriptors that the thread opened, although their numbers may have been reused: sockets close
    // theirs by themselves.
    trackUnmanagedFds: false
  })
  // Its heap has been made, and its program is not loaded yet.
  worker.once('online', Collector.keepSmall)
  const relays = new Relays()
  const ending = new Ending(worker, relays)
  const thread: ThreadHandle = {
    number: rest.thread,
    order: (order) => worker.postMessage(order),
    attach: (relay, ends) => {
      relays.add(relay, ends)
      worker.postMessage(Message.attach(relay, ends))
    },
    unattached: relays.unattached,
    turnAway: relays.turnAway,
    look: Watchdog.watch(cell, limit).look,
    open: () => Watchdog.openIn(cell),
    close: ending.close,
    terminate: ending.terminate
  }
  const hear = (news: Message.News): void => {
    if (news._tag === 'HandlersEnded') relays.hangUp(news.relay)
    onNews(news)
  }
  return ready({ worker, thread, relays, ending, loadTimeout, hear }, (death) =>
    onDeath({ ...death, open: Watchdog.openIn(cell) })
  )
}

/** A thread that is being started. */
interface Starting {
  readonly worker: Worker
  readonly thread: ThreadHandle
  readonly relays: Relays
  readonly ending: Ending
  readonly loadTimeout: number
  readonly hear: (news: Message.News) => void
}

/** Waits until the thread is ready; later calls back when it has ended by itself. */
const ready = (
  { worker, thread, relays, ending, loadTimeout, hear }: Starting,
  onDeath: (death: Pick<Death, 'reason' | 'how'>) => void
): Promise<E.Either<Refusal, ThreadHandle>> =>
  new Promise((resolve) => {
    let isReady = false
    let death: Pick<Death, 'reason' | 'how'> | null = null
    const refuse = (refusal: Refusal): void => {
      clearTimeout(late)
      resolve(E.left(refusal))
      void ending.terminate()
    }
    const late = setTimeout(() => refuse({ code: 2, problems: [stillLoading(loadTimeout)] }), loadTimeout)
    worker.on('message', (report: Message.Report) => {
      switch (report._tag) {
        case 'Ready':
          isReady = true
          clearTimeout(late)
          return resolve(E.right(thread))
        case 'Settled':
          return Collector.compact()
        case 'Refused':
          return refuse(report.refusal)
        case 'Closed':
          return ending.closed()
        case 'Ended':
        case 'HandlersEnded':
        case 'Logged':
        case 'Changed':
        case 'Sinks':
        case 'Covered':
        case 'Crashed':
          return hear(report)
      }
    })
    worker.on('error', (thrown: unknown) => {
      death = deathOf(thrown)
    })
    worker.on('exit', (code) => {
      relays.hangUpAll()
      if (ending.isAsked()) return
      if (isReady) return onDeath(death ?? leftBy(code))
      refuse({
        code: 2,
        problems: [`the thread ended before the handler was loaded: ${death?.reason ?? EARLY}`]
      })
    })
  })

/** Resolves when the promise does, and no later than the given milliseconds from now. */
const within = async (ms: number, promise: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, late])
  clearTimeout(timer)
}

const stillLoading = (ms: number): string =>
  `the handler is not ready after ${Math.round(ms / 1000)} s: its module does not finish loading, or a sink does not open`

const EARLY = 'its module calls process.exit, or awaits something that never happens'
