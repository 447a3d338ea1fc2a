/** The shards whose session is over while an aborted handler may still run. */
import * as Clock from '../run/Clock'

interface Shard {
  readonly thread: number
  /** null: the session did not know it. */
  readonly shardId: string | null
  /** When the session ended, by the monotonic clock. */
  readonly since: number
}

/** Those that have taken too long, and for how long: milliseconds. */
export interface Late extends Pick<Shard, 'thread' | 'shardId'> {
  readonly ms: number
}

/** By the process id of the relay. */
export class Lingering {
  readonly #shards = new Map<number, Shard>()

  add(relay: number, thread: number, shardId: string | null): void {
    this.#shards.set(relay, { thread, shardId, since: Clock.monotonic() })
  }

  delete(relay: number): void {
    this.#shards.delete(relay)
  }

  /** Its thread has ended. */
  forget(thread: number): void {
    for (const [relay, shard] of this.#shards) if (shard.thread === thread) this.delete(relay)
  }

  /** `limit`: how long a handler may go on; milliseconds. */
  late(limit: number): ReadonlyArray<Late> {
    const now = Clock.monotonic()
    return [...this.#shards.values()]
      .map(({ thread, shardId, since }) => ({ thread, shardId, ms: now - since }))
      .filter(({ ms }) => ms >= limit)
  }
}
