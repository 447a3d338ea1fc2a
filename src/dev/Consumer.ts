/** One lease on one shard: plays the daemon's side of a conversation, from `initialize` to the end of the child. */
import * as E from 'fp-ts/Either'
import * as Action from '../protocol/Action'
import type { Level, LogFields } from '../core/Effect'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Daemon from '../protocol/Daemon'
import * as Lease from '../protocol/Lease'
import type * as Position from '../protocol/Position'
import type { Clock } from '../run/Clock'
import type { Faults } from './Faults'
import * as Conversation from './Conversation'
import * as Course from './Course'
import type { Open } from './ChildHandle'
import type { Shard } from './Shard'
import type { Fetched, Stream } from './Stream'
import * as Tally from './Tally'

export interface Context {
  readonly clock: Clock
  readonly open: Open
  readonly stream: Stream
  readonly faults: Faults
  /** Records in a batch at most. */
  readonly batch: number
  readonly stored: (shardId: string) => Lease.Stored
  /** Left: why it is not on disk. */
  readonly store: (shardId: string, stored: Lease.Stored) => E.Either<string, void>
  readonly tally: (shardId: string) => Tally.Tally
  readonly count: (shardId: string, change: (tally: Tally.Tally) => Tally.Tally) => void
  readonly onDelivered: (records: number) => void
  readonly log: (level: Level, message: string, fields: LogFields) => void
}

export type Ending =
  /** Asked to, or at the end of the input; `isAll`: everything that there is was consumed. */
  | { readonly _tag: 'Stopped'; readonly isAll: boolean }
  | { readonly _tag: 'LeaseLost' }
  | { readonly _tag: 'ShardEnded' }
  /** The whole worker ends: the child left, or said what the daemon does not survive. */
  | { readonly _tag: 'Failed'; readonly code: 1 | 2 | 3; readonly problem: string }

export interface Consumer {
  /** Begins no further batch; ends as the daemon's graceful shutdown does. */
  readonly stop: () => void
  /** The child ended in the middle of its work. */
  readonly kill: () => void
  readonly crashed: (thrown: unknown) => void
}

/** KCL's `idleTimeBetweenReadsInMillis`: so often an idle shard is given an empty batch. */
const IDLE_MS = 1000
/** So often the input is looked at for more. */
const POLL_MS = 100

const codeOf = (code: number | null): 1 | 2 | 3 => (code === 1 || code === 2 ? code : 3)

/** `Closing`: stdin is closed, and this is what it means when the child leaves. */
type Phase =
  | { readonly _tag: 'Running' }
  | { readonly _tag: 'Closing'; readonly ending: Ending }
  | { readonly _tag: 'Over' }

/** How the consumer stands, its conversation, and what it does about each thing that the child says. */
class Lessee implements Consumer, Conversation.Events {
  readonly #conversation: Conversation.Conversation
  #course: Course.Course
  #phase: Phase = { _tag: 'Running' }
  #spokeAt = 0
  #cancel = (): void => undefined

  constructor(
    private readonly shard: Shard,
    private readonly context: Context,
    private readonly onOver: (ending: Ending) => void
  ) {
    const stored = context.stored(shard.id)
    const position = stored === 'SHARD_END' ? null : stored
    this.#course = Course.start(Math.max(shard.after, this.#lineOf(position)))
    this.#conversation = Conversation.begin(shard.id, context.open, context.clock, this)
    this.#say(
      Action.initialize(
        shard.id,
        position?.sequenceNumber ?? 'TRIM_HORIZON',
        position?.subSequenceNumber ?? 0
      )
    )
  }

  // --- what the worker asks for ---

  stop(): void {
    const { link } = this.#conversation
    const now = this.#conversation.state()
    const isInBatch = now._tag === 'Awaiting' && now.action.meaning === 'processRecords'
    this.#course = { ...this.#course, isDrained: this.#course.isDrained || isInBatch }
    link.drain()
    this.#stop()
  }

  kill(): void {
    this.#conversation.link.kill()
    this.#end()
  }

  crashed(thrown: unknown): void {
    this.#conversation.link.crashed(thrown)
  }

  // --- what the child says ---

  stores({ verdict }: Daemon.Stores): string | null {
    const fault = verdict._tag === 'Writes' ? this.#write(Lease.storedAt(verdict.place)) : null
    const failed = fault !== null || verdict._tag === 'Refused' ? 1 : 0
    this.#count((tally) => ({ ...tally, asked: tally.asked + 1, failed: tally.failed + failed }))
    return fault
  }

  answered(meaning: Action.Meaning): void {
    if (meaning === 'processRecords') this.#batchDone()
    // A stop does not end a child: the daemon then gives up the lease.
    this.#soon(() => (meaning === 'shutdownRequested' ? this.#say(Action.leaseLost) : this.#proceed()))
  }

  closes(meaning: Action.Meaning): void {
    const { isLosing, isStopping, isAll } = this.#course
    if (meaning === 'leaseLost')
      return this.#close(isLosing && !isStopping ? { _tag: 'LeaseLost' } : { _tag: 'Stopped', isAll })
    if (Daemon.stored(this.#conversation.state()) === 'SHARD_END') return this.#close({ _tag: 'ShardEnded' })
    this.#fail(3, "the application didn't checkpoint at the end of the shard")
  }

  failed(problem: Daemon.Problem): void {
    this.#fail(3, Daemon.showProblem(problem))
  }

  skipped(line: string): void {
    this.context.log('info', 'skipping unexpected line from the child', {
      shard: this.shard.id,
      line: line.slice(0, 200)
    })
  }

  left(code: number | null, during: Action.Name | null): void {
    if (this.#phase._tag === 'Closing') return this.#over(this.#phase.ending)
    this.#fail(
      codeOf(code),
      code === 1
        ? 'the child halted; its log says why'
        : `the child left ${during === null ? 'between actions' : `in the middle of ${during}`} with code ${code ?? 'none'}`
    )
  }

  // --- checkpoints and their results ---

  #write(stored: Lease.Stored): string | null {
    const { faults, tally, store, log } = this.context
    const { id } = this.shard
    if (faults.throttles(id, tally(id).asked)) return 'ThrottlingException'
    if (stored === null) return null
    const saved = store(id, stored)
    if (E.isLeft(saved)) {
      log('error', saved.left, { shard: id })
      // What DynamoDB's failures are for a child.
      return 'KinesisClientLibDependencyException'
    }
    // A child that halts leaves the batch unanswered, and what it finished of it checkpointed.
    if (stored !== 'SHARD_END') this.#consumed(this.#lineOf(stored))
    return null
  }

  /** A batch of a child that lost its lease, or that drains, was acknowledged without having been run whole. */
  #batchDone(): void {
    if (!this.#conversation.state().lease.isHeld) return
    const watermark = this.#conversation.link.session()?.progress.watermark ?? null
    this.#consumed(this.#course.isDrained ? this.#lineOf(watermark) : Infinity)
  }

  #consumed(upTo: number): void {
    this.#count((tally) => Tally.consumed(tally, this.#course.batch, upTo))
  }

  #lineOf(position: Position.Position | null): number {
    return position === null ? 0 : this.context.stream.lineOf(this.shard.id, position)
  }

  #count(change: (tally: Tally.Tally) => Tally.Tally): void {
    this.context.count(this.shard.id, change)
  }

  // --- what the daemon says next ---

  #say(action: Action.Answerable): void {
    this.#spokeAt = this.context.clock.now()
    this.#conversation.say(action)
  }

  #soon(then: () => void): void {
    this.context.clock.soon(() => {
      if (this.#phase._tag !== 'Over') then()
    })
  }

  readonly #proceed = (): void => {
    if (this.#conversation.state()._tag !== 'Idle' || this.#phase._tag !== 'Running') return
    const fetch = (after: number) => this.#fetch(after, this.context.batch)
    const [following, turn] = Course.next(this.#course, fetch, () => this.#isFinished())
    this.#course = following
    switch (turn._tag) {
      case 'LoseLease':
        return this.#lose()
      case 'AskToStop':
        return this.#say(Action.shutdownRequested)
      case 'Deliver':
        return this.#deliver(turn.records, turn.lines)
      case 'EndShard':
        return this.#say(Action.shardEnded)
      case 'Stop':
        return this.#stop()
      case 'Idle':
        return this.#idle()
      case 'ReadOn':
        return this.#soon(this.#proceed)
    }
  }

  #fetch(after: number, count: number): Fetched {
    return this.context.stream.fetch(this.shard, after, count)
  }

  #isFinished(): boolean {
    const { records, isEnd, isIdle } = this.#fetch(this.#course.line, 1)
    const unrun = this.#conversation.link.session()?.unrun ?? 0
    return records.length === 0 && (isEnd || isIdle) && unrun === 0
  }

  #deliver(records: ReadonlyArray<KinesisRecord>, lines: ReadonlyArray<number>): void {
    const { clock, faults, tally, onDelivered } = this.context
    const { id } = this.shard
    const arrival = records.at(-1)?.approximateArrivalTimestamp ?? null
    const { batches, lostAt } = tally(id)
    // A shard loses its lease only past where it lost it before: it always gets on.
    const fault = (lines.at(-1) ?? 0) > lostAt ? faults.loses(id, batches) : null
    this.#course = { ...this.#course, isLosing: fault !== null }
    if (fault === 'Stolen') this.#conversation.taken()
    this.#count((before) => Tally.delivered(before, lines))
    const behind = arrival === null ? null : Math.max(0, Math.floor(clock.wall() - arrival))
    this.#say(Action.processRecords(records, behind))
    onDelivered(records.length)
  }

  #lose(): void {
    this.#count((tally) => ({
      ...tally,
      leasesLost: tally.leasesLost + 1,
      lostAt: Math.max(tally.lostAt, this.#course.batch.at(-1) ?? 0)
    }))
    this.context.log('info', 'taking the lease away', {
      shard: this.shard.id,
      during: !this.#conversation.state().lease.isHeld
    })
    this.#say(Action.leaseLost)
  }

  #idle(): void {
    const { clock } = this.context
    this.#cancel = clock.later(POLL_MS, () => {
      if (this.#phase._tag === 'Over') return
      if (clock.now() - this.#spokeAt < IDLE_MS) return this.#proceed()
      this.#course = { ...this.#course, batch: [] }
      this.#say(Action.processRecords([], 0))
    })
  }

  #stop(): void {
    if (this.#course.isStopping) return
    this.#course = { ...this.#course, isStopping: true }
    this.#cancel()
    this.#soon(this.#proceed)
  }

  // --- its end ---

  #close(ending: Ending): void {
    this.#phase = { _tag: 'Closing', ending }
    this.#conversation.link.close()
  }

  #fail(code: 1 | 2 | 3, problem: string): void {
    this.#conversation.link.kill()
    this.#over({ _tag: 'Failed', code, problem: `${this.shard.id}: ${problem}` })
  }

  #over(ending: Ending): void {
    if (this.#phase._tag === 'Over') return
    this.#end()
    this.onOver(ending)
  }

  #end(): void {
    this.#phase = { _tag: 'Over' }
    this.#cancel()
    this.#conversation.end()
    this.#count((tally) => Tally.left(tally, this.#conversation.link.session()))
  }
}

export const start = (shard: Shard, context: Context, onOver: (ending: Ending) => void): Consumer =>
  new Lessee(shard, context, onOver)
