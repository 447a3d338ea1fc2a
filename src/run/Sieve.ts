/** The filter of one session at work: it looks at each record of a batch once, before the handler gets it. */
import * as Filter from '../core/Filter'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import type * as Session from '../core/Session'

export class Sieve {
  #batch: NonNullable<Session.State['batch']>['records'] | null = null
  /** The records of the batch that passed: a retry is not dropped, however old its record is by then. */
  readonly #passed = new Set<number>()

  /** @param wall milliseconds since 1970 */
  constructor(
    private readonly filter: Filter.Filter,
    private readonly wall: () => number
  ) {}

  /** Why the record is dropped; null: the handler gets it. */
  dropOf({ batch }: Session.State, index: number, record: KinesisRecord): Filter.Drop | null {
    if (batch !== null && batch.records !== this.#batch) {
      this.#batch = batch.records
      this.#passed.clear()
    }
    if (this.#passed.has(index)) return null
    const drop = Filter.dropOf(this.filter, record, this.wall)
    if (drop === null) this.#passed.add(index)
    return drop
  }
}
