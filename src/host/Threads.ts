/** The threads of shards, as the main thread sees them. */
import * as fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import type { Refusal } from '../edge/prepare'
import * as Message from './Message'
import * as Watchdog from './Watchdog'

export interface Listener {
  readonly onNews: (news: Message.News) => void
  /** It has ended by itself: user code called process.exit, or failed in a way that nobody could catch. */
  readonly onDeath: (reason: string) => void
}

export interface Thread {
  readonly number: number
  readonly order: (order: Message.Order) => void
  /** What stands still in it for longer than the limit. */
  readonly look: () => Watchdog.Stuck | null
  /** Ends its sessions, closes the sinks, releases what was acquired, and ends it; at once when that takes too long. */
  readonly close: () => Promise<void>
  /** Ends it wherever it is, which closes its pipes. */
  readonly terminate: () => Promise<void>
}

export interface Options extends Omit<Message.Assignment, 'cell'> {
  /** The file that runs `Thread.run`. */
  readonly entry: string
  /** How long it may stand still, in milliseconds. */
  readonly limit: number
}

/** Records die young: with V8's own 48 MB a thread keeps 25 MB more after batches, and is no faster. */
const YOUNG_MB = 12

/** More than the sinks and `release` take for themselves. */
const CLOSE_MS = 15_000

/** Left: what the handler's module, or what the configuration names, is refused for. */
export const start = (
  { entry, limit, ...rest }: Options,
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
  /** The pipes that it writes to, by relay: closed here when it ends without having closed them. */
  const outputs = new Map<number, number>()
  /** Its end is nothing to tell of. */
  let isExpected = false
  let closed = (): void => undefined
  let death: string | null = null

  const terminate = async (): Promise<void> => {
    isExpected = true
    await worker.terminate()
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
    await worker.terminate()
  }
  const thread: Thread = {
    number: rest.thread,
    order: (order) => worker.postMessage(order),
    look: Watchdog.watch(cell, limit).look,
    close,
    terminate
  }

  return new Promise((resolve) => {
    const refuse = (refusal: Refusal): void => {
      resolve(E.left(refusal))
      void terminate()
    }
    let isReady = false
    worker.on('message', (report: Message.Report) => {
      switch (report._tag) {
        case 'Ready':
          isReady = true
          return resolve(E.right(thread))
        case 'Refused':
          return refuse(report.refusal)
        case 'Closed':
          return closed()
        case 'Opened':
          return void outputs.set(report.relay, report.output)
        case 'Ended':
          outputs.delete(report.relay)
          return onNews(report)
        case 'Logged':
        case 'Changed':
        case 'Covered':
        case 'Crashed':
          return onNews(report)
      }
    })
    worker.on('error', (thrown: unknown) => {
      death = Failure.show(Failure.fromUnknown(thrown))
    })
    worker.on('exit', (code) => {
      for (const output of outputs.values()) fs.closeSync(output)
      outputs.clear()
      if (isExpected) return
      if (isReady) return onDeath(death ?? `user code ended its thread (process.exit, code ${code})`)
      refuse({ code: 2, problems: [`the thread ended before the handler was loaded: ${death ?? EARLY}`] })
    })
  })
}

const EARLY = 'its module calls process.exit, or awaits what nothing ends'
