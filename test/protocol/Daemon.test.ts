import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Action from '../../src/protocol/Action'
import * as Daemon from '../../src/protocol/Daemon'
import { records } from '../../src/testing'

const batch = Action.processRecords(records(3), 0)
const [first, , last] = records(3)

const hearStatus = (name: Action.Name): Daemon.Input =>
  Daemon.hear(JSON.stringify({ action: 'status', responseFor: name }))

const hearCheckpoint = (
  sequenceNumber: string | null,
  subSequenceNumber: number | null = null
): Daemon.Input => Daemon.hear(JSON.stringify({ action: 'checkpoint', sequenceNumber, subSequenceNumber }))

const fold = (state: Daemon.State, ...inputs: ReadonlyArray<Daemon.Input>): Daemon.State =>
  inputs.reduce((reached, input) => Daemon.step(reached, input)[0], state)

const begun = fold(
  Daemon.initial,
  Daemon.say(Action.initialize('shard', 'TRIM_HORIZON', 0)),
  hearStatus('initialize')
)
const inBatch = fold(begun, Daemon.say(batch))

/** The error that a checkpoint is answered by. */
const errorOf = (
  state: Daemon.State,
  checkpoint: Daemon.Input,
  fault: string | null = null
): string | null => {
  const [, output] = Daemon.step(fold(state, checkpoint), Daemon.settle(fault))
  assert.ok(output._tag === 'Says' && output.action._tag === 'Checkpointed')
  return output.action.error
}

describe("Amazon's half of the conversation", () => {
  it('reads nothing between actions, and nothing while a checkpoint is written', () => {
    const storing = fold(inBatch, hearCheckpoint(null))
    for (const state of [begun, storing])
      assert.deepEqual(Daemon.step(state, hearStatus('processRecords')), [state, { _tag: 'Waits' }])
  })

  it('says nothing while an action is unanswered', () => {
    assert.deepEqual(Daemon.step(inBatch, Daemon.say(Action.leaseLost)), [inBatch, { _tag: 'Waits' }])
  })

  it('stores what is asked for once the write is done, and answers with the request', () => {
    const asked = fold(inBatch, hearCheckpoint(last?.sequenceNumber ?? '', 0))
    assert.equal(Daemon.stored(asked), null)
    const [state, output] = Daemon.step(asked, Daemon.settle(null))
    assert.deepEqual(output, {
      _tag: 'Says',
      action: Action.checkpointed(last?.sequenceNumber ?? '', 0, null)
    })
    assert.deepEqual(Daemon.stored(state), { sequenceNumber: last?.sequenceNumber, subSequenceNumber: 0 })
  })

  it('stores nothing when the write fails, whatever the verdict was', () => {
    const failed = fold(inBatch, hearCheckpoint(null), Daemon.settle('ThrottlingException'))
    assert.equal(Daemon.stored(failed), null)
    assert.equal(errorOf(failed, hearCheckpoint(null)), null)
    assert.equal(errorOf(inBatch, hearCheckpoint('nothing'), 'Newer'), 'Newer')
  })

  it('stores nothing any more after a ShutdownException', () => {
    const fenced = fold(
      inBatch,
      hearCheckpoint(first?.sequenceNumber ?? ''),
      Daemon.settle('ShutdownException')
    )
    assert.equal(errorOf(fenced, hearCheckpoint(null)), 'ShutdownException')
  })

  it('gives initialize and leaseLost no checkpointer, by whichever name the lease is lost', () => {
    const starting = fold(Daemon.initial, Daemon.say(Action.initialize('shard', null, null)))
    const losing = fold(begun, Daemon.say(Action.shutdown('ZOMBIE')))
    for (const state of [starting, losing])
      assert.equal(errorOf(state, hearCheckpoint(null)), 'InvalidStateException')
  })

  it('takes the end of the shard from KCL 1 too', () => {
    const ended = fold(
      begun,
      Daemon.say(Action.shutdown('TERMINATE')),
      hearCheckpoint(null),
      Daemon.settle(null)
    )
    assert.equal(Daemon.stored(ended), 'SHARD_END')
    assert.deepEqual(Daemon.step(ended, hearStatus('shutdown'))[1], {
      _tag: 'Closes',
      meaning: 'shardEnded',
      isEnded: true
    })
    assert.deepEqual(Daemon.step(fold(begun, Daemon.say(Action.shardEnded)), hearStatus('shardEnded'))[1], {
      _tag: 'Closes',
      meaning: 'shardEnded',
      isEnded: false
    })
  })

  it('permits no checkpoint above the last record, and an older record does not lower it', () => {
    const again = fold(
      inBatch,
      hearStatus('processRecords'),
      Daemon.say(Action.processRecords(records(1), 0))
    )
    assert.equal(errorOf(again, hearCheckpoint(last?.sequenceNumber ?? '')), null)
    assert.equal(errorOf(again, hearCheckpoint(last?.sequenceNumber ?? '', 1)), 'IllegalArgumentException')
  })

  it('halts when a message takes too long, and outlives a stop that fails', () => {
    assert.deepEqual(Daemon.step(inBatch, Daemon.timedOut)[1], {
      _tag: 'Dies',
      problem: { _tag: 'TookTooLong' }
    })
    assert.deepEqual(Daemon.step(begun, Daemon.timedOut), [begun, { _tag: 'Waits' }])
    const stopping = fold(begun, Daemon.say(Action.shutdownRequested))
    assert.deepEqual(Daemon.step(stopping, Daemon.left)[1], {
      _tag: 'Failed',
      problem: { _tag: 'LeftEarly' }
    })
  })
})
