/**
 * Entries in waiting, in lanes: what is in one lane is sent strictly in order. A lane is ready, asleep after a failure,
 * or under way. Adding, picking and putting back cost the same however many wait.
 */
import type { Either } from 'fp-ts/Either'
import { Fifo } from './Fifo'
import type { Entry, GivenUp, Queued } from './Sink'

export interface Waiting {
  readonly entry: Entry
  /** Bytes that count towards the limit of a request. */
  readonly size: number
  readonly pushed: number
  readonly settle: (result: Either<GivenUp, void>) => void
  /** Aborted: it must not be sent any more. */
  readonly recalled: AbortSignal | undefined
  /** When it was first sent; null: not yet. */
  tried: number | null
}

export interface Lane {
  readonly key: string
  readonly entries: Fifo<Waiting>
  /** In a row, of the entry at its front. */
  failures: number
  /** A failed request is repeated with exactly this many entries, so that its idempotency key is the same. */
  together: number
  /** This many entries are sent one by one: one of them made their request impossible. */
  alone: number
  /** The entry at the front is sent with at most this many others, since a larger request was refused; 0: no limit. */
  part: number
}

export interface Picked {
  readonly lane: Lane
  readonly waiting: Waiting
}

interface Group {
  readonly at: number
  readonly lanes: Array<Lane>
}

const isEmpty = ({ entries }: Lane): boolean => entries.length === 0

export class Lanes {
  readonly #count: number
  readonly #bytes: number
  readonly #all = new Map<string, Lane>()
  readonly #ready = new Fifo<Lane>()
  /** By the time they wake, the soonest first. */
  #asleep: Array<Group> = []
  /** Of the entries that wait here, without those in progress. */
  #waiting = 0
  #waitingBytes = 0
  /** Of all that is not settled. */
  #queued = 0
  #queuedBytes = 0

  /**
   * `isPerKey`: a lane for each key, or what `laneOf` gives, of which one entry is under way at a time. Otherwise one
   * lane for all.
   */
  constructor(
    limits: { readonly count: number; readonly bytes: number },
    private readonly isPerKey: boolean,
    private readonly laneOf: (entry: Entry) => string = ({ key }) => key
  ) {
    this.#count = limits.count
    this.#bytes = limits.bytes
  }

  readonly queued = (): Queued => ({ count: this.#queued, bytes: this.#queuedBytes })

  readonly add = (waiting: Waiting): void => {
    const key = this.isPerKey ? this.laneOf(waiting.entry) : ''
    const lane = this.#all.get(key) ?? this.#make(key)
    lane.entries.push(waiting)
    this.#weigh(1, waiting.size)
    this.#queued += 1
    this.#queuedBytes += waiting.entry.bytes
  }

  /** When a request is due: at once (0) if it is full or a repetition, or when its first entry has lingered. */
  readonly due = (linger: number): number => {
    const first = this.#ready.peek()?.entries.peek()
    if (first === undefined) return Infinity
    return this.#isFull() || first.tried !== null ? 0 : first.pushed + linger
  }

  /** When the next lane wakes. */
  readonly nextWake = (): number => this.#asleep[0]?.at ?? Infinity

  readonly wake = (now: number): void => {
    while (this.nextWake() <= now) this.#asleep.shift()?.lanes.forEach(this.#ready.push)
  }

  /** The entries of the next request, and those that were recalled before it. The first is taken whatever its size. */
  readonly pick = (): {
    readonly picked: ReadonlyArray<Picked>
    readonly recalled: ReadonlyArray<Waiting>
  } => {
    const picked: Array<Picked> = []
    const recalled: Array<Waiting> = []
    let size = 0
    let count = this.#count
    const fits = (waiting: Waiting, { part }: Lane): boolean =>
      picked.length === 0 ||
      (picked.length < count && (part === 0 || picked.length < part) && size + waiting.size <= this.#bytes)
    for (let lane = this.#ready.peek(); lane !== undefined; lane = this.#ready.peek()) {
      const most = picked.length + this.#most(lane)
      const before = picked.length
      for (let waiting = lane.entries.peek(); waiting !== undefined; waiting = lane.entries.peek()) {
        const isRecalled = waiting.recalled?.aborted === true
        if (!isRecalled && (picked.length >= most || !fits(waiting, lane))) break
        lane.entries.shift()
        this.#weigh(-1, -waiting.size)
        if (isRecalled) {
          this.#letGo(waiting)
          recalled.push(waiting)
        } else {
          picked.push({ lane, waiting })
          size += waiting.size
          if (lane.part > 0) count = Math.min(count, lane.part)
        }
      }
      const isOver = picked.length === before
      if (isOver && !isEmpty(lane)) break
      this.#ready.shift()
      if (isOver) this.#all.delete(lane.key)
    }
    return { picked, recalled }
  }

  /** What was picked is acknowledged or given up. */
  readonly settled = ({ lane, waiting }: Picked): void => {
    this.#letGo(waiting)
    lane.alone = Math.max(0, lane.alone - 1)
    lane.part = 0
  }

  /** A lane whose entries were picked may go on, with those that failed at its front again, not before `at`. */
  readonly putBack = (lane: Lane, failed: ReadonlyArray<Waiting>, at: number): void => {
    lane.entries.putBack(failed)
    lane.together = failed.length
    for (const { size } of failed) this.#weigh(1, size)
    if (isEmpty(lane)) this.#all.delete(lane.key)
    else if (at === 0) this.#ready.push(lane)
    else this.#sleep(lane, at)
  }

  /** Removes the entries that match, when no request is in progress. Takes time in proportion to all entries. */
  readonly remove = (matches: (waiting: Waiting) => boolean): ReadonlyArray<Waiting> => {
    const removed = [...this.#all.values()].flatMap(({ entries }) => entries.remove(matches))
    for (const waiting of removed) {
      this.#letGo(waiting)
      this.#weigh(-1, -waiting.size)
    }
    for (const lane of [...this.#all.values()].filter(isEmpty)) this.#all.delete(lane.key)
    this.#ready.remove(isEmpty)
    this.#asleep = this.#asleep
      .map(({ at, lanes }) => ({ at, lanes: lanes.filter((lane) => !isEmpty(lane)) }))
      .filter(({ lanes }) => lanes.length > 0)
    return removed
  }

  #make(key: string): Lane {
    const lane: Lane = { key, entries: new Fifo(), failures: 0, together: 0, alone: 0, part: 0 }
    this.#all.set(key, lane)
    this.#ready.push(lane)
    return lane
  }

  #most({ alone, together }: Lane): number {
    if (this.isPerKey || alone > 0) return 1
    return together > 0 ? together : this.#count
  }

  #isFull(): boolean {
    return (
      (this.isPerKey ? this.#ready.length : this.#waiting) >= this.#count || this.#waitingBytes >= this.#bytes
    )
  }

  /** Lanes that failed together wake together, so the list is no longer than there are requests to repeat. */
  #sleep(lane: Lane, at: number): void {
    const later = this.#asleep.findIndex((group) => group.at >= at)
    const place = later < 0 ? this.#asleep.length : later
    const group = this.#asleep[place]
    if (group?.at === at) group.lanes.push(lane)
    else this.#asleep.splice(place, 0, { at, lanes: [lane] })
  }

  #letGo({ entry }: Waiting): void {
    this.#queued -= 1
    this.#queuedBytes -= entry.bytes
  }

  #weigh(count: number, bytes: number): void {
    this.#waiting += count
    this.#waitingBytes += bytes
  }
}
