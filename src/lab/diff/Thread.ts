/** The thread of a handler, as the main thread sees it. It outlives a handler that does not return or that ends its thread. */
import * as path from 'node:path'
import { Worker } from 'node:worker_threads'
import * as E from 'fp-ts/Either'
import type * as ConfigSearch from '../../config/ConfigSearch'
import * as Clock from '../../run/Clock'
import type { Batch } from './Batch'
import * as Calls from './Calls'
import type { Assignment, Order, Ran, Ready, Report } from './Message'
import * as Outcome from './Outcome'

export interface Options {
  readonly loaded: ConfigSearch.Loaded
  readonly effects: boolean
  /** How long a call may take before its record counts as one whose handler does not return; milliseconds. */
  readonly patience: number
}

export interface Thread {
  readonly ready: Ready
  /** Left: why there is no outcome. */
  readonly run: (order: Order) => Promise<E.Either<string, Ran>>
  readonly close: () => Promise<void>
}

const ENTRY = path.join(__dirname, '../entries/diffThread.js')

/** How often a thread is looked at while it has an order. */
const LOOK_MS = 500

/** How long it may take to release what the module acquired. */
const CLOSE_MS = 6000

type End =
  | { readonly _tag: 'Reported'; readonly report: Report }
  /** While the handler was called for the record of this number; 0: for none. */
  | { readonly _tag: 'Gone'; readonly at: number; readonly why: string }

/** No order has an answer after it. */
const isOver = (end: End): boolean => end._tag === 'Gone' || end.report._tag === 'Crashed'

/** One thread of Node's. */
class Running {
  readonly #worker: Worker
  readonly #cell = Calls.cell()
  #then: (end: End) => void = () => undefined
  #last: End | null = null
  #isGone = false
  #why = 'the handler ended its thread'

  constructor(private readonly options: Options) {
    const { loaded, effects } = options
    const assignment: Assignment = { loaded, effects, cell: this.#cell }
    this.#worker = new Worker(ENTRY, { workerData: assignment, stdout: true, stderr: true })
    // What handlers print would stand between the lines of the report.
    this.#worker.stdout.resume()
    this.#worker.stderr.resume()
    this.#worker.on('message', (report: Report) => this.#ended({ _tag: 'Reported', report }))
    this.#worker.on('error', (thrown) => {
      this.#why = `the handler ended its thread: ${thrown.message}`
    })
    this.#worker.on('exit', () => {
      this.#isGone = true
      this.#ended({ _tag: 'Gone', at: Calls.look(this.#cell).at, why: this.#why })
    })
  }

  #ended(end: End): void {
    if (isOver(end)) this.#last ??= end
    this.#then(end)
  }

  /** The next report, or the end of the thread. */
  readonly next = (): Promise<End> =>
    new Promise((resolve) => {
      if (this.#last !== null) return resolve(this.#last)
      let seen = Calls.look(this.#cell)
      let since = Clock.monotonic()
      const look = setInterval(() => {
        const now = Calls.look(this.#cell)
        if (now.at === 0 || now.calls !== seen.calls) [seen, since] = [now, Clock.monotonic()]
        if (Clock.monotonic() - since < this.options.patience) return
        this.#why = `the handler did not return within ${this.options.patience} ms`
        void this.#worker.terminate()
      }, LOOK_MS)
      this.#then = (end) => {
        clearInterval(look)
        resolve(end)
      }
    })

  readonly order = (order: Order): Promise<End> => {
    const next = this.next()
    this.#worker.postMessage(order)
    return next
  }

  readonly close = async (): Promise<void> => {
    if (this.#isGone) return
    const late = setTimeout(() => void this.#worker.terminate(), CLOSE_MS)
    const gone = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()))
    this.#worker.postMessage('close')
    await gone
    clearTimeout(late)
  }
}

const begin = async (options: Options): Promise<E.Either<ReadonlyArray<string>, [Running, Ready]>> => {
  const running = new Running(options)
  const end = await running.next()
  if (end._tag === 'Gone') return E.left([`${options.loaded.config.handler}: ${end.why} while it was loaded`])
  const { report } = end
  switch (report._tag) {
    case 'Ready':
      return E.right([running, report])
    case 'Refused':
      return E.left(report.problems)
    case 'Crashed':
    case 'Ran':
      await running.close()
      return E.left([
        `the handler failed while it was loaded: ${report._tag === 'Crashed' ? report.reason : ''}`
      ])
  }
}

/** A record that ended the thread, and the batches without it. */
const apart = (
  { batches, ...order }: Order,
  number: number
): { readonly order: Order; readonly batch: number; readonly index: number } | null => {
  let before = 0
  for (const [at, batch] of batches.entries()) {
    const index = number - before - 1
    before += batch.records.length
    if (index >= batch.records.length) continue
    return { order: { ...order, batches: batches.with(at, without(batch, index)) }, batch: at, index }
  }
  return null
}

const without = (batch: Batch, index: number): Batch => ({
  ...batch,
  records: batch.records.toSpliced(index, 1),
  aged: batch.aged.toSpliced(index, 1)
})

class Lasting implements Thread {
  constructor(
    private readonly options: Options,
    private running: Running,
    readonly ready: Ready
  ) {}

  readonly run = async (order: Order): Promise<E.Either<string, Ran>> => {
    const end = await this.running.order(order)
    if (end._tag === 'Gone') return this.#again(order, end.at, end.why)
    const { report } = end
    switch (report._tag) {
      case 'Ran':
        return E.right(report)
      case 'Crashed':
        return E.left(`it failed outside a record: ${report.reason}`)
      case 'Ready':
      case 'Refused':
        return E.left('its thread gave an answer that was not expected')
    }
  }

  /** The record that ended the thread has failed; the others go to a new thread. */
  async #again(order: Order, number: number, why: string): Promise<E.Either<string, Ran>> {
    const cut = apart(order, number)
    if (number === 0 || cut === null) return E.left(`${why} outside a record`)
    const begun = await begin(this.options)
    if (E.isLeft(begun)) return E.left(begun.left.join('\n'))
    this.running = begun.right[0]
    const ran = await this.run(cut.order)
    if (E.isLeft(ran)) return ran
    const { outcomes } = ran.right
    const batch = outcomes[cut.batch] ?? []
    const whole = batch.toSpliced(cut.index, 0, Outcome.make('failed', why))
    return E.right({ ...ran.right, outcomes: outcomes.with(cut.batch, whole) })
  }

  readonly close = (): Promise<void> => this.running.close()
}

/** Left: why the handler cannot be run, a sentence each. */
export const open = async (options: Options): Promise<E.Either<ReadonlyArray<string>, Thread>> => {
  const begun = await begin(options)
  return E.isLeft(begun) ? begun : E.right(new Lasting(options, begun.right[0], begun.right[1]))
}
