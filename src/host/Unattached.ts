import type * as ThreadHandle from './ThreadHandle'

/** A relay that waits for a session, as the daemon waits for the relay. */
export interface Unattached extends ThreadHandle.Unattached {
  /** How long the configuration allows it to wait, in milliseconds: a handler may hold its thread up so long. */
  readonly allowed: number
}
