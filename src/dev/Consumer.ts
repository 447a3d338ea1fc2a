/**
 * One lease on one shard: plays the daemon's side of a conversation, from `initialize` to the end of the child.
 *
 * It does what MultiLangProtocol and MultiLangShardRecordProcessor do: says one action, reads replies until the
 * status, answers each checkpoint before it reads on, reads nothing between actions, skips a line that Jackson
 * would not take, and waits without a limit.
 */
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../protocol/wire/Action'
import * as ReplyCodec from '../protocol/wire/Reply'
import * as Action from '../protocol/Action'
import type { Level, LogFields } from '../core/Effect'
import * as Position from '../protocol/Position'
import type * as Reply from '../protocol/Reply'
import type { Clock } from '../run/Clock'
import type { Faults } from './Faults'
import * as Lease from './Lease'
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

/** A line that KCL takes for a message and stumbles over: `readValue("null")` is null. */
const DEADLY = 'null'

const lineOf = (position: Position.Position | null): number =>
  position === null ? 0 : SequenceNumber.lineOf(position.sequenceNumber)

const codeOf = (code: number | null): 1 | 2 | 3 => (code === 1 || code === 2 ? code : 3)

export const start = (shard: Shard, context: Context, onOver: (ending: Ending) => void): Consumer => {
  const { clock, stream } = context
  const { id } = shard
  const unread: Array<string> = []
  let lease = Lease.acquire(context.stored(id))
  /** Everything up to this line has been delivered on this lease. */
  let line = Math.max(shard.after, lineOf(lease.delivered))
  let batch: ReadonlyArray<number> = []
  let awaiting: Action.Name | null = null
  let isStopping = false
  let isLosing = false
  let isDrained = false
  /** Whether the child has finished everything that there was when the stream was last asked. */
  let isAll = false
  /** Set when stdin is closed: what it means when the child leaves. */
  let ending: Ending | null = null
  let closed: { readonly code: number | null } | null = null
  let isOver = false
  let spokeAt = 0
  let cancel = (): void => undefined

  const over = (how: Ending): void => {
    if (isOver) return
    isOver = true
    cancel()
    context.count(id, (tally) => Tally.left(tally, link.session()))
    onOver(how)
  }

  const fail = (code: 1 | 2 | 3, problem: string): void => {
    link.kill()
    over({ _tag: 'Failed', code, problem: `${id}: ${problem}` })
  }

  const soon = (then: () => void): void =>
    clock.soon(() => {
      if (!isOver) then()
    })

  const send = (action: Action.Action, name: Action.Name): void => {
    awaiting = name
    spokeAt = clock.now()
    link.send(ActionCodec.encode(action))
  }

  const close = (how: Ending): void => {
    ending = how
    link.close()
  }

  // --- what the child says ---

  const pump = (): void => {
    while (awaiting !== null && !isOver) {
      const text = unread.shift()
      if (text === undefined) break
      read(awaiting, text)
    }
    if (closed !== null && !isOver) left(closed.code)
  }

  const left = (code: number | null): void => {
    if (ending !== null) return over(ending)
    fail(
      codeOf(code),
      code === 1
        ? 'the child halted; its log says why'
        : `the child left ${awaiting === null ? 'between actions' : `in the middle of ${awaiting}`} with code ${code ?? 'none'}`
    )
  }

  const read = (during: Action.Name, text: string): void => {
    if (text.trim() === DEADLY) return fail(3, "the child printed null, which ends Amazon's daemon")
    const reply = ReplyCodec.decode(text)
    if (E.isLeft(reply))
      context.log('info', 'skipping unexpected line from the child', { shard: id, line: text.slice(0, 200) })
    else if (reply.right._tag === 'Checkpoint') checkpoint(during, reply.right)
    else if (reply.right.responseFor !== during)
      fail(3, `the child answered ${during} with a status for ${reply.right.responseFor}`)
    else answered(during)
  }

  /** The simple name of a Java exception, or null: it is stored. */
  const judge = (during: Action.Name, request: Reply.Checkpoint): string | null => {
    const verdict = Lease.checkpoint(lease, during, request)
    if (verdict._tag === 'Refused') return verdict.error
    if (context.faults.throttles(id, context.tally(id).asked)) return 'ThrottlingException'
    const saved = context.store(id, verdict.stored)
    if (E.isLeft(saved)) {
      context.log('error', saved.left, { shard: id })
      // What DynamoDB's failures are for a child.
      return 'KinesisClientLibDependencyException'
    }
    lease = { ...lease, stored: verdict.stored }
    // A child that halts leaves the batch unanswered, and what it finished of it checkpointed.
    if (verdict.stored !== null && verdict.stored !== 'SHARD_END') consumed(lineOf(verdict.stored))
    return null
  }

  const checkpoint = (during: Action.Name, request: Reply.Checkpoint): void => {
    const error = judge(during, request)
    context.count(id, (tally) => ({
      ...tally,
      asked: tally.asked + 1,
      failed: tally.failed + (error === null ? 0 : 1)
    }))
    link.send(
      ActionCodec.encode(Action.checkpointed(request.sequenceNumber, request.subSequenceNumber, error))
    )
  }

  const answered = (name: Action.Name): void => {
    awaiting = null
    switch (name) {
      case 'initialize':
        return soon(proceed)
      case 'processRecords':
        batchDone()
        return soon(proceed)
      case 'shutdownRequested':
        // It does not end a child: the daemon then gives up the lease.
        return soon(() => send(Action.leaseLost, 'leaseLost'))
      case 'leaseLost':
        return close(isLosing && !isStopping ? { _tag: 'LeaseLost' } : { _tag: 'Stopped', isAll })
      case 'shardEnded':
        return shardDone()
      case 'shutdown':
        return fail(3, 'the child answered shutdown, which was not said')
    }
  }

  const consumed = (upTo: number): void => context.count(id, (tally) => Tally.consumed(tally, batch, upTo))

  /** A batch of a child that lost its lease, or that drains, was acknowledged without having been run whole. */
  const batchDone = (): void => {
    if (lease.isStolen) return
    const watermark = link.session()?.progress.watermark ?? null
    consumed(isDrained ? lineOf(watermark) : Infinity)
  }

  const shardDone = (): void =>
    lease.stored === 'SHARD_END'
      ? close({ _tag: 'ShardEnded' })
      : fail(3, "the application didn't checkpoint at the end of the shard")

  // --- what the daemon says next ---

  const proceed = (): void => {
    if (awaiting !== null || ending !== null) return
    if (isLosing) return lose()
    if (isStopping) {
      isAll ||= isNothingLeft()
      return send(Action.shutdownRequested, 'shutdownRequested')
    }
    const fetched = stream.fetch(shard, line, context.batch)
    const { records, lines } = fetched
    line = fetched.line
    isAll = fetched.isEnd || fetched.isIdle
    if (records.length > 0) return deliver(records, lines)
    if (shard.until !== null && line >= shard.until) return send(Action.shardEnded, 'shardEnded')
    if (fetched.isEnd) return stop()
    if (fetched.isIdle) return idle()
    soon(proceed)
  }

  const isNothingLeft = (): boolean => {
    const { records, isEnd, isIdle } = stream.fetch(shard, line, 1)
    return records.length === 0 && (isEnd || isIdle) && (link.session()?.passed ?? 0) === 0
  }

  const deliver = (records: Action.ProcessRecords['records'], lines: ReadonlyArray<number>): void => {
    const last = records.length === 0 ? undefined : records.at(records.length - 1)
    const arrival = last?.approximateArrivalTimestamp ?? null
    const { batches, lostAt } = context.tally(id)
    // A shard loses its lease only past where it lost it before: it always gets on.
    const fault = (lines[lines.length - 1] ?? 0) > lostAt ? context.faults.loses(id, batches) : null
    batch = lines
    lease = {
      ...lease,
      isStolen: fault === 'Stolen',
      delivered:
        last === undefined ? lease.delivered : Position.make(last.sequenceNumber, last.subSequenceNumber)
    }
    isLosing = fault !== null
    context.count(id, (tally) => Tally.delivered(tally, lines))
    send(
      Action.processRecords(
        records,
        arrival === null ? null : Math.max(0, Math.floor(clock.wall() - arrival))
      ),
      'processRecords'
    )
    context.onDelivered(records.length)
  }

  const lose = (): void => {
    context.count(id, (tally) => ({
      ...tally,
      leasesLost: tally.leasesLost + 1,
      lostAt: Math.max(tally.lostAt, batch[batch.length - 1] ?? 0)
    }))
    context.log('info', 'taking the lease away', { shard: id, during: lease.isStolen })
    send(Action.leaseLost, 'leaseLost')
  }

  const idle = (): void => {
    cancel = clock.later(POLL_MS, () => {
      if (isOver) return
      if (clock.now() - spokeAt < IDLE_MS) return proceed()
      batch = []
      send(Action.processRecords([], 0), 'processRecords')
    })
  }

  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    cancel()
    soon(proceed)
  }

  const drain = (): void => {
    isDrained ||= awaiting === 'processRecords'
    link.drain()
    stop()
  }

  const link = context.open(id, {
    hear: (text) => {
      unread.push(text)
      soon(pump)
    },
    closed: (code) => {
      closed = { code }
      soon(pump)
    }
  })
  const { stored } = lease
  send(
    stored === null || stored === 'SHARD_END'
      ? Action.initialize(id, 'TRIM_HORIZON', 0)
      : Action.initialize(id, stored.sequenceNumber, stored.subSequenceNumber),
    'initialize'
  )
  return {
    stop: drain,
    kill: () => {
      isOver = true
      cancel()
      link.kill()
      context.count(id, (tally) => Tally.left(tally, link.session()))
    },
    crashed: link.crashed
  }
}
