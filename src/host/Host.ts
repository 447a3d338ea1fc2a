/**
 * Every shard of a worker in one process. The daemon starts a relay for each shard; the host runs a session on the
 * relay's pipes, on one of its threads. The main thread runs no user code, so that it can watch those that do.
 */
import * as fs from 'node:fs'
import * as net from 'node:net'
import * as E from 'fp-ts/Either'
import * as Lines from '../protocol/wire/Lines'
import type { Level, LogFields } from '../core/Effect'
import * as Clock from '../run/Clock'
import type * as ConfigSearch from '../config/ConfigSearch'
import { refusal, type Refusal } from '../run/Managed'
import * as Folder from './Folder'
import type * as Quarantine from './Quarantine'
import * as QuarantineFile from './QuarantineFile'
import * as Keep from './Keep'
import { Lingering } from './Lingering'
import * as Suspicion from './Suspicion'
import * as Message from './Message'
import * as Outages from '../sinks/Outages'
import * as Totals from './Totals'
import * as Pipes from './Pipes'
import * as Pool from './Pool'
import type * as Programs from './Programs'
import type { ShardStatus } from './ShardStatus'
import * as Spare from './Spare'
import * as ThreadHandle from './ThreadHandle'
import type { Unattached } from './Unattached'
import * as Watchdog from './Watchdog'

export interface Options {
  readonly loaded: ConfigSearch.Loaded
  /** How many threads run handlers: 1 or more. */
  readonly threads: number
  /** The bound on the bytes of unfinished lines of all shards. */
  readonly memory: number
  /** Absolute path of the application's file of records at which a thread ended (`QuarantineFile`); made when needed. */
  readonly quarantineFile: string
  /** The stream that the shards are of; left out: the application has one. */
  readonly stream?: string
  /** Absolute path of the module that calls `ThreadMain.run`: a file of its own, since it is bundled. */
  readonly entry: string
  /** Absolute path of the shipped file `relay`, which is beside this one. */
  readonly relay: string
  readonly log: (level: Level, message: string, fields: LogFields) => void
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long, in milliseconds, a thread may stand still beyond the configured `deadline`. */
  readonly grace?: number
  /** How long, in milliseconds, a thread may take to load the handler, beyond the configured `deadline` for `acquire`. */
  readonly loadTimeout?: number
}

/** The sessions of the shards that the daemon has given to this process. */
export interface Host extends Programs.Programs {
  /** Those that the daemon has started and that have not ended, in the order of their names. */
  readonly shards: () => ReadonlyArray<ShardStatus>
  /** What the sessions that have ended had counted. */
  readonly past: () => ReadonlyArray<Totals.Totals>
  /** Which sinks fail, over all threads. */
  readonly sinks: () => ReadonlyArray<Outages.State>
  /** Relays that the daemon has started and that no session answers yet. */
  readonly unattached: () => ReadonlyArray<Unattached>
  readonly onEnd: (listener: (end: Programs.End) => void) => void
  /** No session begins a further record, now or later. */
  readonly drain: () => void
}

/**
 * A thread understands one line at a time, so that to have more than a few at hand gains nothing: with 100 shards and
 * lines of 1.4 MB the batches take as long as with all of them at hand, and 130 MB less.
 */
const READ_AHEAD = 8_000_000

/** A thread that stands still by so much more than `deadline` hangs: it may have waited for the processor. */
const GRACE_MS = 5000
/** TypeScript is compiled while it is loaded. */
const LOAD_TIMEOUT_MS = 60_000

/** Left: why it cannot start, with nothing left behind. */
export const open = async (options: Options): Promise<E.Either<Refusal, Host>> => {
  let host: Running | null = null
  const keep = Keep.open({
    places: () => Folder.places(options.env),
    program: options.relay,
    scripts: {},
    log: options.log,
    release: ({ announce }) => (host === null ? fs.closeSync(announce) : host.deafen()),
    onRenewed: () => host?.listen()
  })
  if (E.isLeft(keep)) return E.left(refusal([keep.left]))
  const tidied = QuarantineFile.tidy(options.quarantineFile, Clock.wall())
  if (E.isLeft(tidied)) options.log('warn', tidied.left, {})
  host = new Running(options, keep.right)
  const revived = await host.revive()
  if (E.isRight(revived)) return E.right(host)
  await host.close()
  return revived
}

interface Attached {
  readonly thread: number
  /** null until the session knows its shard. */
  status: ShardStatus | null
}

class Running implements Host {
  #announce: net.Socket
  readonly #watching: NodeJS.Timeout
  readonly #limit: number
  /** By their numbers; null where one has died. */
  readonly #threads: Array<ThreadHandle.ThreadHandle | null>
  /** By the process id of the relay. */
  readonly #attached = new Map<number, Attached>()
  readonly #lingering = new Lingering()
  readonly #past = Totals.make()
  /** How they are doing, by the numbers of their threads. */
  readonly #sinks = new Map<number, ReadonlyArray<Outages.State>>()
  readonly #listeners: Array<(end: Programs.End) => void> = []
  readonly #spare = Spare.make()
  readonly #pool = Pool.make()
  #way: Pipes.Way
  /** Threads that halt their sessions and begin no other. */
  readonly #crashed = new Set<number>()

  constructor(
    private readonly options: Options,
    private readonly keep: Keep.Keep
  ) {
    this.#way = Pipes.wayFor(options.loaded.config.host.relay)
    this.#limit = options.loaded.config.deadline + (options.grace ?? GRACE_MS)
    this.#threads = Array.from({ length: options.threads }, () => null)
    this.#announce = this.#hear()
    this.#watching = setInterval(() => this.#look(), Watchdog.intervalOf(this.#limit)).unref()
  }

  get executable(): string {
    return Folder.executableIn(this.folder)
  }

  get folder(): string {
    return this.keep.folder().path
  }

  /** The folder is given up. */
  readonly deafen = (): unknown => this.#announce.destroy()

  /** The folder is a new one, and so is its pipe. */
  listen(): void {
    this.#announce = this.#hear()
  }

  #hear(): net.Socket {
    this.#pool.tend(this.folder)
    const announce = new net.Socket({ fd: this.keep.folder().announce, readable: true, writable: false })
    const lines = Lines.make()
    announce.on('data', (chunk: Buffer) =>
      lines.push(chunk, (line) => this.#announced(line.toString('latin1')))
    )
    // Relays that are not heard end by themselves.
    announce.on('error', (problem) =>
      this.#failed(`the pipe of the relays cannot be read: ${problem.message}`)
    )
    return announce
  }

  shards(): ReadonlyArray<ShardStatus> {
    return [...this.#attached.values()]
      .flatMap(({ status }) => status ?? [])
      .sort((a, b) => (a.shardId < b.shardId ? -1 : 1))
  }

  sinks(): ReadonlyArray<Outages.State> {
    return Outages.merge(this.#sinks.values())
  }

  past(): ReadonlyArray<Totals.Totals> {
    return this.#past.read()
  }

  unattached(): ReadonlyArray<Unattached> {
    const allowed = this.options.loaded.config.deadline
    return this.#threads
      .flatMap((thread) => thread?.unattached() ?? [])
      .map(({ relay, since }) => ({ relay, since, allowed }))
  }

  onEnd(listener: (end: Programs.End) => void): void {
    this.#listeners.push(listener)
  }

  drain(): void {
    for (const thread of this.#threads) thread?.order(Message.drain)
  }

  async revive(): Promise<E.Either<Refusal, void>> {
    await Promise.all([...this.#crashed].map((number) => this.#end(number)))
    const there = this.keep.look()
    if (E.isLeft(there)) return E.left(refusal([there.left]))
    const started = await Promise.all(
      this.#threads.flatMap((thread, number) => (thread === null ? [this.#start(number)] : []))
    )
    const refused = started.find(E.isLeft)
    return refused ?? E.right(undefined)
  }

  async close(): Promise<void> {
    clearInterval(this.#watching)
    await Promise.all(this.#threads.map((_, number) => this.#end(number)))
    this.#spare.close()
    this.keep.close()
  }

  async #end(number: number): Promise<void> {
    const thread = this.#threads[number]
    this.#forget(number)
    await thread?.close()
  }

  async #start(number: number): Promise<E.Either<Refusal, ThreadHandle.ThreadHandle>> {
    const { loaded, entry, quarantineFile, memory, threads } = this.options
    const started = await ThreadHandle.start(
      {
        entry,
        limit: this.#limit,
        loadTimeout: loaded.config.deadline + (this.options.loadTimeout ?? LOAD_TIMEOUT_MS),
        thread: number,
        loaded,
        quarantineFile,
        stream: this.options.stream ?? '',
        memory: Math.min(memory / threads, READ_AHEAD)
      },
      {
        onNews: (news) => this.#heard(number, news),
        onDeath: (death) => this.#died(number, death)
      }
    )
    if (E.isRight(started)) this.#threads[number] = started.right
    return started
  }

  // -- relays -----------------------------------------------------------------------------------------------------------

  #announced(line: string): void {
    const relay = Pipes.announced(line)
    if (relay === null) return
    const thread = this.#leastLoaded()
    const opened = Pipes.open(this.folder, relay, this.#spare, this.#way)
    if (E.isLeft(opened)) return this.#failed(opened.left)
    const { ends, obstacle } = opened.right
    // Every thread has died, or the way is refused: the relay ends, and with it the daemon.
    if (thread === null || (obstacle !== null && !this.#mayCopy(obstacle))) return Pipes.close(ends)
    this.#attached.set(relay.pid, { thread: thread.number, status: null })
    thread.attach(relay.pid, ends)
  }

  /** The bytes could not go directly. Whether they may go through the relay: then all that come do so. */
  #mayCopy(obstacle: string): boolean {
    if (this.options.loaded.config.host.relay === 'direct') {
      this.#failed(`the pipes of the daemon cannot be opened, and host.relay is direct: ${obstacle}`)
      return false
    }
    this.#way = 'fifo'
    this.options.log('debug', 'the relays copy between the daemon and the host', { reason: obstacle })
    return true
  }

  #failed(reason: string): void {
    this.options.log('error', reason, {})
    this.#tell({ shardId: null, code: 3, reason })
  }

  #leastLoaded(): ThreadHandle.ThreadHandle | null {
    const loads = new Map<number, number>()
    for (const { thread } of this.#attached.values()) loads.set(thread, (loads.get(thread) ?? 0) + 1)
    const loadOf = ({ number }: ThreadHandle.ThreadHandle): number => loads.get(number) ?? 0
    const [least = null] = this.#threads
      .filter((thread) => thread !== null)
      .sort((a, b) => loadOf(a) - loadOf(b))
    return least
  }

  // -- reports of threads ------------------------------------------------------------------------------------------------

  #heard(number: number, news: Message.News): void {
    switch (news._tag) {
      case 'Logged':
        return this.options.log(news.level, news.message, news.fields)
      case 'Changed':
        for (const status of news.shards) this.#attached.set(status.relay, { thread: number, status })
        return
      case 'Sinks':
        this.#sinks.set(number, news.sinks)
        return
      case 'Ended':
        this.#detach(news.relay)
        this.#lingering.add(news.relay, number, news.shardId)
        if (news.code !== 0) this.#tell({ shardId: news.shardId, code: news.code, reason: news.reason })
        return
      case 'HandlersEnded':
        return this.#lingering.delete(news.relay)
      case 'Covered':
        return Suspicion.cover(this.options, news.shardId, news.position)
      case 'Crashed':
        return this.#hasCrashed(number, news)
    }
  }

  #tell(end: Programs.End): void {
    for (const listener of this.#listeners) listener(end)
  }

  #died(number: number, { reason, how, open }: ThreadHandle.Death): void {
    this.#forget(number)
    // Any of those that are open may have taken the memory.
    const calls = how === 'memory' ? Watchdog.all(open) : Watchdog.suspects(open)
    const why = Suspicion.ended(reason, calls)
    this.options.log('error', 'a thread of shards has died; its work in progress is not acknowledged', {
      thread: number,
      reason: why
    })
    this.#suspect(calls, how)
    this.#tell({ shardId: Suspicion.shardOf(calls), code: 1, reason: why })
  }

  #hasCrashed(number: number, { reason, open }: Extract<Message.News, { readonly _tag: 'Crashed' }>): void {
    this.#crashed.add(number)
    const calls = Watchdog.suspects(open)
    this.#suspect(calls, 'crashed')
    this.#tell({ shardId: Suspicion.shardOf(calls), code: 1, reason: Suspicion.ended(reason, calls) })
  }

  #forget(number: number): void {
    this.#threads[number] = null
    this.#crashed.delete(number)
    for (const [relay, { thread }] of this.#attached) if (thread === number) this.#detach(relay)
    this.#lingering.forget(number)
    this.#sinks.delete(number)
  }

  #detach(relay: number): void {
    const status = this.#attached.get(relay)?.status ?? null
    this.#attached.delete(relay)
    if (status !== null) this.#past.add(status)
  }

  // -- what hangs -------------------------------------------------------------------------------------------------------

  #look(): void {
    for (const thread of this.#threads) {
      const stuck = thread?.look() ?? null
      if (thread !== null && stuck !== null) this.#hangs(thread, stuck)
      else if (thread !== null) this.#turnAway(thread)
    }
    this.#endLingering()
    this.keep.look()
    // Where descriptors are short, a process cannot be started either.
    if (this.#spare.refill()) this.#pool.tend(this.folder)
  }

  /** Whose thread lives, and takes no orders: user code has got at the port that they come by. */
  #turnAway(thread: ThreadHandle.ThreadHandle): void {
    const until = Clock.monotonic() - this.#limit
    for (const { relay, since } of thread.unattached())
      if (since < until && thread.turnAway(relay)) {
        this.#detach(relay)
        this.#failed(`no thread has attached the relay ${relay} for ${Suspicion.seconds(this.#limit)}`)
      }
  }

  #hangs(thread: ThreadHandle.ThreadHandle, { open, ms }: Watchdog.Stuck): void {
    const calls = Watchdog.suspects(open)
    this.#terminate(thread, calls, Suspicion.stoodStill(ms, calls, open.running !== null))
  }

  /** Remembers the records before their thread is ended: with that the daemon ends, and they come again. */
  #terminate(thread: ThreadHandle.ThreadHandle, calls: ReadonlyArray<Quarantine.Call>, reason: string): void {
    this.#forget(thread.number)
    this.options.log('error', reason, {
      thread: thread.number,
      shard: Suspicion.shardOf(calls),
      sequenceNumber: calls.length === 1 ? (calls[0]?.from.sequenceNumber ?? null) : null
    })
    this.#suspect(calls, 'hung')
    void thread.terminate()
    this.#tell({ shardId: Suspicion.shardOf(calls), code: 1, reason })
  }

  /** A handler that was asked to stop goes on after its session: the daemon waits for the end of the shard's child. */
  #endLingering(): void {
    for (const { thread: number, shardId, ms } of this.#lingering.late(this.#limit)) {
      const thread = this.#threads[number] ?? null
      const calls = (thread?.open().waiting ?? []).filter((call) => call.shardId === shardId)
      if (thread !== null) this.#terminate(thread, calls, Suspicion.lingered(ms, calls))
    }
  }

  #suspect(calls: ReadonlyArray<Quarantine.Call>, how: Quarantine.How): void {
    Suspicion.remember(this.options, calls, how)
  }
}
