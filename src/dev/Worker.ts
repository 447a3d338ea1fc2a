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
import type { Open } from './Link'
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
  /** Crash once after so many records; null: never. */
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
  /** At once: children are gone in the middle of what they do. */
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

export const start = (options: Options): Worker => {
  const { shards, stream, leases, clock, log } = options
  const consumers = new Map<string, Consumer.Consumer>()
  const tallies = new Map<string, Tally.Tally>()
  /** Shards that need no consumer any more, and whether they were consumed whole. */
  const finished = new Map<string, boolean>()
  const returning = new Map<string, () => void>()
  let handled = 0
  let kills = 0
  let isStopping = false
  let isDone = false

  const tally = (shardId: string): Tally.Tally => tallies.get(shardId) ?? Tally.initial

  const done = (outcome: Outcome): void => {
    if (isDone) return
    isDone = true
    options.onDone(outcome)
  }

  const kill = (): void => {
    for (const cancel of returning.values()) cancel()
    returning.clear()
    for (const consumer of consumers.values()) consumer.kill()
    consumers.clear()
  }

  /** A record was handled, or delivered to another process: is it the one to crash after? */
  const count = (records: number): void => {
    const before = handled
    handled += records
    const { killAfter } = options
    if (killAfter === null || isDone || isStopping || before >= killAfter || handled < killAfter) return
    kills += 1
    log('warn', 'crashing, as asked for by --kill-after', { records: handled })
    kill()
    comeBack('worker', acquireAll)
  }

  const comeBack = (name: string, then: () => void): void => {
    returning.set(
      name,
      clock.later(RETURN_MS, () => {
        returning.delete(name)
        then()
      })
    )
  }

  const context: Consumer.Context = {
    clock,
    open: options.children(() => {
      if (!options.isSpawned) count(1)
    }),
    stream,
    faults: options.faults,
    batch: options.batch,
    stored: leases.stored,
    store: leases.store,
    tally,
    count: (shardId, change) => {
      tallies.set(shardId, change(tally(shardId)))
    },
    onDelivered: (records) => {
      if (options.isSpawned) count(records)
    },
    log
  }

  /** Children of a split wait until the end of their parent is checkpointed, so that order is kept for each key. */
  const mayRead = ({ id, parent }: Shard): boolean =>
    !finished.has(id) &&
    !consumers.has(id) &&
    !returning.has(id) &&
    leases.stored(id) !== 'SHARD_END' &&
    (parent === null || leases.stored(parent) === 'SHARD_END')

  const acquireAll = (): void => {
    for (const shard of shards) if (!isStopping && mayRead(shard)) acquire(shard)
    endIfDone()
  }

  const acquire = (shard: Shard): void => {
    consumers.set(
      shard.id,
      Consumer.start(shard, context, (ending) => over(shard.id, ending))
    )
  }

  const over = (shardId: string, ending: Consumer.Ending): void => {
    consumers.delete(shardId)
    switch (ending._tag) {
      case 'Stopped':
        finished.set(shardId, ending.isAll)
        return endIfDone()
      case 'ShardEnded':
        finished.set(shardId, true)
        log('info', 'shard ended', { shard: shardId })
        return acquireAll()
      case 'LeaseLost':
        if (isStopping) finished.set(shardId, false)
        else comeBack(shardId, acquireAll)
        return endIfDone()
      case 'Failed':
        kill()
        return done(ending)
    }
  }

  /** A child of a split that was never begun has nothing to consume unless the input has got past the split. */
  const isConsumed = ({ id, after }: Shard): boolean =>
    leases.stored(id) === 'SHARD_END' || (finished.get(id) ?? stream.seen().line <= after)

  const endIfDone = (): void => {
    if (consumers.size === 0 && returning.size === 0) done({ _tag: 'Done', isAll: shards.every(isConsumed) })
  }

  acquireAll()
  return {
    stop: () => {
      isStopping = true
      for (const cancel of returning.values()) cancel()
      returning.clear()
      for (const consumer of consumers.values()) consumer.stop()
      endIfDone()
    },
    abort: () => {
      isStopping = true
      kill()
      done({ _tag: 'Done', isAll: false })
    },
    crashed: (thrown) => {
      const problem = `user code failed outside a record: ${Failure.show(Failure.fromUnknown(thrown))}`
      if (consumers.size === 0) {
        kill()
        return done({ _tag: 'Failed', code: 1, problem })
      }
      for (const consumer of consumers.values()) consumer.crashed(thrown)
    },
    tally,
    handled: () => handled,
    kills: () => kills
  }
}
