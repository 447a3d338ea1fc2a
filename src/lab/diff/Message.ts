/** What the main thread and the thread of a handler say to each other. */
import type * as ConfigSearch from '../../config/ConfigSearch'
import type { Fields } from '../../protocol/KinesisRecord'
import type { Batch } from './Batch'
import type { Outcome } from './Outcome'

/** What the thread is given when it starts. */
export interface Assignment {
  readonly loaded: ConfigSearch.Loaded
  /** Whether the handler may do more than decide. */
  readonly effects: boolean
  /** Which record its handler is called for: see `Calls`. */
  readonly cell: SharedArrayBuffer
}

/**
 * `again`: the handler is compared with itself. The batches come in another order, and the clock of user code is moved, so
 * that one that remembers or looks at the time answers otherwise.
 */
export type Pass = 'first' | 'again'

export interface Order {
  readonly batches: ReadonlyArray<Batch>
  readonly pass: Pass
  /** Whether what a test of `kclts/testing` sees is wanted as well: the decisions, and the masked records. */
  readonly isShown: boolean
}

/** What the calls of the handler took. */
export interface Took {
  readonly calls: number
  readonly millis: number
}

/** How the thread sees the handler. */
export interface Ready {
  /** By which name the module exports it. */
  readonly exported: 'handler' | 'batchHandler' | 'default'
  readonly hasSinks: boolean
}

export interface Ran {
  /** Of each batch. */
  readonly outcomes: ReadonlyArray<ReadonlyArray<Outcome>>
  /** Where it was wanted: JSON of what the handler decided for each record; null where that has no JSON. */
  readonly shown: ReadonlyArray<ReadonlyArray<string | null>>
  /** Where it was wanted: each record as the module's `mask` leaves it; null where that fails. */
  readonly masked: ReadonlyArray<ReadonlyArray<Fields | null>>
  readonly took: Took
}

export type Report =
  | (Ready & { readonly _tag: 'Ready' })
  | (Ran & { readonly _tag: 'Ran' })
  | { readonly _tag: 'Refused'; readonly problems: ReadonlyArray<string> }
  /** It failed where no call of the handler awaits it. */
  | { readonly _tag: 'Crashed'; readonly reason: string }
