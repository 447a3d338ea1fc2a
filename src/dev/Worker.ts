/**
 * The local daemon: holds the leases, starts a child for each shard that may be read, and ends when all are done.
 *
 * As with Amazon's daemon a child that leaves in the middle of an action ends the whole worker.
 */
import type * as E from 'fp-ts/Either'
import type { Level, LogFields } from '../core/Effect'
import * as Failure from '../core/Failure'
import type { Clock } from '../run/Clock'
import * as Consumer from './Consumer'
import type { Faults } from './Faults'
import type * as Lease from '../protocol/Lease'
import type { Open } from './ChildHandle'
import type { Shard } from './Shard'
import type { Stream } from './Stream'
import * as Tally from './Tally'

/** What is kept between runs. */
export interface Leases {
  readonly stored: (shardId: string) => Lease.Stored
  /** Left: why it is not on disk. Then nothing has changed. */
  readonly store: (shardId: string, stored: Lease.Stored) => E.Either<string, void>
}

export interface Options {
  readonly shards: ReadonlyArray<Shard>
  readonly stream: Stream
  readonly leases: Leases
  readonly faults: Faults
  readonly clock: Clock
  readonly batch: number
  /** Crash once after this many records; null: never. */
  readonly killAfter: number | null
  /** Makes children; calls back for each record that one in this process has handled. */
  readonly children: (onHandled: () => void) => Open
  /** Whether children are processes: then what was delivered is counted towards `killAfter`. */
  readonly isSpawned: boolean
  readonly log: (level: Level, message: string, fields: LogFields) => void
  readonly onDone: (outcome: Outcome) => void
}

export type Outcome =
  /** `isAll`: everything that there is was consumed. */
  | { readonly _tag: 'Done'; readonly isAll: boolean }
  | { readonly _tag: 'Failed'; readonly code: 1 | 2 | 3; readonly problem: string }

export interface Worker {
  /** Graceful: no further batch, a checkpoint of what is finished. */
  readonly stop: () => void
  /** At once: the children end in the middle of their work. */
  readonly abort: () => void
  /** User code failed outside a record. */
  readonly crashed: (thrown: unknown) => void
  readonly tally: (shardId: string) => Tally.Tally
  /** Records that children handled, or were sent when they are processes; those that came again included. */
  readonly handled: () => number
  readonly kills: () => number
}

/** How long a lost lease, or a crashed worker, takes to come back. */
const RETURN_MS = 100

class LocalWorker implements Worker {
  readonly #context: Consumer.Context
  readonly #consumers = new Map<string, Consumer.Consumer>()
  readonly #tallies = new Map<string, Tally.Tally>()
  /** Shards that need no consumer any more, and whether they were consumed whole. */
  readonly #finished = new Map<string, boolean>()
  readonly #returning = new Map<string, () => void>()
  #handled = 0
  #kills = 0
  #isStopping = false
  #isDone = false

  constructor(private readonly options: Options) {
    const { clock, stream, faults, batch, log, leases, isSpawned } = options
    this.#context = {
      clock,
      open: options.children(() => {
        if (!isSpawned) this.#count(1)
      }),
      stream,
      faults,
      batch,
      stored: leases.stored,
      store: leases.store,
      tally: this.tally,
      count: (shardId, change) => {
        this.#tallies.set(shardId, change(this.tally(shardId)))
      },
      onDelivered: (records) => {
        if (isSpawned) this.#count(records)
      },
      log
    }
    this.#acquireAll()
  }

  // -- as a worker ----------------------------------------------------------------------------------------------------

  readonly tally = (shardId: string): Tally.Tally => this.#tallies.get(shardId) ?? Tally.initial

  readonly handled = (): number => this.#handled

  readonly kills = (): number => this.#kills

  readonly stop = (): void => {
    this.#isStopping = true
    this.#stayAway()
    for (const consumer of this.#consumers.values()) consumer.stop()
    this.#endIfDone()
  }

  readonly abort = (): void => {
    this.#isStopping = true
    this.#kill()
    this.#done({ _tag: 'Done', isAll: false })
  }

  readonly crashed = (thrown: unknown): void => {
    const problem = `user code failed outside a record: ${Failure.describe(thrown)}`
    if (this.#consumers.size === 0) {
      this.#kill()
      return this.#done({ _tag: 'Failed', code: 1, problem })
    }
    for (const consumer of this.#consumers.values()) consumer.crashed(thrown)
  }

  // -- leases ---------------------------------------------------------------------------------------------------------

  /** Children of a split wait until the end of their parent is checkpointed, so that order is kept for each key. */
  #mayRead({ id, parent }: Shard): boolean {
    const { stored } = this.options.leases
    return (
      !this.#finished.has(id) &&
      !this.#consumers.has(id) &&
      !this.#returning.has(id) &&
      stored(id) !== 'SHARD_END' &&
      (parent === null || stored(parent) === 'SHARD_END')
    )
  }

  #acquireAll(): void {
    for (const shard of this.options.shards)
      if (!this.#isStopping && this.#mayRead(shard)) this.#acquire(shard)
    this.#endIfDone()
  }

  #acquire(shard: Shard): void {
    const consumer = Consumer.start(shard, this.#context, (ending) => this.#over(shard.id, ending))
    this.#consumers.set(shard.id, consumer)
  }

  #over(shardId: string, ending: Consumer.Ending): void {
    this.#consumers.delete(shardId)
    switch (ending._tag) {
      case 'Stopped':
        this.#finished.set(shardId, ending.isAll)
        return this.#endIfDone()
      case 'ShardEnded':
        this.#finished.set(shardId, true)
        this.options.log('info', 'shard ended', { shard: shardId })
        return this.#acquireAll()
      case 'LeaseLost':
        if (this.#isStopping) this.#finished.set(shardId, false)
        else this.#comeBack(shardId)
        return this.#endIfDone()
      case 'Failed':
        this.#kill()
        return this.#done(ending)
    }
  }

  // -- crashes --------------------------------------------------------------------------------------------------------

  /** Records were handled, or delivered to another process: is one of them the one to crash after? */
  #count(records: number): void {
    const before = this.#handled
    this.#handled += records
    const { killAfter, log } = this.options
    if (killAfter === null || this.#isDone || this.#isStopping) return
    if (before >= killAfter || this.#handled < killAfter) return
    this.#kills += 1
    log('warn', 'crashing, as asked for by --kill-after', { records: this.#handled })
    this.#kill()
    this.#comeBack('worker')
  }

  #comeBack(name: string): void {
    const cancel = this.options.clock.later(RETURN_MS, () => {
      this.#returning.delete(name)
      this.#acquireAll()
    })
    this.#returning.set(name, cancel)
  }

  #stayAway(): void {
    for (const cancel of this.#returning.values()) cancel()
    this.#returning.clear()
  }

  #kill(): void {
    this.#stayAway()
    for (const consumer of this.#consumers.values()) consumer.kill()
    this.#consumers.clear()
  }

  // -- the end --------------------------------------------------------------------------------------------------------

  #done(outcome: Outcome): void {
    if (this.#isDone) return
    this.#isDone = true
    this.options.onDone(outcome)
  }

  /** A child of a split that was never begun has nothing to consume unless the input has got past the split. */
  #isConsumed({ id, after }: Shard): boolean {
    const { leases, stream } = this.options
    return leases.stored(id) === 'SHARD_END' || (this.#finished.get(id) ?? stream.seen().line <= after)
  }

  #endIfDone(): void {
    if (this.#consumers.size > 0 || this.#returning.size > 0) return
    this.#done({ _tag: 'Done', isAll: this.options.shards.every((shard) => this.#isConsumed(shard)) })
  }
}

export const start = (options: Options): Worker => new LocalWorker(options)
