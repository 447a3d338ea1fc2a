/** The state of one shard's session, its settings (Env), and what follows from the state. */
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
  /** How often a failed attempt of an effectful handler is repeated. A pure handler would fail again. */
  readonly retries: number
  /** The wait before the first retry; it doubles, jittered, up to MAX_RETRY_WAIT. */
  readonly backoff: number
  /** How long one attempt of an effectful handler may take. */
  readonly deadline: number
  /** How many handlers may run, and how many records may have outputs in progress, at the same time. */
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
  /** The daemon has asked for a stop: the worker stops, or the lease goes to another one. */
  readonly stopAsked: boolean
  /** Records acknowledged without having been run, by a fenced or draining session: another run gets them. */
  readonly unrun: number
  readonly skipped: number
  readonly deadLetters: number
  /** The rejects and failures since the last record that finished. */
  readonly streak: Streak.Streak
  /** Whether a warning about a handler that returned undefined was logged. */
  readonly warned: boolean
}

/**
 * The next state and the effects. If the input was an answer of a handler, also its verdict, and how many records it is for.
 * Without a verdict it was `ack`, for one record or for the whole row: most answers are, and a longer tuple costs time. If the
 * state has not changed, the answer came too late and does not count.
 */
export type Step = readonly [
  state: State,
  effects: ReadonlyArray<Effect.Effect>,
  verdict?: Verdict,
  times?: number
]

export const heard = (step: Step, verdict: Verdict, times = 1): Step => [step[0], step[1], verdict, times]

/** A step that changes nothing. */
export const ignored = (state: State): Step => [state, Effect.none]

export const initial: State = {
  child: Child.initial,
  shardId: '',
  batch: null,
  progress: Progress.initial(0),
  covered: 0,
  draining: false,
  stopAsked: false,
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

/** The index of the record to run now; -1: there is none, or it is not time yet. */
export const next = (state: State): number =>
  state.batch !== null && !state.draining ? Batch.next(state.batch) : -1

/** How many records, from the one that `next` gives, may run one after the other before the session gets their answers. */
export const row = ({ batch }: State): number =>
  batch?.flight === null ? batch.records.length - batch.prefix : 1

/** The indices of the records that the handler gets now: several for a batch handler, one for others, or none. */
export const group = (state: State): ReadonlyArray<number> => {
  if (state.batch !== null && state.batch.group !== null)
    return state.draining ? [] : Batch.group(state.batch)
  const index = next(state)
  return index < 0 ? [] : [index]
}

/** The number of the next attempt (1, 2 ...) on the record that `next` or `group` gives. */
export const attemptOf = (state: State, index: number): number =>
  state.batch === null ? 1 : Batch.attemptOf(state.batch, index)

/** The number of records that are dealt with so far, including dead letters and skipped records. */
export const handledCount = (state: State): number =>
  Progress.finishedCount(state.progress) + Progress.heldCount(state.progress)

/** How many records would be delivered again after a crash now. */
export const replayCount = (state: State): number => handledCount(state) - state.covered

/** The environment and what follows from it, computed once. */
export interface Rules extends Env {
  readonly progress: Progress.Rules
  readonly child: ReturnType<typeof Child.step>
}

/** The fields are written out, since a spread of this many fields takes ten times as long, and this is done for each record and batch. */
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
  stopAsked: state.stopAsked,
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
