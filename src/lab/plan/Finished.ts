/**
 * When the records of a life finished, and how large they were: what every policy looks up to say what a crash would bring
 * again. Records that finished in the same millisecond share an entry.
 */

/** Entries are numbered from 0; those that no policy looks up any more are forgotten. */
export interface Finished {
  /** Up to this many records are finished now, whose payloads have this many bytes together. */
  readonly add: (now: number, count: number, bytes: number) => void
  /** The number of the entry that has the record after the first `count`, looked for from an earlier entry on. */
  readonly after: (count: number, from: number) => number
  /** When the first record of the entry finished; undefined: there is no such entry yet. */
  readonly timeOf: (entry: number) => number | undefined
  /** The bytes of the first `count` records, the last of which is before or in the entry. */
  readonly bytesOf: (count: number, entry: number) => number
  /** No entry below it is looked up any more. */
  readonly forget: (entry: number) => void
}

/**
 * A policy that never checkpoints needs all entries. With each further 50,000 of them, the time that records of one entry
 * may lie apart doubles, so that their number hardly grows with the length of the recording.
 */
const MANY = 50_000

class Entries implements Finished {
  #times: Array<number> = []
  #counts: Array<number> = []
  #bytes: Array<number> = []
  /** The number of the first entry that is kept, and the sums of those before it. */
  #first = 0
  #before = { count: 0, bytes: 0 }

  readonly add = (now: number, count: number, bytes: number): void => {
    const { length } = this.#times
    const apart = 2 ** Math.floor(length / MANY)
    if (now - (this.#times[length - 1] ?? -Infinity) >= apart) {
      this.#times.push(now)
      this.#counts.push(count)
      this.#bytes.push(bytes)
    } else {
      this.#counts[length - 1] = count
      this.#bytes[length - 1] = bytes
    }
  }

  readonly after = (count: number, from: number): number => {
    let at = Math.max(0, from - this.#first)
    while (at < this.#counts.length && (this.#counts[at] ?? 0) <= count) at += 1
    return at + this.#first
  }

  readonly timeOf = (entry: number): number | undefined => this.#times[entry - this.#first]

  /** Within an entry all records are taken to be equally large. */
  readonly bytesOf = (count: number, entry: number): number => {
    const at = entry - this.#first
    const start = this.#counts[at - 1] ?? this.#before.count
    const before = this.#bytes[at - 1] ?? this.#before.bytes
    const [end, bytes] = [this.#counts[at], this.#bytes[at]]
    if (end === undefined || bytes === undefined || end === start) return before
    return before + ((bytes - before) * (count - start)) / (end - start)
  }

  readonly forget = (entry: number): void => {
    const many = entry - this.#first
    if (many < 1000 || many < this.#times.length / 2) return
    this.#before = { count: this.#counts[many - 1] ?? 0, bytes: this.#bytes[many - 1] ?? 0 }
    for (const list of [this.#times, this.#counts, this.#bytes]) list.splice(0, many)
    this.#first = entry
  }
}

export const make = (): Finished => new Entries()
