/** A worker with everything around it in memory, and what came of it as values. */
import * as E from 'fp-ts/Either'
import type { DeadLetter } from '../../src/core/DeadLetter'
import type { Handler } from '../../src/core/Handler'
import type { Env } from '../../src/core/Session'
import * as Chance from '../../src/dev/Chance'
import * as Faults from '../../src/dev/Faults'
import * as InProcess from '../../src/dev/InProcess'
import type { Stored } from '../../src/protocol/Lease'
import type { Open } from '../../src/dev/ChildHandle'
import type { Playback } from '../../src/dev/Playback'
import * as Shard from '../../src/dev/Shard'
import * as Source from '../../src/dev/Source'
import * as Stream from '../../src/dev/Stream'
import * as Worker from '../../src/dev/Worker'
import type * as VirtualClock from '../../src/testing/VirtualClock'
import { quiet } from '../core/Given'

/** Lines in memory. A closed input has an end; more may come to an open one. */
export const source = (
  lines: ReadonlyArray<string>,
  isClosed: () => boolean = () => true
): Source.Source => ({
  read: (from, limits) => {
    const taken = lines.slice(from.line, from.line + limits.lines).map((line) => Buffer.from(line))
    const next = { line: from.line + taken.length, offset: 0 }
    return {
      lines: taken,
      next,
      isFull: taken.length === limits.lines,
      isEnd: isClosed() && next.line === lines.length,
      isCut: false
    }
  },
  size: () => ({ line: lines.length }),
  origin: () => Source.start,
  problem: () => null,
  close: () => undefined
})

export const env: Env = { ...quiet, policy: { ...quiet.policy, interval: 60_000 } }

/** More turns than any conversation of these tests needs: a loop without end fails instead of hanging. */
const LIMIT = 1_000_000

/** Does everything that is due, and waits for what is not yet, until nothing is left. */
export const run = (clock: VirtualClock.VirtualClock): void => {
  for (let turns = 0; turns < LIMIT; turns++) if (!clock.step()) return
  throw new Error('the worker does not come to an end')
}

export interface Given {
  readonly source: Source.Source
  /** Played in place of the source. */
  readonly playback?: Pick<Playback, 'shards' | 'stream'>
  readonly handler: Handler
  readonly clock: VirtualClock.VirtualClock
  /** The lease table: kept from one run to the next. */
  readonly table: Map<string, Stored>
  readonly env?: Partial<Env>
  readonly shards?: number
  readonly batch?: number
  readonly lines?: number
  readonly seed?: number
  readonly odds?: Faults.Odds
  readonly splitAfter?: number | null
  readonly killAfter?: number | null
  readonly children?: (onHandled: () => void) => Open
  readonly isSpawned?: boolean
  readonly onLog?: (message: string) => void
  /** Left: the place of the state is full. */
  readonly store?: (shardId: string, stored: Stored) => E.Either<string, void>
}

export interface Rig {
  readonly worker: Worker.Worker
  readonly shards: ReadonlyArray<Shard.Shard>
  readonly letters: ReadonlyArray<DeadLetter>
  readonly unreadable: ReadonlyArray<readonly [number, string]>
  readonly outcome: () => Worker.Outcome | null
}

export const start = (given: Given): Rig => {
  const { clock, table } = given
  const chance = Chance.make(given.seed ?? 1)
  const dealt = Shard.make(given.shards ?? 1, given.splitAfter ?? null)
  const shards = given.playback?.shards ?? dealt
  const letters: Array<DeadLetter> = []
  const unreadable: Array<readonly [number, string]> = []
  let outcome: Worker.Outcome | null = null
  const log = (_level: unknown, message: string): void => given.onLog?.(message)
  const worker = Worker.start({
    shards,
    stream:
      given.playback?.stream ??
      Stream.make({
        source: given.source,
        from: Source.start,
        shards: dealt,
        key: null,
        lines: given.lines ?? 1000,
        wall: clock.wall,
        onUnreadable: (line, problem) => unreadable.push([line, problem])
      }),
    leases: {
      stored: (shardId) => table.get(shardId) ?? null,
      store:
        given.store ??
        ((shardId, stored) => {
          table.set(shardId, stored)
          return E.right(undefined)
        })
    },
    faults: Faults.make(chance, given.odds ?? { throttle: 0, loseLease: 0 }),
    clock,
    batch: given.batch ?? 10_000,
    killAfter: given.killAfter ?? null,
    children:
      given.children ??
      ((onHandled) =>
        InProcess.make({
          env: { ...env, ...given.env },
          handler: given.handler,
          resource: undefined,
          tracing: null,
          bury: (letter) => {
            letters.push(letter)
            return E.right(undefined)
          },
          deliver: (_delivery, then) => queueMicrotask(() => then(E.right(undefined))),
          log,
          clock,
          chance,
          onHandled
        })),
    isSpawned: given.isSpawned ?? false,
    log,
    onDone: (how) => {
      outcome = how
    }
  })
  return { worker, shards, letters, unreadable, outcome: () => outcome }
}
