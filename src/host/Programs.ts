/** What the daemon starts for its shards, in both modes of the host. */
import type * as E from 'fp-ts/Either'
import type { ExitCode } from '../core/Effect'
import type { Refusal } from '../run/Managed'

export interface Programs {
  /** The daemon's executableName, when its current folder is `folder`. */
  readonly executable: string
  readonly folder: string
  /** Before the daemon is started again: makes what is missing. Left: why it cannot be made. */
  readonly revive: () => Promise<E.Either<Refusal, void>>
  /** After the daemon is gone: ends all sessions, closes the sinks, releases, removes the folder. */
  readonly close: () => Promise<void>
}

/** Something that ends the worker: a session that left without an answer, a thread that died. */
export interface End {
  /** null: it is not about one shard. */
  readonly shardId: string | null
  readonly code: Exclude<ExitCode, 0>
  /** In one sentence, for people. */
  readonly reason: string
}
