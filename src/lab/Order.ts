/** What the threads with handlers send to the thread that writes the recording. */
import type { Input } from '../core/Input'
import type * as Session from '../core/Session'
import type { Position } from '../protocol/Position'
import type { Reply } from '../protocol/Reply'
import type { Data } from './Recording'
import type { Steps } from './Steps'

/** A session began. */
export interface Opened {
  readonly _tag: 'Opened'
  readonly session: number
  readonly shard: string
  readonly life: string
  readonly wall: number
  readonly monotonic: number
}

/** Where recording may begin anew: no action is open, and no checkpoint is on its way. */
export interface Boundary {
  readonly wall: number
  readonly monotonic: number
  /** The checkpoint that was acknowledged last. */
  readonly from: Position | null
}

/** What was not sent since the last order, since the queue was full. */
export interface Missed {
  readonly records: number
  readonly why: string
}

/** A batch of the daemon, as its line. */
export interface Batch {
  readonly _tag: 'Batch'
  readonly session: number
  readonly line: Uint8Array
  readonly now: number
  readonly random: number
  /** null: there is none. */
  readonly boundary: Boundary | null
  readonly missed: Missed | null
}

/** Small inputs. The hash of an output is its text still. */
export interface Stepped {
  readonly _tag: 'Stepped'
  readonly session: number
  readonly steps: Steps
}
/** Any other input. */
export interface Given {
  readonly _tag: 'Given'
  readonly session: number
  readonly input: Input
}
export interface Replied {
  readonly _tag: 'Replied'
  readonly session: number
  readonly reply: Reply
}
/** The session is over. */
export interface Ended {
  readonly _tag: 'Ended'
  readonly session: number
  readonly missed: Missed | null
}

export type OfSession = Opened | Batch | Stepped | Given | Replied | Ended

/** `bytes`: what is counted for it at `QUEUED`. */
export type Order =
  | { readonly _tag: 'OfSession'; readonly order: OfSession; readonly bytes: number }
  /** Write what there is, and answer. */
  | { readonly _tag: 'Closing' }

/** What comes back. `Failed`: a sentence about what cannot be written. */
export type Report = { readonly _tag: 'Failed'; readonly problem: string } | { readonly _tag: 'Closed' }

/** What the thread that writes is started with. */
export interface Assignment {
  /** Absolute. */
  readonly folder: string
  readonly data: Data
  readonly sampling: number
  /** The most bytes of all recordings in the folder. */
  readonly size: number
  /** Milliseconds after which a file is removed. */
  readonly age: number
  readonly application: string | null
  readonly stream: string | null
  /** The absolute path of the handler's module. */
  readonly handler: string
  readonly handlerVersion: string | null
  readonly env: Session.Env
  /** Whether the module exports `mask`. */
  readonly isMasked: boolean
  /** Two numbers that both threads change: at `QUEUED` and at `BUSY`. */
  readonly shared: Int32Array
}

/** The bytes that were sent and are not written yet. */
export const QUEUED = 0
/** The sessions that have a batch in progress. */
export const BUSY = 1

/** Bytes that may wait to be written. A batch of the daemon has at most some 14 MB. */
export const MOST = 64 * 1024 * 1024
