/**
 * The records joined to the conversation (protocol/Child): what a session wants of it, what its outputs mean for the
 * session, and how a session ends.
 */
import type * as Action from '../protocol/Action'
import * as Child from '../protocol/Child'
import * as ChildInput from '../protocol/ChildInput'
import type * as ChildOutput from '../protocol/ChildOutput'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Position from '../protocol/Position'
import * as Slot from '../protocol/Slot'
import * as Batch from './Batch'
import * as Effect from './Effect'
import * as Failure from './Failure'
import type { Mark } from './Progress'
import { after, handledCount, updated, where, type Env, type Rules, type State, type Step } from './State'

export const MAX_REFUSED = 5

export const childOf = ({ shutdownDeadline, shardEndDeadline }: Env): Rules['child'] =>
  Child.step({
    backoff: { first: 200, most: 10_000 },
    shutdownDeadline,
    shardEndDeadline,
    maxRefused: MAX_REFUSED
  })

// -- checkpoints ------------------------------------------------------------------------------------------------------

const isAbove = (mark: Mark, request: Slot.Request | null): boolean =>
  request === null || (request.target !== null && Position.compare(mark, request.target) > 0)

/** Asks for a checkpoint at the mark. One that is covered already changes nothing. */
export const want = (rules: Rules, child: Child.State, mark: Mark | null, now: number): Child.State => {
  if (mark === null) return child
  const { acknowledged, inFlight, wanted } = child.slot
  const isNew = acknowledged === null || Position.compare(mark, acknowledged) > 0
  if (!isNew || !isAbove(mark, inFlight) || !isAbove(mark, wanted)) return child
  const { sequenceNumber, subSequenceNumber } = mark
  const request = ChildInput.wants(mark.ordinal, Position.make(sequenceNumber, subSequenceNumber), now)
  return rules.child(child, request)[0]
}

/** Asks for the checkpoint that ends the shard. */
export const wantEnd = (rules: Rules, state: State, now: number): Child.State =>
  rules.child(state.child, ChildInput.wants(handledCount(state), null, now))[0]

/** A checkpoint at the end of the longest finished prefix: for a stop and a halt only. */
export const atWatermark = (rules: Rules, state: State, now: number): Child.State =>
  want(rules, state.child, state.progress.watermark, now)

// -- the conversation -------------------------------------------------------------------------------------------------

/** Something happens to the conversation: what follows of it, and when to look again. */
export const converse = (rules: Rules, before: State, input: ChildInput.Input): Step => {
  const [child, outputs] = rules.child(before.child, input)
  const state = updated(before, before.batch, before.progress, child)
  const [reached, effects] = outputs.length === 0 ? [state, Effect.none] : follow(state, outputs)
  const at = 'now' in input ? nextDeadline(reached, input.now) : Infinity
  return at === Infinity ? [reached, effects] : [reached, [...effects, Effect.wait(at)]]
}

/** The earliest time at which something of the open action is to be done: a retry, a deadline, a checkpoint. */
const nextDeadline = ({ batch, child }: State, now: number): number =>
  Math.min(batch === null ? Infinity : Batch.nextDeadline(batch, now), Child.nextDeadline(child))

/** The status of the open action, with the checkpoint that may go. */
export const answer = (rules: Rules, state: State, now: number): Step =>
  converse(rules, state, ChildInput.mayAnswer(now))

const follow = (before: State, outputs: ReadonlyArray<ChildOutput.Output>): Step => {
  const effects: Array<Effect.Effect> = []
  let state = before
  let last: Settled | null = null
  for (const output of outputs)
    switch (output._tag) {
      case 'Say':
        if (last !== null && isGivenUp(last)) effects.push(unstopped(state, last))
        effects.push(Effect.write(output.reply))
        break
      case 'Settled':
        last = output
        if (output.outcome === 'Stored') state = { ...state, covered: output.request.id }
        break
      case 'Leave':
        return after(effects, depart(state, output.reason, last))
      case 'Opened':
      case 'Failed':
        break
    }
  return [state, effects]
}

type Settled = ChildOutput.Output & { readonly _tag: 'Settled' }

/** Its deadline has passed. */
const isGivenUp = ({ outcome, error }: Settled): boolean =>
  outcome === 'Lost' && Slot.verdict(error) !== 'Fenced'

const attempts = ({ child }: State, { request }: Settled): Effect.LogFields => ({
  wanted: Slot.target(request),
  attempts: child.slot.failures
})

const unstopped = ({ child }: State, { request }: Settled): Effect.Effect =>
  Effect.log(
    'warn',
    'the last checkpoint was not stored by checkpoint.shutdownDeadline; the records after the previous checkpoint come again',
    { wanted: Slot.target(request), attempts: child.slot.failures }
  )

// -- the answer to a checkpoint ---------------------------------------------------------------------------------------

export const answered = (
  rules: Rules,
  state: State,
  input: ChildInput.Input & { readonly _tag: 'Received' },
  action: Action.Checkpointed
): Step => {
  const { inFlight, acknowledged } = state.child.slot
  const verdict = Slot.verdict(action.error)
  if (verdict === 'Stored' || inFlight === null || !Slot.isAnswerTo(inFlight, action))
    return converse(rules, state, input)
  const about = {
    error: action.error,
    requested: Slot.target(inFlight),
    acknowledged: acknowledged === null ? 'none' : Position.show(acknowledged)
  }
  switch (verdict) {
    case 'Retry':
      return after(
        [Effect.log('warn', 'checkpoint failed and will be tried again', about)],
        converse(rules, state, input)
      )
    case 'Fenced':
      return after(
        [Effect.log('warn', 'another worker has the lease; waiting for the daemon to end this shard', about)],
        fenced(rules, state, input)
      )
    case 'Refused':
      return after(
        [Effect.log('error', 'checkpoint refused and dropped', about)],
        converse(rules, state, input)
      )
  }
}

const fenced = (
  rules: Rules,
  state: State,
  input: ChildInput.Input & { readonly _tag: 'Received' }
): Step => {
  const { batch } = state
  const unrun = state.unrun + (batch === null ? 0 : Batch.unfinished(batch))
  const [shut, effects] = converse(rules, { ...state, batch: null, unrun }, input)
  return after([...callOff(batch), ...effects], answer(rules, shut, input.now))
}

/** Running handlers are stopped, and outputs in progress are not needed any more: another run brings both. */
const callOff = (batch: Batch.Batch | null): ReadonlyArray<Effect.Effect> =>
  batch === null
    ? Effect.none
    : [
        ...Batch.tickets(batch).map(Effect.abort),
        ...(Batch.isDelivering(batch) ? [Effect.recall] : Effect.none)
      ]

// -- the end ----------------------------------------------------------------------------------------------------------

const depart = (state: State, reason: ChildOutput.Reason, last: Settled | null): Step => {
  switch (reason._tag) {
    case 'OutOfTurn':
      return leave(state, 3, `the daemon sent ${reason.action} out of turn`, { open: reason.open })
    case 'NotAsked':
      return leave(state, 3, 'the daemon answered a checkpoint that was not requested', {
        asked: Slot.target(reason.asked),
        answered: String(reason.answered)
      })
    case 'Refused':
      return leave(state, 1, `${MAX_REFUSED} checkpoints in a row were refused`)
    case 'Unended':
      return last !== null && isGivenUp(last)
        ? leave(
            state,
            1,
            'the checkpoint that ends the shard was not stored by checkpoint.shardEndDeadline; exiting without a status, so that another worker can end the shard',
            attempts(state, last)
          )
        : leave(state, 1, 'the checkpoint that ends the shard was refused; exiting without a status')
    case 'Halted':
      return last !== null && isGivenUp(last)
        ? leave(state, 1, 'the last checkpoint was not stored by the deadline', attempts(state, last))
        : leave(state, 1)
    case 'Closed':
      return reason.open === null
        ? leave(state, 0)
        : leave(state, 3, `stdin ended in the middle of ${reason.open}; it is not acknowledged`)
  }
}

/** Why a session halts. */
export interface Cause {
  readonly reason: string
  readonly record: KinesisRecord | null
  readonly failure: Failure.Failure | null
}

/**
 * Stops the session for a reason: checkpoints what is finished, waits for the answer, leaves without a status.
 * Outside an action nothing may be written, so there it leaves at once; a fenced session is always there.
 */
export const halt = (rules: Rules, state: State, now: number, { reason, record, failure }: Cause): Step => {
  if (state.child.turn._tag === 'Halting') return [state, Effect.none]
  const why = [
    ...callOff(state.batch),
    Effect.log('error', `halting: ${reason}`, {
      ...(record === null ? {} : where(record)),
      ...(failure === null ? {} : failureFields(Failure.show(failure), failure))
    })
  ]
  const halting: State = { ...state, batch: null, child: atWatermark(rules, state, now) }
  return after(why, converse(rules, halting, ChildInput.halts(now)))
}

/** The session is over: what is at work need not go on. */
export const leave = (
  state: State,
  code: Effect.ExitCode,
  problem?: string,
  fields: Effect.LogFields = {}
): Step => [
  { ...state, child: Child.over(state.child), batch: null },
  [
    ...callOff(state.batch),
    ...(problem === undefined ? [] : [Effect.log('error', problem, fields)]),
    Effect.exit(code)
  ]
]

export const failureFields = (reason: string, failure: Failure.Failure | null): Effect.LogFields =>
  failure === null ? { reason } : { reason, stack: failure.stack }
