/** Where outputs go. One file per kind of sink; each only has to say how to send some entries at once. */
import type { Either } from 'fp-ts/Either'
import type { Failure } from '../core/Failure'

/** One output that is being delivered. */
export interface Entry {
  /**
   * The same for the same output, whenever and wherever its record is handled again:
   * `shard:sequence:sub-sequence:index`, with the stream before it where the sink has `keys: 2`. What makes a
   * redelivery harmless.
   */
  readonly id: string
  /** Entries of one key arrive in order. */
  readonly key: string
  /** The value as its codec encoded it. */
  readonly value: unknown
  /** The value as JSON text: what most sinks send. */
  readonly json: string
  /** Bytes of that text in UTF-8. */
  readonly bytes: number
  /** The span that its record was handled in, as a header of HTTP carries it; absent where nothing is traced. */
  readonly traceparent?: string
}

/** The result of one entry of a request. */
export type Sent =
  | { readonly _tag: 'Done' }
  /**
   * It may work later. `wait`: milliseconds that the service asks us to stay away. `isDenied`: the service answers, and
   * an operator must change something, such as a permission, before it takes anything.
   */
  | { readonly _tag: 'Again'; readonly failure: Failure; readonly wait: number; readonly isDenied: boolean }
  /** The service can never take this entry. */
  | { readonly _tag: 'Never'; readonly failure: Failure }
  /** The service refuses the request as a whole, without saying which of its entries is at fault. */
  | { readonly _tag: 'Split'; readonly failure: Failure }

export const done: Sent = { _tag: 'Done' }
export const again = (failure: Failure, wait = 0): Sent => ({ _tag: 'Again', failure, wait, isDenied: false })
export const denied = (failure: Failure): Sent => ({ _tag: 'Again', failure, wait: 0, isDenied: true })
export const never = (failure: Failure): Sent => ({ _tag: 'Never', failure })
export const split = (failure: Failure): Sent => ({ _tag: 'Split', failure })

/**
 * Why an entry was given up. `Refused`: the sink answers, and does not take it. `Late`: the sink is out of order, and
 * still was at the deadline. `Withdrawn`: it was recalled, or the sink was closed.
 */
export interface GivenUp {
  readonly _tag: 'Refused' | 'Late' | 'Withdrawn'
  readonly failure: Failure
}

/** What a kind of sink is. */
export interface Transport {
  /** The service's own limits for one request; settings may only lower them. */
  readonly limits: { readonly count: number; readonly bytes: number; readonly entryBytes: number }
  /**
   * True when a request may succeed for some entries and fail for others. Then a request carries at most one
   * entry of a key, or a later one could arrive before an earlier one that failed.
   *
   * False: all entries go in order, and a request that failed comes again with exactly the same ones.
   */
  readonly answersPerEntry: boolean
  /**
   * With an answer for each entry: entries of one lane are sent one after the other, those of different lanes together.
   * Without it, the lane is the key.
   */
  readonly laneOf?: (entry: Entry) => string
  /** Bytes that count towards the limit of a request; without it, those of the JSON. */
  readonly sizeOf?: (entry: Entry) => number
  /** Why the service can never take this entry, beside the size of its JSON; null when it can. */
  readonly refusal?: (entry: Entry) => Failure | null
  /**
   * Sends the entries in order; gives an answer for each. A rejection is an `Again` for all of them, and so are too few
   * or too many answers. The signal says that the answer is not waited for any longer. Never called before the last
   * call has an answer, or was given up.
   */
  readonly send: (entries: ReadonlyArray<Entry>, signal: AbortSignal) => Promise<ReadonlyArray<Sent>>
  readonly close: () => Promise<void>
}

/** How much waits for its acknowledgement. */
export interface Queued {
  readonly count: number
  readonly bytes: number
}

/** A sink as the rest sees it. */
export interface Sink {
  /** Why it can never take this entry, such as its size; null when it can. */
  readonly refusal: (entry: Entry) => Failure | null
  /**
   * Right: acknowledged. Left: given up, after the deadline, because it can never work, or because it was recalled
   * before it was sent. Never rejects.
   */
  readonly push: (entry: Entry, recalled?: AbortSignal) => Promise<Either<GivenUp, void>>
  /** Bytes of the largest entry that it takes, as far as is known before one is sent. */
  readonly largest: number
  readonly queued: () => Queued
  /** Sends nothing more, ends the request under way, gives up what waits, and lets go of connections. */
  readonly close: () => Promise<void>
}

/** As text: the value alone, or with the id by which a reader can tell whether it came twice. */
export const textOf =
  (hasIds: boolean) =>
  ({ id, key, json }: Entry): string =>
    hasIds ? `{"id":${JSON.stringify(id)},"key":${JSON.stringify(key)},"value":${json}}` : json
