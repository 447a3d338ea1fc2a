/** All candidates over one life of a shard: they get the same inputs, and each has its own checkpoints. */
import * as Batch from '../../core/Batch'
import type * as Input from '../../core/Input'
import * as Session from '../../core/Session'
import * as KinesisRecord from '../../protocol/KinesisRecord'
import * as KinesisRecords from '../../protocol/KinesisRecords'
import type { Reply } from '../../protocol/Reply'
import * as Slot from '../../protocol/Slot'
import type { Header } from '../Recording'
import * as Again from './Again'
import * as Candidate from './Candidate'
import * as Finished from './Finished'
import * as Trial from './Trial'

/** What is collected of a candidate: over the lives of a shard, and over all shards. */
export interface Collected {
  readonly spreads: Again.Spreads
  readonly sum: Again.Sum
}

/** What came of a candidate in one life. */
export interface Outcome {
  readonly checkpoints: Trial.Checkpoints
  /** How long each stop took, in milliseconds. */
  readonly stops: ReadonlyArray<number>
}

/** Without an answer in the recording so far: DynamoDB usually answers within this many milliseconds. */
export const USUAL_LATENCY = 10

interface Entrant {
  readonly env: Session.Env
  trial: Trial.Trial
  exposure: Again.Exposure
  readonly collected: Collected
  done: Outcome
  covered: number
  /** The entry of `finished` that has the first record that is not covered. */
  entry: number
  bytesCovered: number
}

const noOutcome: Outcome = { checkpoints: Trial.none, stops: [] }

/** Another worker has the lease, or the session is over: a crash brings nothing again that does not come again anyway. */
const isOver = ({ child: { turn } }: Session.State): boolean =>
  turn._tag === 'Fenced' || turn._tag === 'Ended' || turn._tag === 'Over'

/** Records that finished before one in front of them, which is still in progress. */
const doneAhead = ({ batch }: Session.State): number =>
  batch === null ? 0 : batch.records.length - batch.prefix - Batch.unfinished(batch)

export class Contest {
  /** Records that came. */
  records = 0
  /** Records that finished. */
  handled = 0
  /** Why the session of this kclts replied something else than the recorded one; null: it did not. */
  divergence: string | null = null
  readonly #entrants: ReadonlyArray<Entrant>
  #finished = Finished.make()
  #finishedCount = 0
  #finishedBytes = 0
  #batch: KinesisRecords.KinesisRecords | null = null
  #batchFrom = 0
  #batchBytes = 0
  #answering: Trial.Answering = { latency: USUAL_LATENCY, error: null }
  #requested: number | null = null
  #unsaid: Array<Reply> = []
  #isFenced = false

  /**
   * @param candidates the first one is the policy in force
   * @param isExact whether the recorded answers are those of this session; if not, the first one is estimated, too
   */
  constructor(
    header: Header,
    candidates: ReadonlyArray<Candidate.Candidate>,
    collected: ReadonlyArray<Collected>,
    private isExact: boolean
  ) {
    this.#entrants = collected.map((one, index) => {
      const env = Candidate.applied(header.env, candidates[index]?.change ?? {})
      return {
        env,
        trial: this.#trial(env, index),
        exposure: new Again.Exposure(one.spreads, one.sum),
        collected: one,
        done: noOutcome,
        covered: 0,
        entry: 0,
        bytesCovered: 0
      }
    })
  }

  #trial(env: Session.Env, index: number): Trial.Trial {
    const trial = Trial.asRecorded(env)
    if (index > 0 || !this.isExact) trial.estimate(() => this.#answering)
    return trial
  }

  readonly outcomes = (): ReadonlyArray<Outcome> => this.#entrants.map(({ done }) => done)

  /** When the next answer of our own is due. */
  readonly due = (): number => {
    let due = Infinity
    for (const { trial } of this.#entrants) due = Math.min(due, trial.due())
    return due
  }

  /** Gives the answers that are due. */
  readonly answer = (now: number): void => {
    for (const entrant of this.#entrants) {
      if (entrant.trial.due() > now) continue
      entrant.exposure.advance(now)
      entrant.trial.answer()
      this.#look(entrant)
    }
  }

  readonly take = (input: Input.Input): void => {
    if ('now' in input) this.#pass(input.now)
    this.#observe(input)
    if (this.#unsaid.length > 0) this.#diverge('it replied more than was recorded')
    this.#entrants.forEach((entrant, index) => {
      if (this.#isFenced && (index > 0 || !this.isExact)) return
      entrant.trial.take(input)
      if (index === 0) this.#count(entrant.trial.state(), 'now' in input ? input.now : 0)
      this.#look(entrant)
    })
    if (this.isExact) this.#unsaid.push(...(this.#entrants[0]?.trial.replies() ?? []))
  }

  /** A reply of the recorded session to the input before. */
  readonly wrote = (reply: Reply): void => {
    if (reply._tag === 'Checkpoint') this.#requested = this.#clock
    if (!this.isExact) return
    const ours = this.#unsaid.shift()
    if (ours === undefined || JSON.stringify(ours) !== JSON.stringify(reply))
      this.#diverge('it replied something else than was recorded')
  }

  /** Something is missing: what follows is another session. */
  readonly gap = (): void => {
    this.#close()
    this.#finished = Finished.make()
    this.#finishedCount = 0
    this.#finishedBytes = 0
    this.#batch = null
    this.#unsaid = []
    this.#requested = null
    this.#isFenced = false
    this.#entrants.forEach((entrant, index) => {
      const { spreads, sum } = entrant.collected
      entrant.trial = this.#trial(entrant.env, index)
      entrant.exposure = new Again.Exposure(spreads, sum)
      Object.assign(entrant, { covered: 0, entry: 0, bytesCovered: 0 })
    })
  }

  readonly end = (): void => this.#close()

  // -- the recording --------------------------------------------------------------------------------------------------

  #clock = 0

  #pass(now: number): void {
    this.#clock = Math.max(this.#clock, now)
    for (const { exposure } of this.#entrants) exposure.advance(now)
  }

  #observe(input: Input.Input): void {
    if (input._tag !== 'Received') return
    const { action, now } = input
    if (action._tag === 'ProcessRecords') {
      this.#batch = action.records
      this.#batchFrom = this.#finishedCount
      this.#batchBytes = 0
      this.records += action.records.length
    } else if (action._tag === 'Checkpointed') {
      const verdict = Slot.verdict(action.error)
      const latency = this.#requested === null ? this.#answering.latency : now - this.#requested
      this.#answering = { latency, error: verdict === 'Retry' ? action.error : null }
      this.#requested = null
      if (verdict === 'Fenced') this.#fence()
    }
  }

  /** Another worker has the lease: no candidate could have gone on. */
  #fence(): void {
    this.#isFenced = true
    for (const { exposure } of this.#entrants) exposure.set(0, 0, null)
  }

  /** The replies differ, such as those of another version of kclts: what follows is an estimate. */
  #diverge(why: string): void {
    this.divergence ??= why
    this.#unsaid = []
    this.isExact = false
    this.#entrants[0]?.trial.estimate(() => this.#answering)
  }

  // -- what a crash would bring again ---------------------------------------------------------------------------------

  /** Which records are finished does not depend on the policy, so this is counted once. */
  #count(state: Session.State, now: number): void {
    const count = Session.handledCount(state)
    const more = count - this.#finishedCount
    if (more <= 0) return
    this.#finishedBytes += this.#bytesOf(this.#finishedCount - this.#batchFrom, more)
    // Of many shards, the records of all their last batches take much memory.
    if (state.batch === null) this.#batch = null
    this.#finishedCount = count
    this.handled += more
    this.#finished.add(now, count, this.#finishedBytes)
  }

  #bytesOf(from: number, count: number): number {
    const records = this.#batch
    if (records === null) return 0
    if (from === 0 && count === records.length) return KinesisRecords.bytes(records)
    let bytes = 0
    for (let i = from; i < from + count; i++) {
      const record = records.at(i)
      if (record !== undefined) bytes += KinesisRecord.size(record)
    }
    return bytes
  }

  #look(entrant: Entrant): void {
    const state = entrant.trial.state()
    if (this.#isFenced || isOver(state)) return entrant.exposure.set(0, 0, null)
    if (state.covered !== entrant.covered) {
      entrant.covered = state.covered
      entrant.entry = this.#finished.after(state.covered, entrant.entry)
      entrant.bytesCovered = this.#finished.bytesOf(state.covered, entrant.entry)
      this.#finished.forget(Math.min(...this.#entrants.map(({ entry }) => entry)))
    }
    const ahead = doneAhead(state)
    const behind = Session.replayCount(state)
    const records = behind + ahead
    const bytes = behind === 0 ? 0 : this.#finishedBytes - entrant.bytesCovered
    const oldest = records === 0 ? null : (this.#finished.timeOf(entrant.entry) ?? this.#clock)
    entrant.exposure.set(records, Math.round(bytes + this.#aheadBytes(ahead)), oldest)
  }

  /** Records that finished out of order are taken to be as large as others of their batch. */
  #aheadBytes(count: number): number {
    if (count === 0 || this.#batch === null) return 0
    if (this.#batchBytes === 0) this.#batchBytes = KinesisRecords.bytes(this.#batch)
    return (this.#batchBytes / this.#batch.length) * count
  }

  #close(): void {
    for (const entrant of this.#entrants) {
      entrant.trial.end()
      entrant.exposure.set(0, 0, null)
      const { checkpoints, stops } = entrant.done
      entrant.done = {
        checkpoints: Trial.add(checkpoints, entrant.trial.checkpoints()),
        stops: [...stops, ...entrant.trial.stops]
      }
    }
  }
}
