/** A child from the daemon's side: a way to send a line, to receive lines, and to hear of its end. */
import type * as Session from '../core/Session'

export interface ChildListener {
  /** A line from the child, without its newline. */
  readonly hear: (line: string) => void
  /** The child has left; null when a signal ended it or it could not be started. */
  readonly closed: (code: number | null) => void
}

export interface ChildHandle {
  /** Says a line, which has no newline of its own. */
  readonly send: (line: string) => void
  /** Ends the child's stdin. */
  readonly close: () => void
  /** Asks a child in this process to begin no further record; another process cannot be asked. */
  readonly drain: () => void
  /** Ends the child in the middle of its work; nothing more is heard from it. */
  readonly kill: () => void
  /** User code failed outside a record. */
  readonly crashed: (thrown: unknown) => void
  /** What the child thinks, as of its end when it has left; null when it is another process. */
  readonly session: () => Session.State | null
}

export type Open = (shardId: string, listener: ChildListener) => ChildHandle
