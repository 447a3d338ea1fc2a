/**
 * What policies would have cost: every life of a recording under every candidate, the lives in the order of time, so that it
 * can be said what a crash of the whole worker would bring again. The memory does not depend on the length of the recording.
 */
import * as Heap from '../../core/Heap'
import * as Recording from '../Recording'
import * as Again from './Again'
import * as Candidate from './Candidate'
import { Contest, type Collected, type Outcome } from './Contest'
import * as Trial from './Trial'

export interface Stops {
  readonly count: number
  /** Milliseconds. */
  readonly median: number
  readonly worst: number
}

export interface Figures {
  readonly checkpoints: Trial.Checkpoints
  readonly again: Again.Again
  /** null: no stop is in the recording. */
  readonly stops: Stops | null
}

export interface Shard {
  readonly stream: string | null
  readonly shard: string
  readonly lives: number
  readonly records: number
  /** One for each candidate. */
  readonly figures: ReadonlyArray<Figures>
}

export interface Plan {
  readonly candidates: ReadonlyArray<Candidate.Candidate>
  readonly shards: ReadonlyArray<Shard>
  /** All shards together; `age` is that of a shard that is not idle. */
  readonly total: ReadonlyArray<Figures>
  readonly records: number
  /** Of the wall clock, in milliseconds. */
  readonly from: number
  readonly to: number
  /** Milliseconds in which at least one shard was being consumed. */
  readonly elapsed: number
  /** The policies that were in force, without repetitions, the newest one last. */
  readonly inForce: ReadonlyArray<Required<Candidate.Change>>
  /** What is missing in the recording, a sentence each; empty: it is complete. */
  readonly missing: ReadonlyArray<string>
  /** Why the figures of the policy in force are an estimate, too; empty: they are exact. */
  readonly inexact: ReadonlyArray<string>
}

/** A life as it is read. */
export interface Source {
  readonly header: Recording.Header
  /** No part is missing before the last one that is there. */
  readonly isWhole: boolean
  /** The last entry is `Closed`. */
  readonly entries: () => Iterator<ReadonlyArray<Recording.Entry>, void>
}

export interface Progress {
  readonly records: number
}

/** Where the reading of a life is. */
interface Cursor {
  readonly life: Source
  readonly contest: Contest
  readonly entries: Iterator<ReadonlyArray<Recording.Entry>, void>
  block: ReadonlyArray<Recording.Entry>
  at: number
  /** The wall clock's time of the entry before. */
  time: number
  isLive: boolean
}

const INCOMPLETE = 'the recording is not complete'

/** As many entries are read between two looks at the clock and the signals. */
const BREATH = 20_000

const nameOf = ({ header: { stream, shard, life } }: Source): string =>
  `${stream === null ? '' : `${stream} `}${shard}, life ${life}`

class Run {
  readonly #sums: ReadonlyArray<Again.Sum>
  readonly #byShard = new Map<
    string,
    { readonly lives: Array<Cursor>; readonly spreads: ReadonlyArray<Again.Spreads> }
  >()
  readonly #missing: Array<string> = []
  readonly #inexact: Array<string> = []
  /** The wall clock's; null: nothing has happened yet. */
  #clock: number | null = null
  #live = 0
  #elapsed = 0
  #from = Infinity
  #to = -Infinity
  readonly #cursors: ReadonlyArray<Cursor>

  constructor(
    lives: ReadonlyArray<Source>,
    private readonly candidates: ReadonlyArray<Candidate.Candidate>
  ) {
    this.#sums = candidates.map(() => new Again.Sum())
    this.#cursors = lives.map((life) => this.#cursor(life))
  }

  #cursor(life: Source): Cursor {
    const { stream, shard, started, sampling } = life.header
    const key = JSON.stringify([stream, shard])
    const known = this.#byShard.get(key) ?? { lives: [], spreads: this.candidates.map(() => Again.spreads()) }
    this.#byShard.set(key, known)
    const collected: ReadonlyArray<Collected> = this.#sums.flatMap((sum, i) => {
      const spreads = known.spreads[i]
      return spreads === undefined ? [] : [{ spreads, sum }]
    })
    const contest = new Contest(life.header, this.candidates, collected, life.isWhole && sampling === 1)
    const cursor: Cursor = {
      life,
      contest,
      entries: life.entries(),
      block: [],
      at: 0,
      time: started.wall,
      isLive: false
    }
    known.lives.push(cursor)
    return cursor
  }

  /** Every cursor by the time of what comes next in it. */
  *run(): Generator<Progress, Plan> {
    let queue: Heap.Heap<Cursor> | null = null
    for (const cursor of this.#cursors) queue = Heap.add(queue, cursor.time, cursor)
    let taken = 0
    while (queue !== null) {
      const cursor = queue.value
      queue = Heap.rest(queue)
      const until = queue?.key ?? Infinity
      let next = this.#next(cursor)
      while (next <= until && next < Infinity) {
        this.#take(cursor, next)
        next = this.#next(cursor)
        taken += 1
        if (taken % BREATH === 0) yield { records: this.#records() }
      }
      if (next < Infinity) queue = Heap.add(queue, next, cursor)
      else this.#end(cursor)
    }
    return lacking(this.#plan(), this.#missing)
  }

  // -- time -----------------------------------------------------------------------------------------------------------

  #pass(time: number): void {
    this.#clock ??= time
    const passed = time - this.#clock
    if (passed <= 0) return
    this.#clock = time
    if (this.#live === 0) return
    this.#elapsed += passed
    for (const sum of this.#sums) sum.advance(passed)
  }

  /** When something happens in the life next; Infinity: it is over. */
  #next(cursor: Cursor): number {
    while (cursor.at >= cursor.block.length) {
      const { done, value } = cursor.entries.next()
      if (done === true) return Infinity
      cursor.block = value
      cursor.at = 0
    }
    const entry = cursor.block[cursor.at]
    const { header } = cursor.life
    const due = Recording.wallOf(header, cursor.contest.due())
    const time =
      entry?._tag === 'Took' && 'now' in entry.input
        ? Math.max(cursor.time, Recording.wallOf(header, entry.input.now))
        : cursor.time
    return Math.min(due, time)
  }

  #take(cursor: Cursor, time: number): void {
    const { contest, life } = cursor
    if (!cursor.isLive) {
      cursor.isLive = true
      this.#live += 1
      this.#from = Math.min(this.#from, time)
    }
    this.#pass(time)
    this.#to = Math.max(this.#to, time)
    const due = contest.due()
    if (due < Infinity && Recording.wallOf(life.header, due) <= time) return contest.answer(due)
    cursor.time = Math.max(cursor.time, time)
    const entry = cursor.block[cursor.at]
    cursor.at += 1
    if (entry !== undefined) this.#enter(cursor, entry)
  }

  #enter({ contest, life }: Cursor, entry: Recording.Entry): void {
    switch (entry._tag) {
      case 'Took':
        return contest.take(entry.input)
      case 'Wrote':
        return contest.wrote(entry.reply)
      case 'Gap':
        this.#missing.push(
          `${nameOf(life)}: ${entry.records > 0 ? `about ${entry.records} records are missing` : 'something is missing'} (${entry.why})`
        )
        return contest.gap()
      case 'Closed':
        return this.#closed(life, contest, entry)
    }
  }

  #closed(life: Source, contest: Contest, { complete, dropped, damage }: Recording.Closed): void {
    const name = nameOf(life)
    const { sampling, kclts } = life.header
    contest.end()
    if (damage !== null) this.#missing.push(`${name}: ${damage}`)
    else if (!life.isWhole) this.#missing.push(`${name}: its first parts are missing`)
    else if (dropped > 0) this.#missing.push(`${name}: ${dropped} records were dropped while it was recorded`)
    else if (!complete) this.#missing.push(`${name}: its end is missing`)
    if (sampling < 1)
      this.#inexact.push(
        `${name}: only ${sampling * 100} % of the partition keys were recorded, and their records alone are counted`
      )
    else if (complete && contest.divergence !== null)
      this.#inexact.push(
        `${name}: the session of this kclts differs from the recorded one of kclts ${kclts}: ${contest.divergence}`
      )
  }

  #end(cursor: Cursor): void {
    if (cursor.isLive) this.#live -= 1
    cursor.isLive = false
  }

  // -- what came of it ------------------------------------------------------------------------------------------------

  #records(): number {
    return this.#cursors.reduce((sum, { contest }) => sum + contest.records, 0)
  }

  #plan(): Plan {
    const shards = [...this.#byShard.values()].map(({ lives, spreads }) => shardOf(lives, spreads))
    return {
      candidates: this.candidates,
      shards,
      total: this.candidates.map((_, i) => this.#total(i)),
      records: this.#records(),
      from: this.#from,
      to: this.#to,
      elapsed: this.#elapsed,
      inForce: inForce(this.#cursors.map(({ life }) => life)),
      missing: this.#missing,
      inexact: this.#inexact
    }
  }

  #total(index: number): Figures {
    const outcomes = this.#cursors.flatMap(({ contest }) => contest.outcomes()[index] ?? [])
    const spreads = this.#sums[index]?.spreads ?? Again.spreads()
    for (const shard of this.#byShard.values()) {
      const one = shard.spreads[index]
      // An idle shard would make the age of the others look small.
      if (one !== undefined && shard.lives.some(({ contest }) => contest.records > 0))
        spreads.age.absorb(one.age)
    }
    return figuresOf(outcomes, spreads)
  }
}

const stopsOf = (times: ReadonlyArray<number>): Stops | null => {
  const sorted = [...times].sort((one, other) => one - other)
  const worst = sorted[sorted.length - 1]
  const median = sorted[Math.floor((sorted.length - 1) / 2)]
  return worst === undefined || median === undefined ? null : { count: sorted.length, median, worst }
}

const figuresOf = (outcomes: ReadonlyArray<Outcome>, spreads: Again.Spreads): Figures => ({
  checkpoints: outcomes.reduce((sum, { checkpoints }) => Trial.add(sum, checkpoints), Trial.none),
  again: Again.read(spreads),
  stops: stopsOf(outcomes.flatMap(({ stops }) => stops))
})

const shardOf = (lives: ReadonlyArray<Cursor>, spreads: ReadonlyArray<Again.Spreads>): Shard => ({
  stream: lives[0]?.life.header.stream ?? null,
  shard: lives[0]?.life.header.shard ?? '',
  lives: lives.length,
  records: lives.reduce((sum, { contest }) => sum + contest.records, 0),
  figures: spreads.map((one, i) =>
    figuresOf(
      lives.flatMap(({ contest }) => contest.outcomes()[i] ?? []),
      one
    )
  )
})

const inForce = (lives: ReadonlyArray<Source>): ReadonlyArray<Required<Candidate.Change>> => {
  const byTime = [...lives].sort((one, other) => one.header.started.wall - other.header.started.wall)
  const found = new Map<string, Required<Candidate.Change>>()
  for (const { header } of byTime) {
    const settings = Candidate.settingsOf(header.env)
    const key = JSON.stringify(settings)
    found.delete(key)
    found.set(key, settings)
  }
  return [...found.values()]
}

/** The plan of a recording in which this is missing. */
export const lacking = (plan: Plan, missing: ReadonlyArray<string>): Plan => ({
  ...plan,
  missing,
  inexact:
    missing.length === 0 || plan.inexact.includes(INCOMPLETE) ? plan.inexact : [INCOMPLETE, ...plan.inexact]
})

/** The policy in force, and these. Yields now and then, so that the caller can show how far it is and stop it. */
export const run = (
  lives: ReadonlyArray<Source>,
  others: ReadonlyArray<Candidate.Candidate>
): Generator<Progress, Plan> => new Run(lives, [Candidate.NOW, ...others]).run()
