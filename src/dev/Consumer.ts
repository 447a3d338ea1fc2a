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
import type { Open } from './Link'
import * as SequenceNumber from './SequenceNumber'
import type { Shard } from './Shard'
import type { Stream } from './Stream'
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
  /** The child is gone, in the middle of whatever it does. */
  readonly kill: () => void
  readonly crashed: (thrown: unknown) => void
}

/** KCL's `idleTimeBetweenReadsInMillis`: so often an idle shard is given an empty batch. */
const IDLE_MS = 1000
/** So often the input is looked at for more. */
const POLL_MS = 100

const lineOf = (position: Position.Position | null): number =>
  position === null ? 0 : SequenceNumber.lineOf(position.sequenceNumber)

const codeOf = (code: number | null): 1 | 2 | 3 => (code === 1 || code === 2 ? code : 3)

/** `Closing`: stdin is closed, and this is what it means when the child leaves. */
type Phase =
  | { readonly _tag: 'Running' }
  | { readonly _tag: 'Closing'; readonly ending: Ending }
  | { readonly _tag: 'Over' }

export const start = (shard: Shard, context: Context, onOver: (ending: Ending) => void): Consumer => {
  const { clock, stream } = context
  const { id } = shard
  const from = context.stored(id)
  const position = from === 'SHARD_END' ? null : from
  let course = Course.start(Math.max(shard.after, lineOf(position)))
  let phase: Phase = { _tag: 'Running' }
  let spokeAt = 0
  let cancel = (): void => undefined

  const end = (): void => {
    phase = { _tag: 'Over' }
    cancel()
    conversation.end()
    context.count(id, (tally) => Tally.left(tally, conversation.link.session()))
  }

  const over = (ending: Ending): void => {
    if (phase._tag === 'Over') return
    end()
    onOver(ending)
  }

  const fail = (code: 1 | 2 | 3, problem: string): void => {
    conversation.link.kill()
    over({ _tag: 'Failed', code, problem: `${id}: ${problem}` })
  }

  const say = (action: Action.Said): void => {
    spokeAt = clock.now()
    conversation.say(action)
  }

  const close = (ending: Ending): void => {
    phase = { _tag: 'Closing', ending }
    conversation.link.close()
  }

  // --- what the child says ---

  const left = (code: number | null, during: Action.Name | null): void => {
    if (phase._tag === 'Closing') return over(phase.ending)
    fail(
      codeOf(code),
      code === 1
        ? 'the child halted; its log says why'
        : `the child left ${during === null ? 'between actions' : `in the middle of ${during}`} with code ${code ?? 'none'}`
    )
  }

  const write = (stored: Lease.Stored): string | null => {
    if (context.faults.throttles(id, context.tally(id).asked)) return 'ThrottlingException'
    if (stored === null) return null
    const saved = context.store(id, stored)
    if (E.isLeft(saved)) {
      context.log('error', saved.left, { shard: id })
      // What DynamoDB's failures are for a child.
      return 'KinesisClientLibDependencyException'
    }
    // A child that halts leaves the batch unanswered, and what it finished of it checkpointed.
    if (stored !== 'SHARD_END') consumed(lineOf(stored))
    return null
  }

  const stores = ({ verdict }: Daemon.Stores): string | null => {
    const fault = verdict._tag === 'Writes' ? write(Lease.storedAt(verdict.place)) : null
    const failed = fault !== null || verdict._tag === 'Refused' ? 1 : 0
    context.count(id, (tally) => ({ ...tally, asked: tally.asked + 1, failed: tally.failed + failed }))
    return fault
  }

  const answered = (meaning: Action.Meaning): void => {
    if (meaning === 'processRecords') batchDone()
    // A stop does not end a child: the daemon then gives up the lease.
    soon(meaning === 'shutdownRequested' ? () => say(Action.leaseLost) : proceed)
  }

  const closes = (meaning: Action.Meaning): void => {
    if (meaning === 'leaseLost')
      return close(
        course.isLosing && !course.isStopping
          ? { _tag: 'LeaseLost' }
          : { _tag: 'Stopped', isAll: course.isAll }
      )
    if (Daemon.stored(conversation.state()) === 'SHARD_END') return close({ _tag: 'ShardEnded' })
    fail(3, "the application didn't checkpoint at the end of the shard")
  }

  const consumed = (upTo: number): void =>
    context.count(id, (tally) => Tally.consumed(tally, course.batch, upTo))

  /** A batch of a child that lost its lease, or that drains, was acknowledged without having been run whole. */
  const batchDone = (): void => {
    if (!conversation.state().lease.isHeld) return
    const watermark = conversation.link.session()?.progress.watermark ?? null
    consumed(course.isDrained ? lineOf(watermark) : Infinity)
  }

  // --- what the daemon says next ---

  const soon = (then: () => void): void =>
    clock.soon(() => {
      if (phase._tag !== 'Over') then()
    })

  const proceed = (): void => {
    if (conversation.state()._tag !== 'Quiet' || phase._tag !== 'Running') return
    const fetch = (after: number) => stream.fetch(shard, after, context.batch)
    const [following, turn] = Course.next(shard, course, fetch, isFinished)
    course = following
    switch (turn._tag) {
      case 'LoseLease':
        return lose()
      case 'AskToStop':
        return say(Action.shutdownRequested)
      case 'Deliver':
        return deliver(turn.records, turn.lines)
      case 'EndShard':
        return say(Action.shardEnded)
      case 'Stop':
        return stop()
      case 'Idle':
        return idle()
      case 'ReadOn':
        return soon(proceed)
    }
  }

  const isFinished = (): boolean => {
    const { records, isEnd, isIdle } = stream.fetch(shard, course.line, 1)
    return records.length === 0 && (isEnd || isIdle) && (conversation.link.session()?.passed ?? 0) === 0
  }

  const deliver = (records: ReadonlyArray<KinesisRecord>, lines: ReadonlyArray<number>): void => {
    const arrival = records.at(-1)?.approximateArrivalTimestamp ?? null
    const { batches, lostAt } = context.tally(id)
    // A shard loses its lease only past where it lost it before: it always gets on.
    const fault = (lines.at(-1) ?? 0) > lostAt ? context.faults.loses(id, batches) : null
    course = { ...course, isLosing: fault !== null }
    if (fault === 'Stolen') conversation.taken()
    context.count(id, (tally) => Tally.delivered(tally, lines))
    const behind = arrival === null ? null : Math.max(0, Math.floor(clock.wall() - arrival))
    say(Action.processRecords(records, behind))
    context.onDelivered(records.length)
  }

  const lose = (): void => {
    context.count(id, (tally) => ({
      ...tally,
      leasesLost: tally.leasesLost + 1,
      lostAt: Math.max(tally.lostAt, course.batch.at(-1) ?? 0)
    }))
    context.log('info', 'taking the lease away', { shard: id, during: !conversation.state().lease.isHeld })
    say(Action.leaseLost)
  }

  const idle = (): void => {
    cancel = clock.later(POLL_MS, () => {
      if (phase._tag === 'Over') return
      if (clock.now() - spokeAt < IDLE_MS) return proceed()
      course = { ...course, batch: [] }
      say(Action.processRecords([], 0))
    })
  }

  const stop = (): void => {
    if (course.isStopping) return
    course = { ...course, isStopping: true }
    cancel()
    soon(proceed)
  }

  const drain = (): void => {
    const { state, link } = conversation
    const now = state()
    const isInBatch = now._tag === 'Awaiting' && now.action.meaning === 'processRecords'
    course = { ...course, isDrained: course.isDrained || isInBatch }
    link.drain()
    stop()
  }

  const conversation = Conversation.begin(id, context.open, clock, {
    stores,
    answered,
    closes,
    failed: (problem) => fail(3, Daemon.showProblem(problem)),
    skipped: (line) =>
      context.log('info', 'skipping unexpected line from the child', { shard: id, line: line.slice(0, 200) }),
    left
  })
  say(Action.initialize(id, position?.sequenceNumber ?? 'TRIM_HORIZON', position?.subSequenceNumber ?? 0))
  return {
    stop: drain,
    kill: () => {
      conversation.link.kill()
      end()
    },
    crashed: conversation.link.crashed
  }
}
