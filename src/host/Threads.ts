/** The threads of shards, as the main thread sees them. */
import { Worker } from 'node:worker_threads'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'
import type { Refusal } from '../run/Managed'
import type * as Hung from './Hung'
import * as Message from './Message'
import * as Pipes from './Pipes'
import * as Watchdog from './Watchdog'

export interface Listener {
  readonly onNews: (news: Message.News) => void
  /** It has ended by itself: user code called process.exit, or failed in a way that nobody could catch. */
  readonly onDeath: (death: Death) => void
}

export interface Death {
  readonly reason: string
  readonly how: Extract<Hung.How, 'exited' | 'memory'>
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

export interface Thread {
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
  /** The file that runs `Thread.run`. */
  readonly entry: string
  /** How long it may stand still, in milliseconds. */
  readonly limit: number
  /** How long it may take to load the handler and to prepare what it needs, in milliseconds. */
  readonly patience: number
}

/** Records die young: with V8's own 48 MB a thread keeps 25 MB more after batches, and is no faster. */
const YOUNG_MB = 12

/** More than the sinks and `release` take for themselves. */
const CLOSE_MS = 15_000

/** JavaScript ends at once where it is. A call into the system, such as one of a disk that is gone, may never return. */
const TERMINATE_MS = 5000

/** Left: what the handler's module, or what the configuration names, is refused for. */
export const start = (
  { entry, limit, patience, ...rest }: Options,
  { onNews, onDeath }: Listener
): Promise<E.Either<Refusal, Thread>> => {
  const cell = Watchdog.cell()
  const workerData: Message.Assignment = { ...rest, cell }
  const worker = new Worker(entry, {
    workerData,
    name: `kclts-${rest.thread}`,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    // Node would close what the thread has opened, by numbers that are long somebody else's: sockets close theirs unseen.
    trackUnmanagedFds: false
  })
  /** By relay. */
  const lines = new Map<number, Line>()
  const hangUp = (relay: number): void => {
    const line = lines.get(relay)
    lines.delete(relay)
    if (line !== undefined) Pipes.close(line.ends)
  }
  /** The daemon waits for every relay of it, so each ends with the thread, and with the wait for its end. */
  const hangUpAll = (): void => {
    for (const relay of [...lines.keys()]) hangUp(relay)
  }
  /** Its end is nothing to tell of. */
  let isExpected = false
  let closed = (): void => undefined
  let death: Pick<Death, 'reason' | 'how'> | null = null

  const terminate = async (): Promise<void> => {
    isExpected = true
    await within(TERMINATE_MS, worker.terminate())
    hangUpAll()
    // Where it never ends, it keeps nothing else from ending.
    worker.unref()
  }
  const close = async (): Promise<void> => {
    isExpected = true
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS)
      closed = () => {
        clearTimeout(timer)
        resolve()
      }
      worker.once('exit', closed)
      worker.postMessage(Message.close)
    })
    await terminate()
  }
  const thread: Thread = {
    number: rest.thread,
    order: (order) => worker.postMessage(order),
    attach: (relay, ends) => {
      lines.set(relay, { relay, ends, since: Clock.monotonic() })
      worker.postMessage(Message.attach(relay, ends))
    },
    unattached: () => [...lines.values()].filter(({ ends }) => Pipes.isFree(ends.claim)),
    turnAway: (relay) => {
      const line = lines.get(relay)
      const isWithdrawn = line !== undefined && Pipes.withdraw(line.ends)
      if (isWithdrawn) lines.delete(relay)
      return isWithdrawn
    },
    look: Watchdog.watch(cell, limit).look,
    close,
    terminate
  }

  return new Promise((resolve) => {
    let isReady = false
    const refuse = (refusal: Refusal): void => {
      clearTimeout(late)
      resolve(E.left(refusal))
      void terminate()
    }
    const late = setTimeout(() => refuse({ code: 2, problems: [stillLoading(patience)] }), patience)
    worker.on('message', (report: Message.Report) => {
      switch (report._tag) {
        case 'Ready':
          isReady = true
          clearTimeout(late)
          return resolve(E.right(thread))
        case 'Refused':
          return refuse(report.refusal)
        case 'Closed':
          return closed()
        case 'Ended':
          hangUp(report.relay)
          return onNews(report)
        case 'Logged':
        case 'Changed':
        case 'Covered':
        case 'Crashed':
          return onNews(report)
      }
    })
    worker.on('error', (thrown: unknown) => {
      death = {
        reason: Failure.show(Failure.fromUnknown(thrown)),
        how: isOutOfMemory(thrown) ? 'memory' : 'exited'
      }
    })
    worker.on('exit', (code) => {
      hangUpAll()
      if (isExpected) return
      const exited = {
        reason: `user code ended its thread (process.exit, code ${code})`,
        how: 'exited'
      } as const
      if (isReady) return onDeath({ ...(death ?? exited), open: Watchdog.openIn(cell) })
      refuse({
        code: 2,
        problems: [`the thread ended before the handler was loaded: ${death?.reason ?? EARLY}`]
      })
    })
  })
}

/** Resolves when the promise does, and no later than so many milliseconds from now. */
const within = async (ms: number, promise: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, late])
  clearTimeout(timer)
}

const stillLoading = (ms: number): string =>
  `the handler is not ready after ${Math.round(ms / 1000)} s: loading its module, or opening a sink, does not end`

const isOutOfMemory = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_WORKER_OUT_OF_MEMORY'

const EARLY = 'its module calls process.exit, or awaits what nothing ends'
