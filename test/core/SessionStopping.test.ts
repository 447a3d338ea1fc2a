/** How a session ends: stop, end of the shard, lost lease, drain, halt, and conversations that break. */
import * as Position from '../../src/protocol/Position'
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Action from '../../src/protocol/Action'
import * as Decision from '../../src/core/Decision'
import * as Failure from '../../src/core/Failure'
import * as Input from '../../src/core/Input'
import * as Session from '../../src/core/Session'
import {
  acks,
  again,
  answers,
  asks,
  at,
  becameLetter,
  buries,
  checkpoint,
  delivers,
  done,
  empty,
  ends,
  exit,
  given,
  hears,
  log,
  loses,
  place,
  says,
  starts,
  status,
  stops,
  stray,
  wait
} from './Given'

const checkpointed = (position: Position.Position, replay = 0) => {
  const checkpoint = Position.show(position)
  return log('info', `checkpointed at ${checkpoint}`, { checkpoint, replay })
}
const lost = (replay: number) => log('info', 'lease lost', { checkpoint: null, replay })

describe('initialize', () => {
  const initialized = (from: string | null) => log('info', 'shard initialized', { from })

  it('is acknowledged, and says from where', () => {
    given({}).when(starts).gives(initialized('TRIM_HORIZON'), status('initialize'))
    given({})
      .when(hears(Action.initialize('s', '49', 3)))
      .gives(initialized('49/3'), status('initialize'))
    given({})
      .when(hears(Action.initialize('s', null, null)))
      .gives(initialized(null), status('initialize'))
  })

  it('names the shard', () => {
    assert.equal(given({}).when(starts).state.shardId, 'shardId-000000000000')
  })

  it('takes no sub-sequence number for 0, and no sentinel for a position', () => {
    const from = (text: string | null) =>
      given({}).when(hears(Action.initialize('s', text, null))).state.child.slot.acknowledged
    assert.deepStrictEqual(['49', 'TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP', 'SHARD_END', null].map(from), [
      { sequenceNumber: '49', subSequenceNumber: 0 },
      null,
      null,
      null,
      null,
      null
    ])
  })

  it('comes first, and once', () => {
    given({}).when(delivers(0, 1)).gives(stray('ProcessRecords', null), exit(3))
    given({}, starts).when(starts).gives(stray('Initialize', null), exit(3))
  })
})

describe('shutdownRequested', () => {
  it('checkpoints the longest finished prefix and waits for the answer', () => {
    given({}, starts, delivers(0, 2), acks(0), acks(1))
      .when(stops(100))
      .gives(checkpoint(at(1)))
      .and(Input.ticked(50_000))
      .gives()
      .and(answers(at(1), null, 52_000))
      .gives(status('shutdownRequested'))
      .and(loses)
      .gives(checkpointed(at(1)), status('leaseLost'))
      .and(Input.closed)
      .gives(exit(0))
  })

  it('is acknowledged at once when everything is covered, or nothing was delivered', () => {
    given({}, starts).when(stops()).gives(status('shutdownRequested'))
    given({}, starts, delivers(0, 1), asks(0), answers(at(0), null))
      .when(stops())
      .gives(status('shutdownRequested'))
  })

  it('checkpoints only what was due before when the configuration says so', () => {
    given({ onShutdown: false }, starts, delivers(0, 1), acks(0))
      .when(stops())
      .gives(status('shutdownRequested'))
    given({ onShutdown: false }, starts, delivers(0, 2), asks(0), acks(1), answers(at(0), 'X', 100))
      .when(stops(101))
      .gives(checkpoint(at(0)))
  })

  it('does not end the session: more records may come', () => {
    given({}, starts)
      .when(stops())
      .gives(status('shutdownRequested'))
      .and(delivers(0, 1), asks(0))
      .gives(checkpoint(at(0)), done)
  })
})

describe('shardEnded', () => {
  it('is acknowledged only after a checkpoint without a number succeeded', () => {
    const session = given({}, starts, delivers(0, 1), asks(0), answers(at(0), null))
      .when(ends(100))
      .gives(checkpoint(null))
      .and(Input.ticked(10_000))
      .gives()
      .and(answers(null, null, 10_001))
      .gives(status('shardEnded'))
    assert.equal(Session.replayCount(session.state), 0)
    session.and(Input.closed).gives(exit(0))
  })

  it('is checkpointed though no record was ever delivered', () => {
    given({}, starts).when(ends()).gives(checkpoint(null))
  })

  it('has five minutes of its own, not the deadline of a stop', () => {
    given({ shutdownDeadline: 0, shardEndDeadline: 1_000 }, starts, ends(100))
      .when(answers(null, 'ThrottlingException', 1_050))
      .gives(again('ThrottlingException', null), wait(1_100))
  })

  it('takes no further action', () => {
    given({}, starts, ends(), answers(null, null))
      .when(delivers(0, 1))
      .gives(stray('ProcessRecords', null), exit(3))
  })
})

describe('leaseLost', () => {
  it('reads as a stop when the worker drains, whether the last checkpoint was stored or not', () => {
    const none = (message: string, replay: number) => log('info', message, { checkpoint: null, replay })
    given({}, starts, Input.drained(10))
      .when(loses)
      .gives(none('nothing to checkpoint', 0), status('leaseLost'))
    given({}, starts, delivers(0, 2), acks(0), Input.drained(10), answers(at(0), 'ThrottlingException'))
      .when(loses)
      .gives(none('not checkpointed', 1), status('leaseLost'))
    given({}, starts, delivers(0, 2), asks(0), acks(1), answers(at(0), null), Input.drained(10))
      .when(loses)
      .gives(checkpointed(at(0), 1), status('leaseLost'))
  })

  it('reads as a stop when the daemon has asked for one, although the worker does not drain', () => {
    given({}, starts, stops())
      .when(loses)
      .gives(log('info', 'nothing to checkpoint', { checkpoint: null, replay: 0 }), status('leaseLost'))
  })

  it('without a stop names the checkpoint in a field, if no record comes again', () => {
    given({}, starts, delivers(0, 1), asks(0), answers(at(0), null))
      .when(loses)
      .gives(
        log('info', 'shard released', { checkpoint: Position.show(at(0)), replay: 0 }),
        status('leaseLost')
      )
  })

  it('is acknowledged without a checkpoint, and says what comes again', () => {
    given({}, starts, delivers(0, 2), acks(0), acks(1))
      .when(loses)
      .gives(lost(2), status('leaseLost'))
      .and(Input.ticked(100_000))
      .gives()
      .and(Input.closed)
      .gives(exit(0))
  })

  it('drops the checkpoint that was pending', () => {
    const pending = [starts, delivers(0, 1), asks(0), answers(at(0), 'ThrottlingException', 100)]
    assert.equal(given({}, ...pending).when(loses).state.child.slot.wanted, null)
  })

  it('takes no further action', () => {
    given({}, starts, loses).when(empty(0)).gives(stray('ProcessRecords', null), exit(3))
  })
})

describe('the shutdown of KCL 1', () => {
  it('is a lost lease, the end of a shard or a stop, by its reason', () => {
    const session = given({}, starts, delivers(0, 1), acks(0))
    session.when(hears(Action.shutdown('ZOMBIE'))).gives(lost(1), status('shutdown'))
    session
      .when(hears(Action.shutdown('TERMINATE')))
      .gives(checkpoint(null))
      .and(answers(null, null))
      .gives(status('shutdown'))
    session
      .when(hears(Action.shutdown('REQUESTED')))
      .gives(checkpoint(at(0)))
      .and(answers(at(0), null))
      .gives(status('shutdown'))
  })
})

describe('a draining session', () => {
  it('begins no further record, checkpoints the watermark and acknowledges the batch', () => {
    const session = given({}, starts, delivers(0, 3), acks(0))
      .when(Input.drained(10))
      .gives(checkpoint(at(0)), done)
    assert.deepStrictEqual([Session.next(session.state), session.state.unrun], [-1, 2])
    session.and(acks(1)).gives()
    session
      .and(answers(at(0), null), delivers(3, 5))
      .gives(done)
      .and(stops())
      .gives(status('shutdownRequested'))
  })

  it('lets the dead letter in flight be written first', () => {
    given({}, starts, delivers(0, 3), acks(0), says(1, Decision.reject('poison')))
      .when(Input.drained(10))
      .gives()
      .and(buries(1))
      .gives(becameLetter(at(1), 'poison'), checkpoint(at(1)), done)
  })

  it('begins none when it is asked between actions, or before the first', () => {
    given({}, starts, delivers(0, 1), acks(0))
      .when(Input.drained(10))
      .gives()
      .and(delivers(1, 2))
      .gives(checkpoint(at(0)), done)
    given({}, Input.drained(0))
      .when(starts)
      .gives(log('info', 'shard initialized', { from: 'TRIM_HORIZON' }), status('initialize'))
      .and(delivers(0, 1))
      .gives(done)
  })

  it('sends a checkpoint that was throttled with the next batch', () => {
    given({}, starts, delivers(0, 2), acks(0), Input.drained(10), answers(at(0), 'ThrottlingException', 20))
      .when(empty(100))
      .gives(done)
      .and(empty(200))
      .gives(checkpoint(at(0)), done)
  })

  it('ends a shard of which everything was run', () => {
    given({}, starts, delivers(0, 1), acks(0), Input.drained(10)).when(ends(20)).gives(checkpoint(null))
  })

  it('does not end a shard of which records were passed: they would be lost', () => {
    given({}, starts, delivers(0, 2), acks(0), Input.drained(10), answers(at(0), null))
      .when(ends(20))
      .gives(
        log(
          'error',
          'the shard ended while the worker was stopping, with records that were not processed; exiting without a status, so that another worker processes them'
        ),
        exit(1)
      )
  })

  it('does not end a shard of which a single record was passed', () => {
    const session = given({}, starts, Input.drained(10), delivers(0, 1)).when(ends(20))
    assert.deepStrictEqual([Session.phaseOf(session.state), session.state.unrun], ['Exited', 1])
  })

  it('is not disturbed where it waits for an answer', () => {
    given({}, starts, delivers(0, 1), acks(0), stops(5))
      .when(Input.drained(10))
      .gives()
      .and(answers(at(0), null, 20))
      .gives(status('shutdownRequested'))
  })
})

describe('halt', () => {
  const halted = log('error', 'halting: enough', place(at(2)))

  it('checkpoints what is finished before the record, waits for the answer, and leaves without a status', () => {
    given({}, starts, delivers(0, 3), acks(0), acks(1))
      .when(says(2, Decision.halt('enough')))
      .gives(halted, checkpoint(at(1)))
      .and(acks(2))
      .gives()
      .and(Input.ticked(50_000))
      .gives()
      .and(Input.drained(5))
      .gives()
      .and(answers(at(1), null))
      .gives(exit(1))
  })

  it('waits for the answer in flight before it sends its own', () => {
    given({}, starts, delivers(0, 3), asks(0), Input.ticked(30), acks(1, 40))
      .when(says(2, Decision.halt('enough'), 50))
      .gives(halted)
      .and(answers(at(0), null, 60))
      .gives(checkpoint(at(1)))
      .and(answers(at(1), null, 70))
      .gives(exit(1))
  })

  it('waits for no older pause', () => {
    given({}, starts, delivers(0, 3), asks(0), Input.ticked(30), answers(at(0), 'X', 40), acks(1, 45))
      .when(says(2, Decision.halt('enough'), 50))
      .gives(halted, checkpoint(at(1)))
  })

  it('leaves at once when nothing is finished', () => {
    given({}, starts, delivers(2, 3))
      .when(says(0, Decision.halt('enough')))
      .gives(halted, exit(1))
  })

  it('is said once: the first reason stands', () => {
    const crash = Input.crashed(Failure.make('E', 'm'), 60)
    given({}, starts, delivers(0, 2), acks(0), says(1, Decision.halt('enough'), 50))
      .when(crash)
      .gives()
      .and(Input.closed)
      .gives(exit(1))
  })

  it('writes nothing between actions: it leaves at once', () => {
    given({}, starts, delivers(0, 1), acks(0))
      .when(Input.crashed(Failure.make('E', 'm'), 60))
      .gives(
        log('error', 'halting: user code failed outside a record', { reason: 'E: m', stack: null }),
        exit(1)
      )
  })

  it('in a batch, after a crash of user code, checkpoints what is finished', () => {
    given({}, starts, delivers(0, 2), acks(0))
      .when(Input.crashed(Failure.make('E', 'm'), 60))
      .gives(
        log('error', 'halting: user code failed outside a record', { reason: 'E: m', stack: null }),
        checkpoint(at(0))
      )
  })

  it('at the end of a shard sends no second checkpoint', () => {
    given({}, starts, delivers(0, 1), acks(0), ends(50))
      .when(Input.crashed(Failure.make('E', 'm'), 60))
      .gives(
        log('error', 'halting: user code failed outside a record', { reason: 'E: m', stack: null }),
        exit(1)
      )
  })

  it('has the deadline of a stop, from the time of the halt', () => {
    given({ shutdownDeadline: 100 }, starts, delivers(0, 2), acks(0), says(1, Decision.halt('enough'), 1_000))
      .when(answers(at(0), 'ThrottlingException', 1_050))
      .gives(again('ThrottlingException', at(0)), wait(1_100))
  })
})

describe('the conversation', () => {
  it('that ends between actions ends the session with 0', () => {
    given({}).when(Input.closed).gives(exit(0))
    given({}, starts, delivers(0, 1), asks(0)).when(Input.closed).gives(exit(0))
  })

  it('that ends in the middle of an action ends it with 3, and nothing is acknowledged', () => {
    const ended = (name: string) =>
      log('error', `stdin ended in the middle of ${name}; it is not acknowledged`)
    given({}, starts, delivers(0, 2), acks(0)).when(Input.closed).gives(ended('processRecords'), exit(3))
    given({}, starts, delivers(0, 1), acks(0), stops())
      .when(Input.closed)
      .gives(ended('shutdownRequested'), exit(3))
    given({}, starts, ends()).when(Input.closed).gives(ended('shardEnded'), exit(3))
  })

  it('that breaks ends it with 3, in the words of the problem', () => {
    given({}, starts, delivers(0, 1)).when(Input.broken('no line')).gives(log('error', 'no line'), exit(3))
  })

  it('takes one action at a time', () => {
    given({}, starts, delivers(0, 2)).when(empty(0)).gives(stray('ProcessRecords', 'processRecords'), exit(3))
    given({}, starts, delivers(0, 2)).when(loses).gives(stray('LeaseLost', 'processRecords'), exit(3))
    given({}, starts, delivers(0, 2), acks(0), says(1, Decision.halt('x')))
      .when(stops())
      .gives(stray('ShutdownRequested', 'processRecords'), exit(3))
  })

  it('has no answer to what was not asked', () => {
    const unasked = (asked: string, answered: string) =>
      log('error', 'the daemon answered a checkpoint that was not requested', { asked, answered })
    given({}, starts)
      .when(answers(at(0), null))
      .gives(unasked('none', at(0).sequenceNumber), exit(3))
    given({}, starts, delivers(0, 1), asks(0))
      .when(answers(at(1), null))
      .gives(unasked(`${at(0).sequenceNumber}/0`, at(1).sequenceNumber), exit(3))
    given({}, starts, delivers(0, 1), asks(0))
      .when(answers(null, null))
      .gives(unasked(`${at(0).sequenceNumber}/0`, 'null'), exit(3))
  })

  it('is over after the exit: nothing is heard any more', () => {
    const over = given({}, starts, Input.closed)
    for (const input of [starts, delivers(0, 1), Input.closed, Input.ticked(5), Input.broken('x'), stops()])
      over.when(input).gives()
  })

  it('that breaks leaves no record to run', () => {
    assert.equal(Session.next(given({}, starts, delivers(0, 2)).when(Input.broken('no line')).state), -1)
  })

  it('between actions is not moved by time', () => {
    given({ policy: { interval: 10, count: 0, manual: true } }, starts, delivers(0, 1), acks(0))
      .when(Input.ticked(1_000))
      .gives()
  })
})

describe('the records that a crash would bring again', () => {
  const replay = (...inputs: ReadonlyArray<Input.Input>): number =>
    Session.replayCount(
      given({ onFailure: 'skip', breaker: 9 }, starts, ...inputs).when(Input.ticked(0)).state
    )

  it('are those that were run and are not covered', () => {
    const covered = [delivers(0, 3), acks(0), asks(1), acks(2)]
    assert.deepStrictEqual(
      [
        replay(),
        replay(delivers(0, 3), acks(0), acks(1)),
        replay(...covered),
        replay(...covered, answers(at(1), null)),
        replay(...covered, answers(at(1), 'ThrottlingException')),
        replay(delivers(0, 2), acks(0), Input.threw(1, Failure.make('E', 'm'), 0)),
        replay(...covered, answers(at(1), null), ends(), answers(null, null))
      ],
      [0, 2, 3, 1, 3, 2, 0]
    )
  })
})
