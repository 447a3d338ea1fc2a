/** Every error of a checkpoint, in every place where it can come. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Action from '../../src/protocol/Action'
import * as Decision from '../../src/core/Decision'
import * as Failure from '../../src/core/Failure'
import * as Input from '../../src/core/Input'
import {
  about,
  acks,
  again,
  answers,
  asks,
  at,
  checkpoint,
  delivers,
  done,
  dropped,
  empty,
  ends,
  exit,
  fencedOff,
  given,
  hears,
  log,
  loses,
  says,
  starts,
  status,
  stops,
  stray,
  wait
} from './Given'

const RETRIED = ['ThrottlingException', 'KinesisClientLibDependencyException', 'ANameWeDoNotKnow']
const REFUSED = ['IllegalArgumentException', 'InvalidStateException', 'NullPointerException']

/** A batch of two of which the first asked: its checkpoint is in flight, the second record is still to run. */
const inBatch = [starts, delivers(0, 2), asks(0), Input.ticked(30)]

/** One record is finished and covered by nothing when the daemon asks to stop: its checkpoint is in flight. */
const atStop = [starts, delivers(0, 1), acks(0), stops(100)]
const atEnd = [starts, delivers(0, 1), acks(0), ends(100)]

describe('a checkpoint that may pass later (throttled, a dependency, a name we do not know)', () => {
  for (const error of RETRIED) {
    it(`in a batch: ${error} leaves it pending, and the batch goes on`, () => {
      given({}, ...inBatch)
        .when(answers(at(0), error, 100))
        .gives(again(error, at(0)), wait(250))
        .and(acks(1, 110))
        .gives(done)
        .and(empty(250))
        .gives(checkpoint(at(0)), done)
    })

    it(`at shutdownRequested: after ${error} the wait doubles, and is 10 s at most`, () => {
      let now = 100
      let played = given({ shutdownDeadline: 600_000 }, ...atStop).when()
      for (const pause of [150, 300, 600, 1_200, 2_400, 4_800, 7_500, 7_500]) {
        played = played.and(answers(at(0), error, now)).gives(again(error, at(0)), wait(now + pause))
        now += pause
        played = played.and(Input.ticked(now)).gives(checkpoint(at(0)))
      }
    })

    it(`at shutdownRequested: ${error} is tried again until the deadline, then status and a warning`, () => {
      given({ shutdownDeadline: 400 }, ...atStop)
        .when(answers(at(0), error, 200))
        .gives(again(error, at(0)), wait(350))
        .and(Input.ticked(350))
        .gives(checkpoint(at(0)))
        .and(answers(at(0), error, 360))
        .gives(again(error, at(0)), wait(500))
        .and(Input.ticked(500))
        .gives(
          log(
            'warn',
            'the last checkpoint was not stored by checkpoint.shutdownDeadline; the records after the previous checkpoint come again',
            { wanted: `${at(0).sequenceNumber}/0`, attempts: 2 }
          ),
          status('shutdownRequested')
        )
        .and(loses)
        .gives(log('info', 'not checkpointed', { checkpoint: null, replay: 1 }), status('leaseLost'))
    })

    it(`at shardEnded: ${error} is tried again until the deadline, then exit without a status`, () => {
      given({ shardEndDeadline: 400 }, ...atEnd)
        .when(answers(null, error, 200))
        .gives(again(error, null), wait(350))
        .and(Input.ticked(350))
        .gives(checkpoint(null))
        .and(answers(null, error, 500))
        .gives(
          again(error, null),
          log(
            'error',
            'the checkpoint that ends the shard was not stored by checkpoint.shardEndDeadline; exiting without a status, so that another worker can end the shard',
            { wanted: 'SHARD_END', attempts: 2 }
          ),
          exit(1)
        )
    })

    it(`while halting: ${error} is tried again until the deadline, then exit`, () => {
      given({ shutdownDeadline: 400 }, starts, delivers(0, 2), acks(0), says(1, Decision.halt('enough'), 100))
        .when(answers(at(0), error, 200))
        .gives(again(error, at(0)), wait(350))
        .and(Input.ticked(500))
        .gives(
          log('error', 'the last checkpoint was not stored by the deadline', {
            wanted: `${at(0).sequenceNumber}/0`,
            attempts: 1
          }),
          exit(1)
        )
    })
  }

  it('is tried again at the newer position, if one became due meanwhile', () => {
    given({}, starts, delivers(0, 3), asks(0), Input.ticked(30), asks(1))
      .when(answers(at(0), 'ThrottlingException', 100))
      .gives(again('ThrottlingException', at(0)), wait(250))
      .and(Input.ticked(249))
      .gives(wait(250))
      .and(Input.ticked(250))
      .gives(checkpoint(at(1)))
  })

  it('is not tried again by a session that only waits: nothing is written between actions', () => {
    given({}, starts, delivers(0, 1), asks(0))
      .when(answers(at(0), 'ThrottlingException', 100))
      .gives(again('ThrottlingException', at(0)))
      .and(Input.ticked(60_000))
      .gives()
      .and(loses)
      .gives(log('info', 'lease lost', { checkpoint: null, replay: 1 }), status('leaseLost'))
  })

  it('is sent at once when the shard ends: an older pause does not hold', () => {
    given({}, starts, delivers(0, 1), asks(0), answers(at(0), 'ThrottlingException', 100))
      .when(ends(101))
      .gives(checkpoint(null))
  })

  it('is sent at once when the worker stops: an older pause does not hold', () => {
    given({}, starts, delivers(0, 1), asks(0), answers(at(0), 'ThrottlingException', 100))
      .when(stops(101))
      .gives(checkpoint(at(0)))
      .and(answers(at(0), null, 102))
      .gives(status('shutdownRequested'))
  })

  it('waits for no longer than the deadline', () => {
    given({ shutdownDeadline: 50 }, ...atStop)
      .when(answers(at(0), 'ThrottlingException', 100))
      .gives(again('ThrottlingException', at(0)), wait(150))
  })

  it('is tried at least once, even with a deadline of 0', () => {
    given({ shutdownDeadline: 0 }, starts, delivers(0, 1), acks(0))
      .when(stops(100))
      .gives(checkpoint(at(0)))
      .and(answers(at(0), null, 60_000))
      .gives(status('shutdownRequested'))
  })

  it('after a stop that gave up is not sent any more, unless it is due again', () => {
    given({ shutdownDeadline: 0 }, ...atStop, answers(at(0), 'ThrottlingException', 100))
      .when(empty(100_000))
      .gives(done)
  })
})

describe('ShutdownException: another worker has the lease', () => {
  it('in a batch: runs no further record, checkpoints nothing, acknowledges everything', () => {
    const session = given({}, ...inBatch)
      .when(answers(at(0), 'ShutdownException', 100))
      .gives(fencedOff(at(0)), done)
      .and(acks(1, 101))
      .gives()
      .and(delivers(2, 4, 200))
      .gives(done)
      .and(asks(0, 201))
      .gives()
      .and(Input.ticked(300))
      .gives()
    assert.equal(session.state.unrun, 3)
    session.and(stops(400)).gives(status('shutdownRequested'))
    session.and(ends(400)).gives(status('shardEnded'))
    session
      .and(hears(Action.leaseLost, 400))
      .gives(log('info', 'lease lost', { checkpoint: null, replay: 1 }), status('leaseLost'))
  })

  it('after the batch: the next one is acknowledged without being run', () => {
    given({}, starts, delivers(0, 1), asks(0))
      .when(answers(at(0), 'ShutdownException', 100))
      .gives(fencedOff(at(0)))
      .and(delivers(1, 2, 200))
      .gives(done)
  })

  it('drops what was wanted since', () => {
    given({}, starts, delivers(0, 3), asks(0), Input.ticked(30), asks(1))
      .when(answers(at(0), 'ShutdownException', 100))
      .gives(fencedOff(at(0)), done)
      .and(empty(100_000))
      .gives(done)
  })

  it('at shutdownRequested: status', () => {
    given({}, ...atStop)
      .when(answers(at(0), 'ShutdownException', 200))
      .gives(fencedOff(at(0)), status('shutdownRequested'))
  })

  it('at shardEnded: status, and the daemon finds that it holds no lease', () => {
    const fenced = given({}, ...atEnd)
      .when(answers(null, 'ShutdownException', 200))
      .gives(fencedOff(null), status('shardEnded'))
    fenced.and(Input.closed).gives(exit(0))
    fenced.and(empty(300)).gives(stray('ProcessRecords', null), exit(3))
  })

  it('while halting: exit without a status', () => {
    given({}, starts, delivers(0, 2), acks(0), says(1, Decision.halt('enough'), 100))
      .when(answers(at(0), 'ShutdownException', 200))
      .gives(fencedOff(at(0)), exit(1))
  })

  it('leaves a session that user code crashes in without a checkpoint', () => {
    given({}, ...inBatch, answers(at(0), 'ShutdownException', 100))
      .when(Input.crashed(Failure.make('E', 'm'), 200))
      .gives(
        log('error', 'halting: user code failed outside a record', { reason: 'E: m', stack: null }),
        exit(1)
      )
  })
})

describe('a checkpoint that is refused (an illegal argument, an invalid state, a null pointer)', () => {
  for (const error of REFUSED) {
    it(`in a batch: ${error} drops it, with both positions in the log`, () => {
      given({}, ...inBatch)
        .when(answers(at(0), error, 100))
        .gives(dropped(error, at(0)))
        .and(acks(1, 110))
        .gives(done)
        .and(empty(100_000))
        .gives(done)
    })

    it(`at shutdownRequested: ${error} is acknowledged, and logged as an error`, () => {
      given({}, ...atStop)
        .when(answers(at(0), error, 200))
        .gives(dropped(error, at(0)), status('shutdownRequested'))
    })

    it(`at shardEnded: ${error} means exit without a status`, () => {
      given({}, ...atEnd)
        .when(answers(null, error, 200))
        .gives(
          dropped(error, null),
          log('error', 'the checkpoint that ends the shard was refused; exiting without a status'),
          exit(1)
        )
    })

    it(`while halting: ${error} means exit`, () => {
      given({}, starts, delivers(0, 2), acks(0), says(1, Decision.halt('enough'), 100))
        .when(answers(at(0), error, 200))
        .gives(dropped(error, at(0)), exit(1))
    })
  }

  it('of the batch before does not give up the end of the shard: another one ends it', () => {
    given({ policy: { interval: 0, count: 1, manual: true } }, starts, delivers(0, 1), acks(0), ends())
      .when(answers(at(0), 'InvalidStateException'))
      .gives(dropped('InvalidStateException', at(0)), checkpoint(null))
  })

  it('reports the last acknowledged position', () => {
    given({}, starts, delivers(0, 2), asks(0), Input.ticked(30), answers(at(0), null, 40), asks(1, 50))
      .when(answers(at(1), 'IllegalArgumentException', 60))
      .gives(dropped('IllegalArgumentException', at(1), at(0)))
  })

  it('does not take the newer one with it: in a batch', () => {
    given({}, starts, delivers(0, 3), asks(0), Input.ticked(30), asks(1))
      .when(answers(at(0), 'IllegalArgumentException', 100))
      .gives(dropped('IllegalArgumentException', at(0)), checkpoint(at(1)))
  })

  it('does not take the newer one with it: while halting', () => {
    given(
      {},
      starts,
      delivers(0, 3),
      asks(0),
      Input.ticked(30),
      acks(1, 40),
      says(2, Decision.halt('enough'), 50)
    )
      .when(answers(at(0), 'IllegalArgumentException', 100))
      .gives(dropped('IllegalArgumentException', at(0)), checkpoint(at(1)))
      .and(answers(at(1), null, 110))
      .gives(exit(1))
  })

  const refusedTimes = (times: number, error = 'InvalidStateException'): ReadonlyArray<Input.Input> =>
    Array.from({ length: times }, (_, n) => [delivers(n, n + 1), asks(0), answers(at(n), error)]).flat()

  it('halts the fifth time in a row', () => {
    given({}, starts, ...refusedTimes(4))
      .when(delivers(4, 5), asks(0))
      .gives(checkpoint(at(4)), done)
      .and(answers(at(4), 'NullPointerException'))
      .gives(
        log('error', 'checkpoint refused and dropped', about('NullPointerException', at(4))),
        log('error', '5 checkpoints in a row were refused'),
        exit(1)
      )
  })

  it('is counted anew after one that passed', () => {
    given(
      {},
      starts,
      ...refusedTimes(4),
      delivers(4, 5),
      asks(0),
      answers(at(4), null),
      delivers(5, 6),
      asks(0)
    )
      .when(answers(at(5), 'InvalidStateException'))
      .gives(dropped('InvalidStateException', at(5), at(4)))
  })
})
