/** One shard of the host: a session on the pipes of its relay. */
import * as Batch from '../core/Batch'
import type { ExitCode, Level, LogFields } from '../core/Effect'
import * as Child from '../protocol/Child'
import type { Position } from '../protocol/Position'
import * as Session from '../core/Session'
import * as Clock from '../run/Clock'
import * as Connection from '../edge/Connection'
import type { Prepared } from '../edge/Startup'
import * as Meter from '../run/Meter'
import type * as Calls from './Calls'
import type * as Memory from './Memory'
import type * as Pipes from './Pipes'
import type { ShardStatus } from './ShardStatus'

export interface Options {
  readonly prepared: Pick<Prepared, 'env' | 'resource'>
  readonly calls: Calls.Calls
  readonly pipes: Pipes.Pipes
  /** The process id of the relay. */
  readonly relay: number
  readonly thread: number
  readonly memory: Memory.Memory
  readonly log: (level: Level, message: string, fields: LogFields) => void
  /** A checkpoint at this position was acknowledged, or the session starts from it. */
  readonly onCheckpoint: (shardId: string, position: Position) => void
  /** It is over, and reads no more. `reason`: the last error that it logged. Called once, last. */
  readonly onEnd: (shardId: string, code: ExitCode, reason: string) => void
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

/** What is not in the session's state: when its parts came to be. */
interface Times {
  open: Child.Open | null
  openedAt: number
  checkpoint: Position | null
  checkpointed: Clock.Time | null
  triedAgain: number
}

export const start = (options: Options): Shard => {
  const { prepared, calls, pipes, memory, onCheckpoint } = options
  let reason = ''
  const times: Times = { open: null, openedAt: 0, checkpoint: null, checkpointed: null, triedAgain: 0 }
  let told: Session.State = Session.initial
  let toldPending = 0

  const account = memory.open(pipes.input)
  const meter = Meter.make()
  const connection = Connection.open({
    ...prepared,
    ...calls.code,
    input: pipes.input,
    write: pipes.write,
    admit: calls.admit,
    observe: (input, step, before) => {
      meter.observe(input, step, before)
      calls.observe(input, step, before)
    },
    onRead: () => {
      if (Session.phaseOf(interpreter.state()) === 'Exited') return
      account.hold(pending())
      observe()
    },
    log: (level, message, fields) => {
      if (level === 'error') reason = withCause(message, fields)
      options.log(level, message, fields)
    },
    onExit: (code) => {
      calls.end()
      account.close()
      options.onEnd(interpreter.state().shardId, code, reason)
    }
  })
  const { interpreter, pending } = connection
  calls.follow(interpreter.state, interpreter.resume)

  /** Every action, and every answer to a checkpoint, comes with bytes. */
  const observe = (): void => {
    const { child, shardId } = interpreter.state()
    const open = Child.openOf(child)
    if (open !== times.open) {
      times.open = open
      times.openedAt = Clock.monotonic()
    }
    const { acknowledged, sent } = child.slot
    if (acknowledged === null || acknowledged === times.checkpoint) return
    times.checkpoint = acknowledged
    if (sent > 0) times.checkpointed = Clock.time()
    onCheckpoint(shardId, acknowledged)
  }
  /** A time that has passed does no harm: what moved later counts. */
  const triedAgain = ({ batch }: Session.State): Pick<ShardStatus, 'triedAgain'> => {
    const at = batch === null ? null : Batch.triedAgain(batch, prepared.env.deadline)
    times.triedAgain = Math.max(times.triedAgain, at ?? 0)
    return times.triedAgain === 0 ? {} : { triedAgain: times.triedAgain }
  }
  const status = (state: Session.State): ShardStatus => {
    const { slot, turn } = state.child
    const open = Child.openOf(state.child)
    return {
      shardId: state.shardId,
      thread: options.thread,
      relay: options.relay,
      phase: Session.phaseOf(state),
      isDraining: state.draining,
      isFenced: turn._tag === 'Fenced',
      watermark: bare(state.progress.watermark),
      checkpoint: bare(slot.acknowledged),
      checkpointedAt: times.checkpointed?.wall ?? null,
      checkpointedTick: times.checkpointed?.monotonic ?? null,
      replay: Session.replayCount(state),
      handled: Session.handledCount(state),
      skipped: state.skipped,
      deadLetters: state.deadLetters,
      checkpointsSent: slot.sent,
      checkpointsCoalesced: slot.coalesced,
      checkpointsFailed: slot.failed,
      millisBehindLatest: interpreter.millisBehindLatest(),
      open: open === null ? null : { action: open.name, since: times.openedAt },
      ...triedAgain(state),
      waiting: state.batch === null ? 0 : state.batch.records.length - state.batch.prefix,
      pending: pending(),
      counts: meter.counts()
    }
  }

  return {
    drain: interpreter.drain,
    crash: interpreter.crashed,
    close: () => interpreter.end(pending()),
    change: () => {
      const state = interpreter.state()
      if (state === told && pending() === toldPending) return null
      told = state
      toldPending = pending()
      return status(state)
    }
  }
}

const bare = (position: Position | null): Position | null =>
  position === null
    ? null
    : { sequenceNumber: position.sequenceNumber, subSequenceNumber: position.subSequenceNumber }

const withCause = (message: string, { reason }: LogFields): string =>
  typeof reason === 'string' ? `${message}: ${reason}` : message
