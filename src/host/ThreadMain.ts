/** The thread's side of the host: prepares the handler once, then runs a session for each relay that it is given. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import * as E from 'fp-ts/Either'
import type { Level } from '../core/Effect'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'
import * as Collector from '../edge/Collector'
import * as Console from '../edge/Console'
import * as HandlerModule from '../edge/HandlerModule'
import type * as Recorder from '../edge/Recorder'
import type { Log } from '../edge/Log'
import * as Pipe from '../edge/Pipe'
import type * as Outages from '../sinks/Outages'
import * as Startup from '../edge/Startup'
import * as Managed from '../run/Managed'
import * as Calls from './Calls'
import * as Gate from './Gate'
import * as Quarantine from './Quarantine'
import * as QuarantineFile from './QuarantineFile'
import * as Memory from './Memory'
import type { Assignment, Order, Report } from './Message'
import * as Pipes from './Pipes'
import * as Settling from './Settling'
import * as Shard from './Shard'
import type { ShardStatus } from './ShardStatus'
import * as Watchdog from './Watchdog'

/** Milliseconds between reports to the main thread: what has changed, and that this thread lives. */
export const TELL_MS = 250
/** At most so many shards are asked at a time; those of a thread with more take turns. */
const ASKED = 25

const RANK: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** To be called by the file that the host is given as its thread's entry. */
export const run = async (record: Recorder.Open): Promise<void> => {
  if (parentPort === null) return
  // What the host's `ThreadHandle` has put there.
  const assignment = workerData as Assignment
  const thread = new ThreadMain(parentPort, assignment, record)
  Pipe.guardStdout()
  process.on('uncaughtException', thread.crash)
  process.on('unhandledRejection', thread.crash)
  await thread.start()
}

class ThreadMain {
  readonly #shards = new Map<number, Shard.Shard>()
  readonly #notes: Watchdog.Notes
  readonly #gate = Gate.make((then) => void setImmediate(then))
  readonly #memory: Memory.Memory
  readonly #log: Log
  /** Whose turn it is to be asked. */
  #next = this.#shards.values()
  #isReady = false
  #draining = false
  /** The state of the sinks in the last report. */
  #sinks: ReadonlyArray<Outages.State> = []
  /** It takes no further relay. */
  #over = false
  readonly #settling = Settling.make()

  constructor(
    readonly port: MessagePort,
    readonly assignment: Assignment,
    readonly record: Recorder.Open
  ) {
    this.#notes = Watchdog.notes(assignment.cell)
    this.#memory = Memory.make(assignment.memory)
    const least = RANK[assignment.loaded.config.log.level]
    this.#log = {
      write: (level, message, fields) => {
        if (RANK[level] >= least) this.#tell({ _tag: 'Logged', level, message, fields })
      }
    }
  }

  async start(): Promise<void> {
    const { loaded } = this.assignment
    const prepared = await Console.during(loaded.config, this.#log.write, () => async () => {
      const module = await HandlerModule.load(loaded.config.handler)
      return Startup.ready(loaded, module, { log: this.#log, idle: null, record: this.record })()
    })()
    if (E.isLeft(prepared)) return this.#refuse(prepared.left)
    this.#isReady = true
    setInterval(() => this.#look(prepared.right.value.sinks), TELL_MS).unref()
    this.port.on('message', (order: Order) => this.#obey(order, prepared.right))
    this.#tell({ _tag: 'Ready' })
  }

  readonly crash = (thrown: unknown): void => {
    const reason = `user code failed outside a record: ${Failure.describe(thrown)}`
    if (!this.#isReady) return this.#refuse(Managed.refusal([reason], 1))
    this.#over = true
    this.#tell({ _tag: 'Crashed', reason, open: this.#notes.open() })
    for (const shard of [...this.#shards.values()]) shard.crash(thrown)
  }

  #tell(report: Report): void {
    this.port.postMessage(report)
  }

  #refuse(refusal: Managed.Refusal): void {
    this.#tell({ _tag: 'Refused', refusal })
    this.port.close()
  }

  #obey(order: Order, prepared: Managed.Held<Startup.Prepared>): void {
    switch (order._tag) {
      case 'Attach':
        return this.#attach(order.relay, order.ends, prepared.value)
      case 'Drain':
        this.#draining = true
        for (const shard of [...this.#shards.values()]) shard.drain()
        return
      case 'Close':
        return void this.#close(prepared)
    }
  }

  #attach(relay: number, ends: Pipes.Ends, prepared: Startup.Prepared): void {
    const pipes = Pipes.take(ends)
    // The main thread has waited for too long, and has ended the relay.
    if (pipes === null) return
    if (this.#over) {
      pipes.input.close()
      this.#tell({ _tag: 'Ended', relay, shardId: null, code: 0, reason: '' })
      this.#tell({ _tag: 'HandlersEnded', relay })
      return
    }
    const shard = this.#session(relay, pipes, prepared)
    this.#shards.set(relay, shard)
    if (this.#draining) shard.drain()
  }

  #session(relay: number, pipes: Pipes.Pipes, prepared: Startup.Prepared): Shard.Shard {
    const { quarantineFile, stream, thread, loaded } = this.assignment
    const { known, problem } = QuarantineFile.read(quarantineFile, Clock.wall())
    if (problem !== null)
      this.#log.write('warn', `${problem}; kclts cannot remember which of its records ended a thread`, {})
    const { handler, bury, deliver } = prepared
    const calls = new Calls.Calls({
      code: { handler, bury, deliver },
      notes: this.#notes,
      gate: this.#gate,
      known: Quarantine.of(known, stream),
      deadline: loaded.config.deadline
    })
    return Shard.start({
      prepared,
      calls,
      pipes,
      relay,
      thread,
      memory: this.#memory,
      log: this.#log.write,
      record: prepared.recorder?.session(),
      onCheckpoint: (shardId, position) => {
        if (calls.covered(shardId, position)) this.#tell({ _tag: 'Covered', shardId, position })
      },
      onEnd: (shardId, code, reason) => {
        // What it counted since it was last asked is not lost.
        this.#changed([this.#shards.get(relay)])
        this.#shards.delete(relay)
        this.#tell({
          _tag: 'Ended',
          relay,
          shardId: shardId === '' ? null : shardId,
          code,
          reason
        })
      },
      onHandlersEnded: () => this.#tell({ _tag: 'HandlersEnded', relay })
    })
  }

  #look(sinks: Startup.Prepared['sinks']): void {
    this.#notes.beat()
    this.#settle(this.#changed(this.#asked()))
    const states = sinks?.() ?? []
    const known = this.#sinks
    if (states.length === known.length && states.every((state, i) => state === known[i])) return
    this.#sinks = states
    this.#tell({ _tag: 'Sinks', sinks: states })
  }

  #asked(): ReadonlyArray<Shard.Shard> {
    const asked: Array<Shard.Shard> = []
    const most = Math.min(ASKED, this.#shards.size)
    while (asked.length < most) {
      const { value, done } = this.#next.next()
      if (done !== true) asked.push(value)
      else this.#next = this.#shards.values()
    }
    return asked
  }

  #settle(changed: ReadonlyArray<ShardStatus>): void {
    const records = changed.map(({ counts }) => counts.records)
    if (!this.#settling.look(this.#shards.size, records)) return
    Collector.compact()
    this.#tell({ _tag: 'Settled' })
  }

  #changed(among: Iterable<Shard.Shard | undefined>): ReadonlyArray<ShardStatus> {
    const shards: Array<ShardStatus> = []
    for (const shard of among) {
      const change = shard?.change() ?? null
      if (change !== null && change.shardId !== '') shards.push(change)
    }
    if (shards.length > 0) this.#tell({ _tag: 'Changed', shards })
    return shards
  }

  async #close(prepared: Managed.Held<Startup.Prepared>): Promise<void> {
    this.#over = true
    for (const shard of [...this.#shards.values()]) shard.close()
    await Managed.closing(prepared, (problem) => this.#log.write('error', problem, {}))()
    this.#tell({ _tag: 'Closed' })
    this.port.close()
  }
}
