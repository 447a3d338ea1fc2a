/** One shard of the host: a session on the pipes of its relay. */
import * as Batch from '../core/Batch'
import type { ExitCode, Level, LogFields } from '../core/Effect'
import * as Child from '../protocol/Child'
import type { Position } from '../protocol/Position'
import * as Session from '../core/Session'
import * as Streak from '../core/Streak'
import * as Clock from '../run/Clock'
import * as Collector from '../edge/Collector'
import * as Connection from '../edge/Connection'
import type { Prepared } from '../edge/Startup'
import * as Meter from '../run/Meter'
import type * as Calls from './Calls'
import type * as Memory from './Memory'
import type * as Pipes from './Pipes'
import type { ShardStatus } from './ShardStatus'

export interface Options {
  readonly prepared: Pick<Prepared, 'env' | 'resource' | 'tracing'>
  readonly calls: Calls.Calls
  readonly pipes: Pipes.Pipes
  /** The process id of the relay. */
  readonly relay: number
  readonly thread: number
  readonly memory: Memory.Memory
  readonly log: (level: Level, message: string, fields: LogFields) => void
  /** Records the session; undefined: nothing does. */
  readonly record: Meter.Observe | undefined
  /** A checkpoint at this position was acknowledged, or the session starts from it. */
  readonly onCheckpoint: (shardId: string, position: Position) => void
  /** It is over, and reads no more. `reason`: the last error that it logged. Called once. */
  readonly onEnd: (shardId: string, code: ExitCode, reason: string) => void
  /** No handler of the shard runs any more. Called once, last: handlers that were asked to stop are waited for. */
  readonly onHandlersEnded: () => void
}

export interface Shard {
  /** Begin no further record. */
  readonly drain: () => void
  /** User code failed outside a record. */
  readonly crash: (thrown: unknown) => void
  /** The daemon is gone: the session ends now. */
  readonly close: () => void
  /** null: nothing has changed since it was last asked for. */
  readonly change: () => ShardStatus | null
}

/** Calls back at the second read of a session: what comes after `initialize` is work. */
const atWork = (then: () => void): (() => void) => {
  let reads = 0
  return () => {
    reads += 1
    if (reads === 2) then()
  }
}

/** What is not in the session's state: when its parts came to be. */
class Moments {
  readonly #read = atWork(Collector.letGrow)
  #open: Child.Open | null = null
  #openedAt = 0
  #heardAt = 0
  #checkpoint: Position | null = null
  #checkpointed: Clock.Time | null = null
  #triedAgain = 0

  constructor(private readonly onCheckpoint: Options['onCheckpoint']) {}

  /** Every action, and every answer to a checkpoint, comes with bytes. */
  observe({ child, shardId }: Session.State): void {
    this.#read()
    this.#heardAt = Clock.monotonic()
    const open = Child.openOf(child)
    if (open !== this.#open) {
      this.#open = open
      this.#openedAt = this.#heardAt
    }
    const { acknowledged, sent } = child.slot
    if (acknowledged === null || acknowledged === this.#checkpoint) return
    this.#checkpoint = acknowledged
    if (sent > 0) this.#checkpointed = Clock.time()
    this.onCheckpoint(shardId, acknowledged)
  }

  /** The part of the status that says when. `deadline`: that of an effect. */
  of({ child, batch }: Session.State, deadline: number): OfMoments {
    const open = Child.openOf(child)
    const at = batch === null ? null : Batch.triedAgain(batch, deadline)
    // A time that has passed does no harm: what moved later counts.
    this.#triedAgain = Math.max(this.#triedAgain, at ?? 0)
    return {
      checkpointedAt: this.#checkpointed?.wall ?? null,
      checkpointedTick: this.#checkpointed?.monotonic ?? null,
      open: open === null ? null : { action: open.name, since: this.#openedAt },
      ...(this.#heardAt === 0 ? {} : { heardAt: this.#heardAt }),
      ...(this.#triedAgain === 0 ? {} : { triedAgain: this.#triedAgain })
    }
  }
}

type OfMoments = Pick<ShardStatus, 'checkpointedAt' | 'checkpointedTick' | 'open' | 'heardAt' | 'triedAgain'>

type OfSession = Omit<
  ShardStatus,
  keyof OfMoments | 'thread' | 'relay' | 'millisBehindLatest' | 'pending' | 'counts'
>

const ofSession = (state: Session.State): OfSession => {
  const { slot, turn } = state.child
  return {
    shardId: state.shardId,
    phase: Session.phaseOf(state),
    isDraining: state.draining,
    isFenced: turn._tag === 'Fenced',
    watermark: bare(state.progress.watermark),
    checkpoint: bare(slot.acknowledged),
    replay: Session.replayCount(state),
    handled: Session.handledCount(state),
    skipped: state.skipped,
    deadLetters: state.deadLetters,
    bad: Streak.length(state.streak),
    suspicions: state.streak.suspicions,
    checkpointsSent: slot.sent,
    checkpointsCoalesced: slot.coalesced,
    checkpointsFailed: slot.failed,
    waiting: state.batch === null ? 0 : state.batch.records.length - state.batch.prefix
  }
}

export const start = (options: Options): Shard => {
  const { prepared, calls, pipes, thread, relay, record } = options
  let reason = ''
  let reported: Session.State = Session.initial
  let reportedPending = 0

  const account = options.memory.open(pipes.input)
  const moments = new Moments(options.onCheckpoint)
  const meter = Meter.make()
  const { interpreter, pending } = Connection.open({
    ...prepared,
    ...calls.code,
    input: pipes.input,
    write: pipes.write,
    admit: calls.admit,
    observe: (input, step, before) => {
      meter.observe(input, step, before)
      calls.observe(input, step, before)
      record?.(input, step, before)
    },
    onRead: () => {
      const state = interpreter.state()
      if (Session.phaseOf(state) === 'Exited') return
      account.hold(pending())
      moments.observe(state)
    },
    log: (level, message, fields) => {
      if (level === 'error') reason = withCause(message, fields)
      options.log(level, message, fields)
    },
    onExit: (code) => {
      account.close()
      options.onEnd(interpreter.state().shardId, code, reason)
      calls.end(options.onHandlersEnded)
    }
  })
  calls.follow(interpreter.state, interpreter.resume)

  return {
    drain: interpreter.drain,
    crash: interpreter.crashed,
    close: () => interpreter.end(pending()),
    change: () => {
      const state = interpreter.state()
      if (state === reported && pending() === reportedPending) return null
      reported = state
      reportedPending = pending()
      return {
        ...ofSession(state),
        ...moments.of(state, prepared.env.deadline),
        thread,
        relay,
        millisBehindLatest: interpreter.millisBehindLatest(),
        pending: reportedPending,
        counts: meter.counts()
      }
    }
  }
}

const bare = (position: Position | null): Position | null =>
  position === null
    ? null
    : { sequenceNumber: position.sequenceNumber, subSequenceNumber: position.subSequenceNumber }

const withCause = (message: string, { reason }: LogFields): string =>
  typeof reason === 'string' ? `${message}: ${reason}` : message
