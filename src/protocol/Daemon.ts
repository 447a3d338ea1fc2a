/**
 * Amazon's half of the conversation with one child, as a fold: it says one action, reads replies until the status,
 * answers each checkpoint before it reads on, and reads nothing in between. It waits without a limit unless
 * `timeoutInSeconds` is set.
 *
 * Source: KCL 3.1.3, MultiLangProtocol and MultiLangShardRecordProcessor; what a line means is in `wire/Heard`, what a
 * checkpoint stores in `Lease`.
 */
import * as Action from './Action'
import type { KinesisRecords } from './KinesisRecords'
import * as Lease from './Lease'
import type * as Reply from './Reply'
import * as Heard from './wire/Heard'

export type State =
  /** No action is unanswered: what the child prints stays in its pipe. */
  | { readonly _tag: 'Idle'; readonly lease: Lease.Lease }
  | { readonly _tag: 'Awaiting'; readonly action: Awaited; readonly lease: Lease.Lease }
  /** `checkpoint` is writing to the lease table; the child hears of it before anything else is read. */
  | {
      readonly _tag: 'Storing'
      readonly action: Awaited
      readonly request: Reply.Checkpoint
      readonly verdict: Lease.Verdict
      readonly lease: Lease.Lease
    }
  /** Stdin is closed. `childProcessShutdownSequence` waits for the child's exit, without a limit. */
  | { readonly _tag: 'Closed'; readonly lease: Lease.Lease }

/** The action whose status is awaited. */
export interface Awaited {
  readonly name: Action.Name
  readonly meaning: Action.Meaning
}

export type Input =
  | { readonly _tag: 'Say'; readonly action: Action.Answerable }
  /** A line of the child's stdout, without its newline. */
  | { readonly _tag: 'Hear'; readonly line: string }
  /** The result of the write to the lease table: null, or the simple name of the exception. It wins over the verdict. */
  | { readonly _tag: 'Settle'; readonly fault: string | null }
  /** Another worker takes the lease. */
  | { readonly _tag: 'Taken' }
  /** The child closed its stdout, or is gone. */
  | { readonly _tag: 'Left' }
  /** `timeoutInSeconds` passed without a message. */
  | { readonly _tag: 'TimedOut' }

export type Output =
  /** This has no effect now: a line stays unread until an action is unanswered. */
  | { readonly _tag: 'Waits' }
  | { readonly _tag: 'Says'; readonly action: Action.Action }
  /** No message, or one that children do not send. */
  | { readonly _tag: 'Skips' }
  | Stores
  | { readonly _tag: 'Answered'; readonly meaning: Action.Meaning }
  /** A failed stop is logged, and `leaseLost` follows as after a good one. */
  | { readonly _tag: 'Failed'; readonly problem: Problem }
  /** Closes stdin. ShutdownTask throws once a second for ever if a shard that ended is not at its end. */
  | { readonly _tag: 'Closes'; readonly meaning: Last; readonly isEnded: boolean }
  /** Closes stdin and, once the child is gone, ends the daemon with all its shards. */
  | { readonly _tag: 'Dies'; readonly problem: Problem }

/** Writes to the lease table if the verdict says so; then `Settle`. */
export interface Stores {
  readonly _tag: 'Stores'
  readonly during: Action.Name
  readonly request: Reply.Checkpoint
  readonly verdict: Lease.Verdict
}

/** The last action of a conversation. */
type Last = 'leaseLost' | 'shardEnded'

/** What ends a wait for a status: `waitForStatusMessage` and `validateStatusMessage`. */
export type Problem =
  | { readonly _tag: 'WrongStatus'; readonly action: Awaited; readonly responseFor: string | null }
  /** `readValue("null")` is null, which an Optional does not take. */
  | { readonly _tag: 'PrintedNull' }
  | { readonly _tag: 'LeftEarly' }
  /** `Runtime.halt(1)`: no hook runs, and other children hear nothing but the end of their stdin. */
  | { readonly _tag: 'TookTooLong' }

export const say = (action: Action.Answerable): Input => ({ _tag: 'Say', action })
export const hear = (line: string): Input => ({ _tag: 'Hear', line })
export const settle = (fault: string | null): Input => ({ _tag: 'Settle', fault })
export const taken: Input = { _tag: 'Taken' }
export const left: Input = { _tag: 'Left' }
export const timedOut: Input = { _tag: 'TimedOut' }

export type Step = readonly [State, Output]

const WAITS: Output = { _tag: 'Waits' }
const SKIPS: Output = { _tag: 'Skips' }

/** Before `initialize`, which brings the position that the lease table has. */
export const initial: State = {
  _tag: 'Idle',
  lease: Lease.acquire({ sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 })
}

export const step = (state: State, input: Input): Step => {
  switch (input._tag) {
    case 'Say':
      return state._tag === 'Idle' ? said(state.lease, input.action) : [state, WAITS]
    case 'Hear':
      return state._tag === 'Awaiting' ? heard(state, Heard.of(input.line)) : [state, WAITS]
    case 'Settle':
      return state._tag === 'Storing' ? settled(state, input.fault) : [state, WAITS]
    case 'Taken':
      return [{ ...state, lease: Lease.lose(state.lease) }, WAITS]
    case 'Left':
      return gone(state, { _tag: 'LeftEarly' })
    case 'TimedOut':
      return gone(state, { _tag: 'TookTooLong' })
  }
}

const said = (lease: Lease.Lease, action: Action.Answerable): Step => [
  {
    _tag: 'Awaiting',
    action: { name: Action.nameOf(action), meaning: Action.meaningOf(action) },
    lease: leaseAt(lease, action)
  },
  { _tag: 'Says', action }
]

const leaseAt = (lease: Lease.Lease, action: Action.Answerable): Lease.Lease => {
  switch (action._tag) {
    case 'Initialize':
      return Lease.acquire({
        sequenceNumber: action.sequenceNumber ?? 'TRIM_HORIZON',
        subSequenceNumber: action.subSequenceNumber ?? 0
      })
    case 'ProcessRecords':
      return Lease.deliver(lease, lastOf(action.records))
    case 'LeaseLost':
    case 'ShardEnded':
    case 'ShutdownRequested':
    case 'Shutdown':
      return Action.meaningOf(action) === 'shardEnded' ? Lease.reachEnd(lease) : lease
  }
}

const lastOf = (records: KinesisRecords): Lease.Place | undefined =>
  records.length === 0 ? undefined : records.at(records.length - 1)

type Awaiting = Extract<State, { readonly _tag: 'Awaiting' }>
type Storing = Extract<State, { readonly _tag: 'Storing' }>

const heard = (state: Awaiting, message: Heard.Heard): Step => {
  switch (message._tag) {
    case 'Nothing':
      return [state, SKIPS]
    case 'Null':
      return failed(state, { _tag: 'PrintedNull' })
    case 'Status':
      return message.responseFor === state.action.name
        ? answered(state)
        : failed(state, { _tag: 'WrongStatus', action: state.action, responseFor: message.responseFor })
    case 'Checkpoint':
      return asked(state, message)
  }
}

/** `initialize` and `leaseLost` are given no checkpointer. */
const asked = ({ action, lease }: Awaiting, request: Reply.Checkpoint): Step => {
  const verdict: Lease.Verdict =
    action.meaning === 'initialize' || action.meaning === 'leaseLost'
      ? { _tag: 'Refused', error: 'InvalidStateException' }
      : Lease.judge(lease, request)
  return [
    { _tag: 'Storing', action, request, verdict, lease },
    { _tag: 'Stores', during: action.name, request, verdict }
  ]
}

/** A failed checkpoint does not fail the action: what to do is the child's to decide. */
const settled = ({ action, request, verdict, lease }: Storing, fault: string | null): Step => {
  const error = fault ?? (verdict._tag === 'Refused' ? verdict.error : null)
  const written = error === null && verdict._tag === 'Writes' ? { ...lease, last: verdict.place } : lease
  return [
    { _tag: 'Awaiting', action, lease: error === 'ShutdownException' ? Lease.lose(lease) : written },
    { _tag: 'Says', action: Action.checkpointed(request.sequenceNumber, request.subSequenceNumber, error) }
  ]
}

const answered = ({ action: { meaning }, lease }: Awaiting): Step =>
  meaning === 'leaseLost' || meaning === 'shardEnded'
    ? [
        { _tag: 'Closed', lease },
        { _tag: 'Closes', meaning, isEnded: Lease.isEnded(lease) }
      ]
    : [
        { _tag: 'Idle', lease },
        { _tag: 'Answered', meaning }
      ]

/** `stopProcessing`; but a failed `shutdownRequested` is only logged. */
const failed = ({ action, lease }: Awaiting | Storing, problem: Problem): Step =>
  action.meaning === 'shutdownRequested'
    ? [
        { _tag: 'Idle', lease },
        { _tag: 'Failed', problem }
      ]
    : [
        { _tag: 'Closed', lease },
        { _tag: 'Dies', problem }
      ]

/** A child that leaves between actions is missed when the next one is said. */
const gone = (state: State, problem: Problem): Step =>
  state._tag === 'Awaiting' || state._tag === 'Storing' ? failed(state, problem) : [state, WAITS]

export const stored = ({ lease }: State): Lease.Stored => Lease.stored(lease)

export const showProblem = (problem: Problem): string => {
  switch (problem._tag) {
    case 'WrongStatus':
      return `the child answered ${problem.action.name} with a status for ${problem.responseFor ?? 'nothing'}`
    case 'PrintedNull':
      return "the child printed null, which ends Amazon's daemon"
    case 'LeftEarly':
      return 'the child exited before its answer'
    case 'TookTooLong':
      return 'the child took too long to answer'
  }
}
