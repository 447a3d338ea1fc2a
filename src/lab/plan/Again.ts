/** What a crash at any moment would bring again: the records that are finished, and that no stored checkpoint covers. */
import * as Spread from './Spread'

export interface Again {
  readonly records: Spread.Quantiles
  /** Of their payloads. */
  readonly bytes: Spread.Quantiles
  /** How long ago the first of them finished, in milliseconds; 0 at moments at which there is none. */
  readonly age: Spread.Quantiles
}

/** What is collected: of a shard over all its lives, or of all shards together. */
export type Spreads = { readonly [Key in keyof Again]: Spread.Spread }

export const spreads = (): Spreads => ({ records: Spread.make(), bytes: Spread.make(), age: Spread.make(64) })

export const read = ({ records, bytes, age }: Spreads): Again => ({
  records: records.read(),
  bytes: bytes.read(),
  age: age.read()
})

/** What the shards of a worker would bring again together. */
export class Sum {
  readonly spreads = spreads()
  #records = 0
  #bytes = 0

  readonly advance = (passed: number): void => {
    this.spreads.records.add(this.#records, passed)
    this.spreads.bytes.add(this.#bytes, passed)
  }

  readonly change = (records: number, bytes: number): void => {
    this.#records += records
    this.#bytes += bytes
    this.spreads.records.add(this.#records, 0)
    this.spreads.bytes.add(this.#bytes, 0)
  }
}

/** One life of a shard. */
export class Exposure {
  #records = 0
  #bytes = 0
  #oldest: number | null = null
  /** It begins with the first time that is known. */
  #clock: number | null = null

  constructor(
    private readonly spreads: Spreads,
    private readonly sum: Sum
  ) {}

  /** Time passes. */
  readonly advance = (now: number): void => {
    this.#clock ??= now
    const passed = now - this.#clock
    if (passed <= 0) return
    this.spreads.records.add(this.#records, passed)
    this.spreads.bytes.add(this.#bytes, passed)
    if (this.#oldest === null) this.spreads.age.add(0, passed)
    else this.spreads.age.addGrowing(this.#clock - this.#oldest, now - this.#oldest)
    this.#clock = now
  }

  /** From now on this many records would come again, the first of which finished at `oldest`; null: none would. */
  readonly set = (records: number, bytes: number, oldest: number | null): void => {
    this.#oldest = oldest
    if (records === this.#records && bytes === this.#bytes) return
    this.sum.change(records - this.#records, bytes - this.#bytes)
    this.#records = records
    this.#bytes = bytes
    this.spreads.records.add(records, 0)
    this.spreads.bytes.add(bytes, 0)
  }
}
