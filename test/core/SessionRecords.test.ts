/** What becomes of records: decisions, failures, dead letters, the breaker. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Action from '../../src/protocol/Action'
import * as Decision from '../../src/core/Decision'
import * as Failure from '../../src/core/Failure'
import * as Input from '../../src/core/Input'
import * as Position from '../../src/protocol/Position'
import * as Session from '../../src/core/Session'
import {
  acks,
  answers,
  asks,
  at,
  becameLetter,
  buries,
  bury,
  checkpoint,
  delivers,
  done,
  empty,
  ends,
  exit,
  given,
  hears,
  letter,
  log,
  oops,
  place,
  says,
  starts,
  status,
  stops,
  throws
} from './Given'

const EXPECTED = 'expected ack(), checkpoint(), skip(reason), reject(reason), halt(reason), true or false'

const row = (index: number, count: number): Input.Input => Input.handled(index, Decision.ack(), 0, 0, count)

describe('a record', () => {
  it('is run in its turn; the status leaves with the last', () => {
    const session = given({}, starts).when(delivers(0, 2)).gives()
    assert.equal(Session.next(session.state), 0)
    const first = session.and(acks(0)).gives()
    assert.equal(Session.next(first.state), 1)
    assert.equal(Session.next(first.and(acks(1)).gives(done).state), -1)
  })

  it('is acknowledged in a row in its turn, and checkpointed where that became due', () => {
    const session = given({ policy: { interval: 0, count: 2, manual: true } }, starts, delivers(0, 5))
    for (const stray of [row(1, 1), row(-1, 1), row(0, 0)])
      assert.equal(Session.next(session.when(stray).gives().state), 0)
    const rowOf3 = session.when(row(0, 3)).gives()
    assert.equal(Session.next(rowOf3.state), 3)
    rowOf3.and(row(3, 2)).gives(checkpoint(at(3)), done)
    session.when(row(0, 3), says(3, Decision.reject('x')), buries(3)).gives(becameLetter(at(3), 'x'))
  })

  it('has one outcome: what is said of another index is not heard', () => {
    const session = given({}, starts, delivers(0, 3), acks(0))
    for (const stray of [acks(0), acks(2), acks(-1), throws(0), says(0, Decision.halt('x')), buries(1)])
      session.when(stray, acks(1), acks(2)).gives(done)
    session.when(acks(2)).gives()
    session.when(throws(2)).gives()
  })

  it('that is skipped is finished, counted and logged at debug level', () => {
    const session = given({}, starts, delivers(0, 1))
      .when(says(0, Decision.skip('a test order')))
      .gives(log('debug', 'record skipped', { ...place(at(0)), reason: 'a test order' }), done)
    assert.deepStrictEqual([session.state.skipped, Session.replayCount(session.state)], [1, 1])
    session.and(stops()).gives(checkpoint(at(0)))
  })

  it('for which nothing is returned is finished, with one warning that names the handler', () => {
    given({}, starts, delivers(0, 2))
      .when(says(0, undefined))
      .gives(
        log(
          'warn',
          'the handler ./handler.js returned undefined, which counts as ack(); is a return missing?',
          place(at(0))
        )
      )
      .and(says(1, undefined))
      .gives(done)
      .and(stops())
      .gives(checkpoint(at(1)))
  })

  it('for which a promise is returned has failed: it is never an ack', () => {
    const reason = `the handler returned a promise as an answer; await it (in a batch handler, with Promise.all); ${EXPECTED}`
    given({}, starts, delivers(0, 1))
      .when(says(0, Promise.resolve(true), 5))
      .gives(bury(0, letter(at(0), reason, Failure.make('TypeError', reason))))
  })

  it("is checkpointed when the handler asks, by kclpy's true too", () => {
    const session = given({}, starts, delivers(0, 1))
    session.when(says(0, true)).gives(checkpoint(at(0)), done)
    session.when(says(0, Decision.checkpoint())).gives(checkpoint(at(0)), done)
    session.when(says(0, false)).gives(done)
  })

  it('is not checkpointed when the handler asks in vain', () => {
    given({ policy: { interval: 0, count: 0, manual: false } }, starts, delivers(0, 1))
      .when(asks(0))
      .gives(done)
  })
})

describe('a policy', () => {
  const byCount = { policy: { interval: 0, count: 2, manual: true } }
  const byTime = { policy: { interval: 1_000, count: 0, manual: true } }

  it('names the record at which a checkpoint became due, not the last of the batch', () => {
    given(byCount, starts, delivers(0, 3), acks(0), acks(1))
      .when(acks(2))
      .gives(checkpoint(at(1)), done)
  })

  it('may checkpoint in the middle of a batch, when the event loop runs', () => {
    given(byCount, starts, delivers(0, 4), acks(0), acks(1))
      .when(Input.ticked(20))
      .gives(checkpoint(at(1)))
      .and(acks(2), acks(3))
      .gives(done)
      .and(answers(at(1), null))
      .gives()
      .and(empty(30))
      .gives(checkpoint(at(3)), done)
  })

  it('counts its interval from initialize', () => {
    given(byTime, hears(Action.initialize('s', 'TRIM_HORIZON', 0), 5_000), delivers(0, 2), acks(0, 5_999))
      .when(acks(1, 6_000))
      .gives(checkpoint(at(1)), done)
  })

  it('is evaluated on an empty batch, and has nothing to say before a record finished', () => {
    given(byTime, starts)
      .when(empty(5_000))
      .gives(done)
      .and(delivers(0, 1, 5_001), acks(0, 5_001))
      .gives(checkpoint(at(0)), done)
    given(byTime, starts, delivers(0, 1), acks(0, 1))
      .when(empty(999))
      .gives(done)
      .and(empty(1_000))
      .gives(checkpoint(at(0)), done)
      .and(answers(at(0), null))
      .gives()
      .and(empty(2_000))
      .gives(done)
  })

  it('never checkpoints at or below the position that the shard was started from', () => {
    const { sequenceNumber } = at(1)
    given(byCount, hears(Action.initialize('s', sequenceNumber, 0)), delivers(0, 2), acks(0))
      .when(acks(1))
      .gives(done)
      .and(stops())
      .gives(status('shutdownRequested'))
  })
})

describe('a rejected record', () => {
  const rejected = Decision.reject('no such customer')

  it('becomes a dead letter, and is finished once that is on disk', () => {
    const session = given({}, starts, delivers(0, 2))
      .when(says(0, rejected, 5))
      .gives(bury(0, letter(at(0), 'no such customer', null)))
    assert.equal(Session.next(session.state), -1)
    for (const other of [acks(0), acks(1), buries(1), buries(-1)]) session.and(other).gives()
    const buried = session.and(buries(0, 6)).gives(becameLetter(at(0), 'no such customer'))
    assert.deepStrictEqual([Session.next(buried.state), buried.state.deadLetters], [1, 1])
    buried
      .and(buries(0, 7))
      .gives()
      .and(acks(1))
      .gives(done)
      .and(stops())
      .gives(checkpoint(at(1)))
  })

  it('is covered by no checkpoint while its letter is not on disk', () => {
    const policy = { interval: 0, count: 1, manual: true }
    given({ policy }, starts, delivers(0, 2), acks(0), says(1, rejected))
      .when(Input.ticked(20))
      .gives(checkpoint(at(0)))
      .and(buries(1))
      .gives(becameLetter(at(1), 'no such customer'), done)
  })

  it('is skipped when the configuration says so', () => {
    const session = given({ onFailure: 'skip' }, starts, delivers(0, 1))
      .when(says(0, rejected))
      .gives(
        log('warn', 'record failed and is skipped', { ...place(at(0)), reason: 'no such customer' }),
        done
      )
    assert.equal(session.state.skipped, 1)
    session.and(stops()).gives(checkpoint(at(0)))
  })

  it('halts when the configuration says so', () => {
    given({ onFailure: 'halt' }, starts, delivers(0, 2), acks(0))
      .when(says(1, rejected))
      .gives(
        log('error', 'halting: no such customer (failure.then is halt)', place(at(1))),
        checkpoint(at(0))
      )
  })

  it('whose letter cannot be written halts, and is not covered', () => {
    const full = Failure.make('Error', 'ENOSPC: no space left on device')
    given({}, starts, delivers(0, 2), acks(0), says(1, rejected))
      .when(Input.buried(1, full, 5))
      .gives(
        log(
          'error',
          'halting: the dead letter could not be written: Error: ENOSPC: no space left on device',
          place(at(1))
        ),
        checkpoint(at(0))
      )
      .and(answers(at(0), null))
      .gives(exit(1))
  })

  it('trips no breaker, however many of them come', () => {
    given({ onFailure: 'skip', breaker: 1 }, starts, delivers(0, 2), says(0, rejected))
      .when(says(1, rejected))
      .gives(
        log('warn', 'record failed and is skipped', { ...place(at(1)), reason: 'no such customer' }),
        done
      )
  })
})

describe('a failed record', () => {
  it('becomes a dead letter with the error and its stack', () => {
    given({}, starts, delivers(0, 1))
      .when(throws(0, 5))
      .gives(bury(0, letter(at(0), 'RangeError: oops', oops)))
      .and(buries(0, 6))
      .gives(becameLetter(at(0), 'RangeError: oops'), done)
      .and(stops())
      .gives(checkpoint(at(0)))
  })

  it('is reported with its stack when it is skipped, or halts', () => {
    const told = { ...place(at(0)), reason: 'RangeError: oops', stack: oops.stack }
    given({ onFailure: 'skip' }, starts, delivers(0, 1))
      .when(throws(0))
      .gives(log('warn', 'record failed and is skipped', told), done)
    given({ onFailure: 'halt' }, starts, delivers(0, 1))
      .when(throws(0))
      .gives(log('error', 'halting: RangeError: oops (failure.then is halt)', told), exit(1))
  })
})

describe('a bad release', () => {
  const env = { onFailure: 'skip' as const, badRelease: 4, policy: { interval: 0, count: 1, manual: true } }
  const skipped = (index: number) =>
    log('warn', 'record failed and is skipped', { ...place(at(index)), reason: 'no such customer' })
  const half = (count: number, limit: number, first: number, last: number) =>
    log(
      'warn',
      `${count} rejects and failures in a row, the first at ${at(first).sequenceNumber}/0; at ${limit} the worker halts (failure.badRelease)`,
      { ...place(at(last)), reason: 'no such customer' }
    )
  const halts = (limit: number, first: number, last: number) =>
    log(
      'error',
      `halting: ${limit} rejects and failures in a row (failure.badRelease), the first at ${at(first).sequenceNumber}/0; the last: no such customer`,
      place(at(last))
    )
  const rejects = (index: number) => says(index, Decision.reject('no such customer'))

  it('halts at the limit, with nothing from the first reject on covered, after a warning at half of it', () => {
    given(env, starts, delivers(0, 6), acks(0), rejects(1))
      .when(rejects(2))
      .gives(half(2, 4, 1, 2), skipped(2))
      .and(rejects(3))
      .gives(skipped(3))
      .and(rejects(4))
      .gives(halts(4, 1, 4), checkpoint(at(0)))
  })

  it('is made of rejects and failures alike, over batches, and covers nothing at a stop', () => {
    given(env, starts, delivers(0, 1), rejects(0), delivers(1, 2), throws(0), delivers(2, 3), rejects(0))
      .when(delivers(3, 4), rejects(0))
      .gives(halts(4, 0, 3), exit(1))
    given(env, starts, delivers(0, 2), rejects(0), throws(1)).when(stops()).gives(status('shutdownRequested'))
  })

  it('is not assumed if a record finishes before the limit: what was held back is covered with it, and the count begins again', () => {
    const session = given(env, starts, delivers(0, 8), rejects(0), rejects(1), rejects(2))
    session
      .when(acks(3), rejects(4), rejects(5), rejects(6))
      .gives(skipped(6))
      .and(acks(7))
      .gives(checkpoint(at(7)), done)
    assert.deepEqual(session.when(acks(3), rejects(4), rejects(5)).state.streak, {
      bad: { count: 2, from: Position.make(at(4).sequenceNumber, 0) },
      failures: null,
      suspicions: 2
    })
  })

  it('does not keep the breaker from counting failures alone, since the last reject', () => {
    const both = { ...env, breaker: 2, badRelease: 9 }
    const session = given(both, starts, delivers(0, 6), throws(0), rejects(1), throws(2)).when(throws(3))
    session.gives(
      log(
        'error',
        `halting: 2 failures in a row (failure.breaker), the first at ${at(2).sequenceNumber}/0; the last: RangeError: oops`,
        { ...place(at(3)), reason: 'RangeError: oops', stack: oops.stack }
      ),
      exit(1)
    )
  })

  it('halts at the first reject with a limit of 1, without a warning', () => {
    given({ ...env, badRelease: 1 }, starts, delivers(0, 2), acks(0))
      .when(rejects(1))
      .gives(halts(1, 1, 1), checkpoint(at(0)))
  })

  it('has its letters on disk at once, and covers them when a record finishes, or the shard ends', () => {
    const letters = { ...env, onFailure: 'dead-letter' as const, badRelease: 9 }
    given(letters, starts, delivers(0, 2), rejects(0))
      .when(buries(0))
      .gives(becameLetter(at(0), 'no such customer'))
      .and(acks(1))
      .gives(checkpoint(at(1)), done)
    given(letters, starts, delivers(0, 1), rejects(0), buries(0)).when(ends()).gives(checkpoint(null))
  })

  it('is off at 0: a reject is covered at once', () => {
    given({ ...env, badRelease: 0 }, starts, delivers(0, 1))
      .when(rejects(0))
      .gives(skipped(0), checkpoint(at(0)), done)
  })
})

describe('the breaker', () => {
  const env = { onFailure: 'skip' as const, breaker: 3 }
  const asking = { ...env, policy: { interval: 0, count: 1, manual: true } }
  const told = (index: number) => ({ ...place(at(index)), reason: 'RangeError: oops', stack: oops.stack })
  const skipped = (index: number) => log('warn', 'record failed and is skipped', told(index))
  const tripped = (first: number, last: number) =>
    log(
      'error',
      `halting: 3 failures in a row (failure.breaker), the first at ${at(first).sequenceNumber}/0; the last: RangeError: oops`,
      told(last)
    )

  it('halts at the limit, with nothing from the first failure on covered', () => {
    given(env, starts, delivers(0, 4), acks(0), throws(1), throws(2))
      .when(throws(3))
      .gives(tripped(1, 3), checkpoint(at(0)))
      .and(answers(at(0), null))
      .gives(exit(1))
  })

  it('counts over batches, and nothing of the run is covered between them', () => {
    given(asking, starts, delivers(0, 2), throws(0))
      .when(throws(1))
      .gives(skipped(1), done)
      .and(empty(1_000))
      .gives(done)
      .and(delivers(2, 3), throws(0))
      .gives(tripped(0, 2), exit(1))
  })

  it('covers what failed once a record finishes, and counts anew', () => {
    given(asking, starts, delivers(0, 6), throws(0), throws(1), acks(2), throws(3), throws(4))
      .when(acks(5))
      .gives(checkpoint(at(5)), done)
  })

  it('counts anew after a rejected record: it says nothing of the world', () => {
    given(env, starts, delivers(0, 5), throws(0), throws(1), says(2, Decision.reject('poison')), throws(3))
      .when(throws(4))
      .gives(skipped(4), done)
  })

  it('counts garbage as failures: a release that returns promises stops the worker', () => {
    given({ ...env, breaker: 2 }, starts, delivers(0, 2), says(0, null))
      .when(says(1, null))
      .gives(
        log(
          'error',
          `halting: 2 failures in a row (failure.breaker), the first at ${at(0).sequenceNumber}/0; the last: the handler returned null; ${EXPECTED}`,
          { ...place(at(1)), reason: `TypeError: the handler returned null; ${EXPECTED}`, stack: null }
        ),
        exit(1)
      )
  })

  it('halts at the first failure with a limit of 1', () => {
    given({ ...env, breaker: 1 }, starts, delivers(0, 2), acks(0))
      .when(throws(1))
      .gives(
        log(
          'error',
          `halting: 1 failures in a row (failure.breaker), the first at ${at(1).sequenceNumber}/0; the last: RangeError: oops`,
          told(1)
        ),
        checkpoint(at(0))
      )
  })

  it('is off at 0: a failure is covered at once', () => {
    given({ ...asking, breaker: 0 }, starts, delivers(0, 1))
      .when(throws(0))
      .gives(skipped(0), checkpoint(at(0)), done)
  })

  it('writes the dead letters of a run at once, and covers them when a record finishes', () => {
    const letters = { ...asking, onFailure: 'dead-letter' as const }
    given(letters, starts, delivers(0, 2), throws(0))
      .when(buries(0))
      .gives(becameLetter(at(0), 'RangeError: oops'))
      .and(Input.ticked(20))
      .gives()
      .and(acks(1))
      .gives(checkpoint(at(1)), done)
  })

  it('covers a run below the limit at the end of the shard, and not at a stop', () => {
    const session = given(env, starts, delivers(0, 2), acks(0), throws(1))
    session.when(ends()).gives(checkpoint(null)).and(answers(null, null)).gives(status('shardEnded'))
    session.when(stops()).gives(checkpoint(at(0)))
  })
})
