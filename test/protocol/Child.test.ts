import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Action from '../../src/protocol/Action'
import * as Child from '../../src/protocol/Child'
import * as ChildInput from '../../src/protocol/ChildInput'
import type * as ChildOutput from '../../src/protocol/ChildOutput'
import * as Slot from '../../src/protocol/Slot'
import * as Position from '../../src/protocol/Position'
import * as Reply from '../../src/protocol/Reply'

const rules: Child.Rules = {
  backoff: { first: 200, most: 10_000 },
  shutdownDeadline: 8_000,
  shardEndDeadline: 30_000,
  maxRefused: 5
}
const step = Child.step(rules)

const nine = Position.make('9', 4)
const ten = Position.make('10', 0)

const hears = (action: Action.Action, now = 0, random = 0.5): ChildInput.Input =>
  ChildInput.received(action, now, random)
const starts = hears(Action.initialize('s', 'TRIM_HORIZON', 0))
const batch = hears(Action.processRecords([], 0))
const may = ChildInput.mayAnswer(0)
const wants = (id: number, target: Position.Position | null): ChildInput.Input =>
  ChildInput.wants(id, target, 0)
const looks = ChildInput.ticked(0)
const answers = (
  target: Position.Position | null,
  error: string | null,
  now = 0,
  random = 0.5
): ChildInput.Input =>
  hears(
    Action.checkpointed(target?.sequenceNumber ?? null, target?.subSequenceNumber ?? null, error),
    now,
    random
  )

const after = (...inputs: ReadonlyArray<ChildInput.Input>): Child.State =>
  inputs.reduce((state, input) => step(state, input)[0], Child.initial)
/** What the last of these inputs gives. */
const gives = (...inputs: ReadonlyArray<ChildInput.Input>): ReadonlyArray<ChildOutput.Output> => {
  const last = inputs[inputs.length - 1]
  return last === undefined ? [] : step(after(...inputs.slice(0, -1)), last)[1]
}

const say = (reply: Reply.Reply): ChildOutput.Output => ({ _tag: 'Say', reply })
const checkpoint = (target: Position.Position | null): ChildOutput.Output => say(Reply.checkpoint(target))
const status = (name: Action.Name): ChildOutput.Output => say(Reply.status(name))
const request = (
  id: number,
  target: Position.Position | null,
  error: string | null = null
): Slot.Request => ({ id, target, error })
const settled = (
  one: Slot.Request,
  outcome: ChildOutput.Outcome,
  error: string | null
): ChildOutput.Output => ({
  _tag: 'Settled',
  request: one,
  outcome,
  error
})
const leaves = (reason: ChildOutput.Reason): ChildOutput.Output => ({ _tag: 'Leave', reason })

const inBatch = [starts, may, batch]
/** The first is in flight. */
const sent = [...inBatch, wants(1, nine), looks]

describe('Child: an action', () => {
  it('is answered when the driver is done with it, once', () => {
    assert.deepStrictEqual(gives(starts), [
      { _tag: 'Opened', action: Action.initialize('s', 'TRIM_HORIZON', 0) }
    ])
    assert.deepStrictEqual(gives(starts, may), [status('initialize')])
    assert.deepStrictEqual(gives(starts, may, may), [])
  })

  it('of KCL 1 is opened as what it means, and answered by its own name', () => {
    const shutdown = hears(Action.shutdown('ZOMBIE'))
    assert.deepStrictEqual(gives(starts, may, shutdown), [{ _tag: 'Opened', action: Action.leaseLost }])
    assert.deepStrictEqual(gives(starts, may, shutdown, may), [status('shutdown')])
  })

  it('out of turn ends the conversation', () => {
    assert.deepStrictEqual(gives(batch), [
      leaves({ _tag: 'OutOfTurn', action: 'ProcessRecords', open: null })
    ])
    assert.deepStrictEqual(gives(...inBatch, batch), [
      leaves({ _tag: 'OutOfTurn', action: 'ProcessRecords', open: 'processRecords' })
    ])
    assert.deepStrictEqual(gives(starts, may, hears(Action.leaseLost), may, batch), [
      leaves({ _tag: 'OutOfTurn', action: 'ProcessRecords', open: null })
    ])
  })

  it('in which the pipe is closed is not acknowledged', () => {
    assert.deepStrictEqual(gives(...inBatch, ChildInput.closed), [
      leaves({ _tag: 'Closed', open: 'processRecords' })
    ])
    assert.deepStrictEqual(gives(starts, may, ChildInput.closed), [leaves({ _tag: 'Closed', open: null })])
  })
})

describe('Child: a checkpoint', () => {
  it('goes at the next look, and with the status before it', () => {
    assert.deepStrictEqual(gives(...inBatch, wants(1, nine)), [])
    assert.deepStrictEqual(gives(...inBatch, wants(1, nine), looks), [checkpoint(nine)])
    assert.deepStrictEqual(gives(...inBatch, wants(1, nine), may), [
      checkpoint(nine),
      status('processRecords')
    ])
  })

  it('waits for the next batch between two actions', () => {
    assert.deepStrictEqual(gives(...inBatch, may, wants(1, nine), looks), [])
    assert.deepStrictEqual(gives(...inBatch, may, wants(1, nine), looks, batch, looks), [checkpoint(nine)])
  })

  it('waits for the one in flight', () => {
    assert.deepStrictEqual(gives(...sent, wants(2, ten), looks), [])
    assert.deepStrictEqual(gives(...sent, wants(2, ten), answers(nine, null)), [
      settled(request(1, nine), 'Stored', null),
      checkpoint(ten)
    ])
  })

  it('is replaced by a newer one while it waits', () => {
    const inputs = [...inBatch, wants(1, nine), wants(2, ten)]
    assert.deepStrictEqual(gives(...inputs), [settled(request(1, nine), 'Replaced', null)])
    assert.deepStrictEqual(after(...inputs).slot.coalesced, 1)
    assert.deepStrictEqual(gives(...inputs, looks), [checkpoint(ten)])
  })

  it('that is stored begins every count anew', () => {
    const tired: Child.State = {
      ...after(...sent),
      slot: { ...after(...sent).slot, failures: 3, notBefore: 500, refused: 4, failed: 7 }
    }
    assert.deepStrictEqual(step(tired, answers(nine, null))[0].slot, {
      ...Child.initial.slot,
      acknowledged: nine,
      sent: 1,
      failed: 7
    })
  })

  it('is wanted too late after the lease is lost', () => {
    const lost = settled(request(1, nine), 'Lost', 'ShutdownException')
    assert.deepStrictEqual(gives(starts, may, hears(Action.leaseLost), wants(1, nine)), [lost])
    assert.deepStrictEqual(gives(...sent, answers(nine, 'ShutdownException'), wants(1, nine)), [lost])
  })

  it('that waits is lost with the lease', () => {
    assert.deepStrictEqual(gives(...inBatch, may, wants(1, nine), hears(Action.leaseLost)), [
      settled(request(1, nine), 'Lost', 'ShutdownException'),
      { _tag: 'Opened', action: Action.leaseLost }
    ])
  })
})

describe('Child: the answer to a checkpoint', () => {
  it('echoes both numbers; a missing sub-sequence number is no other one', () => {
    const isAnswer = (sequenceNumber: string | null, sub: number | null): boolean =>
      gives(...sent, hears(Action.checkpointed(sequenceNumber, sub, null)))[0]?._tag !== 'Leave'
    assert.deepStrictEqual(
      [isAnswer('9', 4), isAnswer('9', null), isAnswer('9', 3), isAnswer('8', 4), isAnswer(null, null)],
      [true, true, false, false, false]
    )
  })

  it('that was not asked for ends the conversation', () => {
    assert.deepStrictEqual(gives(...inBatch, answers(nine, null)), [
      leaves({ _tag: 'NotAsked', asked: null, answered: '9' })
    ])
  })

  it('is understood by the name of the exception', () => {
    const names = [
      null,
      'ShutdownException',
      'IllegalArgumentException',
      'InvalidStateException',
      'NullPointerException',
      'ThrottlingException',
      'KinesisClientLibDependencyException',
      'SomethingNew',
      ''
    ]
    assert.deepStrictEqual(names.map(Slot.verdict), [
      'Stored',
      'Fenced',
      'Refused',
      'Refused',
      'Refused',
      'Retry',
      'Retry',
      'Retry',
      'Retry'
    ])
  })

  it('that may pass brings the request back after a pause', () => {
    const inputs = [...sent, answers(nine, 'ThrottlingException', 1_000)]
    const failed = request(1, nine, 'ThrottlingException')
    assert.deepStrictEqual(gives(...inputs), [{ _tag: 'Failed', request: failed }])
    assert.deepStrictEqual(after(...inputs).slot, {
      ...Child.initial.slot,
      wanted: failed,
      failures: 1,
      notBefore: 1_150,
      sent: 1,
      failed: 1
    })
    assert.equal(Child.nextDeadline(after(...inputs)), 1_150)
    assert.deepStrictEqual(gives(...inputs, ChildInput.ticked(1_149)), [])
    assert.deepStrictEqual(gives(...inputs, ChildInput.ticked(1_150)), [checkpoint(nine)])
  })

  it('brings a newer request in place of one that may pass, after a longer pause', () => {
    const inputs = [
      ...sent,
      answers(nine, 'ThrottlingException'),
      ChildInput.ticked(150),
      wants(2, ten),
      answers(nine, 'ThrottlingException', 1_000)
    ]
    assert.deepStrictEqual(gives(...inputs), [
      settled(request(1, nine, 'ThrottlingException'), 'Replaced', 'ThrottlingException')
    ])
    assert.equal(Child.nextDeadline(after(...inputs)), 1_300)
    assert.deepStrictEqual(gives(...inputs, ChildInput.ticked(1_300)), [checkpoint(ten)])
  })

  it('that refuses drops the request and keeps the newer one', () => {
    assert.deepStrictEqual(gives(...sent, wants(2, ten), answers(nine, 'NullPointerException')), [
      settled(request(1, nine), 'Refused', 'NullPointerException'),
      checkpoint(ten)
    ])
  })

  it('that finds the lease gone drops everything, and the open action waits for the driver', () => {
    const inputs = [...sent, wants(2, ten), answers(nine, 'ShutdownException')]
    assert.deepStrictEqual(gives(...inputs), [
      settled(request(2, ten), 'Lost', 'ShutdownException'),
      settled(request(1, nine), 'Lost', 'ShutdownException')
    ])
    assert.deepStrictEqual(gives(...inputs, may), [status('processRecords')])
  })
})

describe('Child: a fenced child', () => {
  const fenced = [...sent, answers(nine, 'ShutdownException'), may]

  it("acknowledges each action by itself, but a lost lease is the driver's to hear", () => {
    assert.deepStrictEqual(gives(...fenced, batch), [status('processRecords')])
    assert.deepStrictEqual(gives(...fenced, hears(Action.shutdownRequested)), [status('shutdownRequested')])
    assert.deepStrictEqual(gives(...fenced, hears(Action.shardEnded)), [status('shardEnded')])
    assert.deepStrictEqual(gives(...fenced, hears(Action.leaseLost)), [
      { _tag: 'Opened', action: Action.leaseLost }
    ])
  })
})

describe('Child: a stop', () => {
  const stopping = [...inBatch, may, hears(Action.shutdownRequested), wants(1, nine)]
  const throttled = answers(nine, 'ThrottlingException', 100, 1)

  it('is acknowledged after the checkpoint, when the driver is done', () => {
    assert.deepStrictEqual(gives(...stopping, may), [checkpoint(nine)])
    assert.deepStrictEqual(gives(...stopping, may, answers(nine, null)), [
      settled(request(1, nine), 'Stored', null),
      status('shutdownRequested')
    ])
    assert.deepStrictEqual(gives(...stopping, looks, answers(nine, null)), [
      settled(request(1, nine), 'Stored', null)
    ])
  })

  it('gives the checkpoint up at its deadline', () => {
    const lost = settled(request(1, nine, 'ThrottlingException'), 'Lost', 'ThrottlingException')
    assert.deepStrictEqual(gives(...stopping, may, throttled, ChildInput.ticked(7_999)), [checkpoint(nine)])
    assert.deepStrictEqual(gives(...stopping, may, throttled, ChildInput.ticked(8_000)), [
      lost,
      status('shutdownRequested')
    ])
  })

  it('has its whole deadline for a checkpoint that is wanted late', () => {
    const late = [
      ...inBatch,
      may,
      hears(Action.shutdownRequested),
      ChildInput.wants(1, nine, 5_000),
      looks,
      throttled
    ]
    assert.deepStrictEqual(gives(...late, ChildInput.ticked(12_999)), [checkpoint(nine)])
    assert.deepStrictEqual(gives(...late, ChildInput.ticked(13_000)), [
      settled(request(1, nine, 'ThrottlingException'), 'Lost', 'ThrottlingException')
    ])
  })

  it('hurries what waits for an earlier pause', () => {
    const waiting = [...sent, answers(nine, 'ThrottlingException'), may, hears(Action.shutdownRequested)]
    assert.deepStrictEqual(gives(...waiting, may), [])
    assert.deepStrictEqual(gives(...waiting, ChildInput.hurries, may), [checkpoint(nine)])
  })
})

describe('Child: the end of a shard', () => {
  const ending = [...inBatch, may, hears(Action.shardEnded)]

  it('is asked for without a number, and acknowledged when it is stored', () => {
    assert.deepStrictEqual(gives(...ending, wants(1, null), may), [
      say({ _tag: 'Checkpoint', sequenceNumber: null, subSequenceNumber: null })
    ])
    assert.deepStrictEqual(gives(...ending, wants(1, null), may, answers(null, null)), [
      settled(request(1, null), 'Stored', null),
      status('shardEnded')
    ])
  })

  it('is not acknowledged by another checkpoint, by none, or by one that was refused', () => {
    const unended = leaves({ _tag: 'Unended' })
    assert.deepStrictEqual(gives(...ending, may), [unended])
    assert.deepStrictEqual(gives(...ending, wants(1, nine), may, answers(nine, null)), [
      settled(request(1, nine), 'Stored', null),
      unended
    ])
    assert.deepStrictEqual(gives(...ending, wants(1, null), may, answers(null, 'InvalidStateException')), [
      settled(request(1, null), 'Refused', 'InvalidStateException'),
      unended
    ])
  })

  it('has a deadline of its own', () => {
    const throttled = [...ending, wants(1, null), may, answers(null, 'ThrottlingException', 100, 1)]
    assert.deepStrictEqual(gives(...throttled, ChildInput.ticked(29_999)), [checkpoint(null)])
    assert.equal(gives(...throttled, ChildInput.ticked(30_000)).length, 2)
  })
})

describe('Child: a halt', () => {
  it('asks for the last checkpoint and leaves without a status', () => {
    const halting = [...inBatch, wants(1, nine), ChildInput.halts(0)]
    assert.deepStrictEqual(gives(...halting), [checkpoint(nine)])
    assert.deepStrictEqual(gives(...halting, may), [])
    assert.deepStrictEqual(gives(...halting, answers(nine, null)), [
      settled(request(1, nine), 'Stored', null),
      leaves({ _tag: 'Halted' })
    ])
  })

  it('leaves at once where nothing may be said', () => {
    const halted = [leaves({ _tag: 'Halted' })]
    assert.deepStrictEqual(gives(starts, may, ChildInput.halts(0)), halted)
    assert.deepStrictEqual(gives(starts, may, hears(Action.shardEnded), ChildInput.halts(0)), halted)
  })

  it('follows from refusals in a row', () => {
    const refusal = [wants(1, nine), looks, answers(nine, 'IllegalArgumentException')]
    const four = Array.from({ length: 4 }, () => refusal).flat()
    assert.deepStrictEqual(gives(...inBatch, ...four), [
      settled(request(1, nine), 'Refused', 'IllegalArgumentException')
    ])
    assert.deepStrictEqual(gives(...inBatch, ...four, ...refusal), [
      settled(request(1, nine), 'Refused', 'IllegalArgumentException'),
      leaves({ _tag: 'Refused' })
    ])
  })

  it('is the end: nothing follows it', () => {
    assert.deepStrictEqual(gives(starts, may, ChildInput.halts(0), batch), [])
  })
})
