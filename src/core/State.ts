/** The state of one shard's session, its settings (Env), and what can be read off the state. */
import * as Child from '../protocol/Child'
import * as Batch from './Batch'
import * as Effect from './Effect'
import type { Filter } from './Filter'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import type { Policy } from './Policy'
import * as Progress from './Progress'
import * as Streak from './Streak'
import type { Verdict } from './Verdict'

/** What the configuration and the handler's module say. All times in milliseconds. */
export interface Env extends Streak.Limits {
  readonly policy: Policy
  readonly onShutdown: boolean
  readonly shutdownDeadline: number
  readonly shardEndDeadline: number
  /** What happens to a record that was rejected or failed. */
  readonly onFailure: 'dead-letter' | 'skip' | 'halt'
  /** How often an attempt of an effectful handler that failed is made again. A pure one would fail again. */
  readonly retries: number
  /** The wait before the first retry; it doubles, jittered, up to MAX_RETRY_WAIT. */
  readonly backoff: number
  /** How long one attempt of an effectful handler may take. */
  readonly deadline: number
  /** Handlers at work, and records whose outputs are under way, at the same time. */
  readonly limits: Batch.Limits
  /** How many records a batch handler gets at once; null: the handler takes one. */
  readonly group: Batch.Group | null
  /** Which records the handler does not get; absent where it gets all of them. */
  readonly filter?: Filter
  /** How the handler is called in messages, such as its file. */
  readonly handlerName: string
  readonly handlerVersion: string | null
  /** The name of the stream; absent where it is not known. */
  readonly stream?: string
}

export interface State {
  /** The conversation with the daemon. */
  readonly child: Child.State
  readonly shardId: string
  readonly batch: Batch.Batch | null
  readonly progress: Progress.Progress
  /** Records of this session that the last stored checkpoint covers. */
  readonly covered: number
  /** The worker is stopping: begin no further record. */
  readonly draining: boolean
  /** Records acknowledged without having been run, by a fenced or draining session: another run gets them. */
  readonly unrun: number
  readonly skipped: number
  readonly deadLetters: number
  /** The rejects and failures since the last record that finished. */
  readonly streak: Streak.Streak
  /** Whether a handler that returned undefined was warned of. */
  readonly warned: boolean
}

/**
 * The state that follows, and what is to be done. Where answers of a handler were heard also what they were taken for, and
 * how often. Without a verdict it was `ack`, once or for the whole row (most are, and a longer tuple costs time), unless the
 * state is the same as before: an answer that comes too late is not heard, and counts nowhere.
 */
export type Step = readonly [
  state: State,
  effects: ReadonlyArray<Effect.Effect>,
  verdict?: Verdict,
  times?: number
]

export const heard = (step: Step, verdict: Verdict, times = 1): Step => [step[0], step[1], verdict, times]

/** What changes nothing. */
export const ignored = (state: State): Step => [state, Effect.none]

export const initial: State = {
  child: Child.initial,
  shardId: '',
  batch: null,
  progress: Progress.initial(0),
  covered: 0,
  draining: false,
  unrun: 0,
  skipped: 0,
  deadLetters: 0,
  streak: Streak.none,
  warned: false
}

export type Phase = 'Starting' | 'Running' | 'Ended' | 'Halting' | 'Exited'

export const phaseOf = ({ child: { turn } }: State): Phase => {
  switch (turn._tag) {
    case 'Starting':
    case 'Ended':
    case 'Halting':
      return turn._tag
    case 'Idle':
    case 'Answering':
    case 'Closing':
    case 'Fenced':
      return 'Running'
    case 'Over':
      return 'Exited'
  }
}

/** The index of the record to run now, or -1: there is none, or it is not the time. */
export const next = (state: State): number =>
  state.batch !== null && !state.draining ? Batch.next(state.batch) : -1

/** How many records may run one after the other, from the one that `next` named, before the session hears of them. */
export const row = ({ batch }: State): number =>
  batch?.flight === null ? batch.records.length - batch.prefix : 1

/** The indices of the records that the handler gets now: several for a batch handler, one for others, or none. */
export const group = (state: State): ReadonlyArray<number> => {
  if (state.batch !== null && state.batch.group !== null)
    return state.draining ? [] : Batch.group(state.batch)
  const index = next(state)
  return index < 0 ? [] : [index]
}

/** Which attempt it will be when the record that `next` or `group` named is run now: 1, 2 ... */
export const attemptOf = (state: State, index: number): number =>
  state.batch === null ? 1 : Batch.attemptOf(state.batch, index)

/** Records run to their end so far, dead letters and skipped ones included. */
export const handledCount = (state: State): number =>
  Progress.finishedCount(state.progress) + Progress.heldCount(state.progress)

/** How many records a crash now would bring again. */
export const replayCount = (state: State): number => handledCount(state) - state.covered

/** The environment with what follows from it, worked out once. */
export interface Rules extends Env {
  readonly progress: Progress.Rules
  readonly child: ReturnType<typeof Child.step>
}

/** Written out: a spread of this many fields takes ten times as long, and this is done for each record and each batch. */
export const updated = (
  state: State,
  batch: Batch.Batch | null,
  progress: Progress.Progress,
  child: Child.State
): State => ({
  child,
  shardId: state.shardId,
  batch,
  progress,
  covered: state.covered,
  draining: state.draining,
  unrun: state.unrun,
  skipped: state.skipped,
  deadLetters: state.deadLetters,
  streak: state.streak,
  warned: state.warned
})

export const withBatch = (state: State, batch: Batch.Batch): State =>
  updated(state, batch, state.progress, state.child)

export const after = (before: ReadonlyArray<Effect.Effect>, [state, effects]: Step): Step => [
  state,
  [...before, ...effects]
]

export const where = (record: KinesisRecord): Effect.LogFields => ({
  sequenceNumber: record.sequenceNumber,
  subSequenceNumber: record.subSequenceNumber,
  partitionKey: record.partitionKey
})
