/** The messages between the main thread and a thread of shards. */
import type * as Outages from '../sinks/Outages'
import type { ExitCode, Level, LogFields } from '../core/Effect'
import type { Position } from '../protocol/Position'
import type * as ConfigSearch from '../config/ConfigSearch'
import type { Refusal } from '../run/Managed'
import type * as Pipes from './Pipes'
import type { ShardStatus } from './ShardStatus'
import type * as Watchdog from './Watchdog'

/** What a thread is given when it starts. */
export interface Assignment {
  /** Its number: 0, 1 ... */
  readonly thread: number
  readonly loaded: ConfigSearch.Loaded
  readonly cell: Watchdog.Cell
  /** The file of records at which a thread ended: see `QuarantineFile`. */
  readonly quarantineFile: string
  /** The stream that the shards are of, as in `QuarantineFile`. */
  readonly stream: string
  /** Its part of the bound on unfinished lines, in bytes. */
  readonly memory: number
}

/** To a thread. */
export type Order =
  /** A relay has announced itself and its pipes are open: run a session on them. */
  | { readonly _tag: 'Attach'; readonly relay: number; readonly ends: Pipes.Ends }
  /** The worker is stopping: no session begins a further record. */
  | { readonly _tag: 'Drain' }
  /** The daemon is gone: end all sessions, close the sinks, release what was acquired, end. */
  | { readonly _tag: 'Close' }

/** From a thread, about itself. */
export type Life =
  | { readonly _tag: 'Ready' }
  /** Nothing has happened for a while since the first shards came, so the thread has given memory back. */
  | { readonly _tag: 'Settled' }
  /** It cannot start. */
  | { readonly _tag: 'Refused'; readonly refusal: Refusal }
  /** What `Close` asked for is done. */
  | { readonly _tag: 'Closed' }

/** From a thread, of its shards. */
export type News =
  | {
      readonly _tag: 'Logged'
      readonly level: Level
      readonly message: string
      readonly fields: LogFields
    }
  /** Those of which something has changed. */
  | { readonly _tag: 'Changed'; readonly shards: ReadonlyArray<ShardStatus> }
  /** Which sinks of the thread fail, when that has changed. */
  | { readonly _tag: 'Sinks'; readonly sinks: ReadonlyArray<Outages.State> }
  /** A session has ended; shardId null: before it knew its shard. */
  | {
      readonly _tag: 'Ended'
      readonly relay: number
      readonly shardId: string | null
      readonly code: ExitCode
      readonly reason: string
    }
  /** After `Ended`: no handler of the shard runs any more, so its relay may end. */
  | { readonly _tag: 'HandlersEnded'; readonly relay: number }
  /** A checkpoint covers a record at which a thread had ended before. */
  | { readonly _tag: 'Covered'; readonly shardId: string; readonly position: Position }
  /** User code failed outside a record: all sessions halt, and no other is begun. `open`: what was at work. */
  | { readonly _tag: 'Crashed'; readonly reason: string; readonly open: Watchdog.Open }

export type Report = Life | News

export const attach = (relay: number, ends: Pipes.Ends): Order => ({ _tag: 'Attach', relay, ends })
export const drain: Order = { _tag: 'Drain' }
export const close: Order = { _tag: 'Close' }
