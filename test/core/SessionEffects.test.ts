import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Action from '../../src/protocol/Action'
import { ack, checkpoint as asked, emit, reject, skip } from '../../src/core/Decision'
import * as Effect from '../../src/core/Effect'
import * as Failure from '../../src/core/Failure'
import * as Input from '../../src/core/Input'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import * as Session from '../../src/core/Session'
import { records } from '../../src/testing/Records'
import {
  at,
  answers,
  becameLetter,
  bury,
  checkpoint,
  delivers,
  done,
  exit,
  given,
  letter,
  log,
  loses,
  oops,
  place,
  quiet,
  r,
  starts,
  stops,
  wait
} from './Given'

const DEADLINE = quiet.deadline

/** The attempt with this ticket is at work on these records. */
const begins = (index: number, ticket = index + 1, now = 0): Input.Input => Input.begun([index], ticket, now)
const says = (index: number, value: unknown, now = 0, ticket = index + 1): Input.Input =>
  Input.handled(index, value, now, ticket)
const acks = (index: number, now = 0): Input.Input => says(index, ack(), now)
/** The effect failed: another attempt may work. */
const fails = (index: number, now = 0, ticket = index + 1, random = 1): Input.Input =>
  Input.threw(index, oops, now, ticket, true, random)
const tick = Input.ticked
const delivered = (...indices: ReadonlyArray<number>): Input.Input => Input.delivered(indices, 0)
const undelivered = (index: number, then: Input.Undelivered['then']): Input.Input =>
  Input.undelivered(index, then, oops, 0)

/** Two at a time, unless told otherwise. */
const limits = (concurrency = 2, undelivered = 1000): Partial<Session.Env> => ({
  limits: { concurrency, undelivered }
})

/** `a1 b1 a2`: three records of the keys a and b. */
const keyed = (words: string): ReadonlyArray<KinesisRecord> =>
  records(words.split(' ').map((word) => ({ text: word, partitionKey: word.slice(0, 1) })))
const batchOf = (words: string): Input.Input => Input.received(Action.processRecords(keyed(words), 0), 0, 0.5)

/** What may begin now, after these inputs. */
const nextAfter = (env: Partial<Session.Env>, ...inputs: ReadonlyArray<Input.Input>): ReadonlyArray<number> =>
  Session.group(given(env, starts).when(...inputs).state)

const one = (sink = 'orders') => emit(sink, 1)(ack())
const delivery = (index: number, sink = 'orders'): Effect.Effect =>
  Effect.deliver(index, [{ sink, value: 1 }])
const untilDeadline = wait(DEADLINE)
const retried = (index: number, attempt: number): Effect.Effect =>
  log('warn', 'record failed and will be tried again', {
    ...place(at(index)),
    attempt,
    reason: 'RangeError: oops'
  })

describe('handlers that are effects', () => {
  it('run at the same time for different keys, as many as concurrency says', () => {
    assert.deepEqual(nextAfter(limits(), batchOf('a1 b1 c1')), [0])
    assert.deepEqual(nextAfter(limits(), batchOf('a1 b1 c1'), begins(0)), [1])
    assert.deepEqual(nextAfter(limits(), batchOf('a1 b1 c1'), begins(0), begins(1)), [])
    assert.deepEqual(nextAfter(limits(), batchOf('a1 b1 c1'), begins(0), begins(1), acks(0)), [2])
  })

  it('run one after the other for one key, the earliest that is free first', () => {
    const inputs = [batchOf('a1 a2 b1 a3 c1'), begins(0), begins(2)]
    assert.deepEqual(nextAfter(limits(), batchOf('a1 a2 b1'), begins(0)), [2])
    assert.deepEqual(nextAfter(limits(3), ...inputs), [4])
    assert.deepEqual(nextAfter(limits(3), ...inputs, acks(0)), [1])
    assert.deepEqual(nextAfter(limits(3), ...inputs, acks(0), begins(1), acks(1)), [3])
  })

  it('are covered as the longest finished prefix', () => {
    const env = { ...limits(3), policy: { interval: 0, count: 1, manual: false } }
    given(env, starts, delivers(0, 3), begins(0), begins(1), begins(2))
      .when(acks(2))
      .gives(untilDeadline)
      .and(acks(0))
      .gives(checkpoint(at(0)), untilDeadline)
      .and(answers(at(0), null))
      .gives(untilDeadline)
      .and(acks(1))
      .gives(checkpoint(at(2)), done)
  })

  it('that ask for a checkpoint get it once what comes before is finished', () => {
    given(limits(), starts, delivers(0, 2), begins(0), begins(1))
      .when(says(1, asked()))
      .gives(untilDeadline)
      .and(acks(0))
      .gives(checkpoint(at(1)), done)
  })

  it('are heard for their own attempt alone', () => {
    const open = given(limits(), starts, delivers(0, 3), begins(0))
    open.when(says(0, ack(), 0, 7)).gives()
    open.when(says(1, ack(), 0, 1)).gives()
    open.when(acks(0), acks(0)).gives()
    open.when(begins(1), says(1, ack(), 0, 1)).gives()
  })

  it('begin only when it is their turn, with a ticket of their own', () => {
    const open = given(limits(), starts, batchOf('a1 a2 b1'))
    for (const begun of [[], [1], [0, 1], [2]]) open.when(Input.begun(begun, 9, 0)).gives(Effect.abort(9))
    open.when(Input.begun([0], 0, 0)).gives(Effect.abort(0))
    open.when(begins(0, 5), begins(2, 5)).gives(Effect.abort(5))
  })

  it('may answer at once, too', () => {
    given(limits(), starts, delivers(0, 3), begins(0))
      .when(Input.handled(1, ack(), 0))
      .gives(untilDeadline)
      .and(Input.handled(2, ack(), 0), acks(0))
      .gives(done)
  })
})

describe('a failed attempt', () => {
  const patient = { ...limits(1), retries: 2, backoff: 100 }
  const open = given(patient, starts, delivers(0, 2), begins(0))

  it('is made again after a wait that doubles, with jitter, as often as retries says', () => {
    open
      .when(fails(0))
      .gives(retried(0, 1), wait(100))
      .and(tick(100), begins(0, 11, 100), fails(0, 200, 11, 0))
      .gives(retried(0, 2), wait(300))
      .and(tick(300), begins(0, 12, 300), fails(0, 400, 12))
      .gives(bury(0, letter(at(0), 'RangeError: oops', oops)))
  })

  it('waits a minute at most', () => {
    given({ ...patient, retries: 40, backoff: 50_000 }, starts, delivers(0, 2), begins(0))
      .when(fails(0), tick(50_000), begins(0, 11, 50_000), fails(0, 50_000, 11))
      .gives(retried(0, 2), wait(110_000))
  })

  it('does not hold up records of other keys, but its own', () => {
    assert.deepEqual(nextAfter(patient, batchOf('a1 a2 b1'), begins(0), fails(0)), [2])
    assert.deepEqual(nextAfter(patient, batchOf('a1 a2 b1'), begins(0), fails(0), tick(99)), [2])
    assert.deepEqual(nextAfter(patient, batchOf('a1 a2 b1'), begins(0), fails(0), tick(100)), [0])
  })

  it('begins again when it is due, not with another that is due before', () => {
    const env = { ...patient, ...limits(2) }
    const failed = [batchOf('a1 b1'), begins(0), begins(1), fails(0), fails(1, 0, 2, 0)]
    assert.deepEqual(nextAfter(env, ...failed, tick(49)), [])
    assert.deepEqual(nextAfter(env, ...failed, tick(50)), [1])
    assert.deepEqual(nextAfter(env, ...failed, tick(100)), [0])
  })

  it('counts the attempts', () => {
    const { state } = open.when(fails(0), tick(100))
    assert.deepEqual([Session.attemptOf(state, 0), Session.attemptOf(state, 1)], [2, 1])
  })

  it('of a value that is no effect is the last', () => {
    open.when(Input.threw(0, oops, 0, 1, false, 0.5)).gives(bury(0, letter(at(0), 'RangeError: oops', oops)))
  })

  it('that takes longer than the deadline is asked to stop, and has failed', () => {
    const late = Failure.make('DeadlineExceeded', `the handler took longer than ${DEADLINE} ms (deadline)`)
    given({ ...limits(1), retries: 0 }, starts, delivers(0, 1), begins(0))
      .when(tick(DEADLINE - 1))
      .gives(untilDeadline)
      .and(tick(DEADLINE))
      .gives(Effect.abort(1), bury(0, letter(at(0), Failure.show(late), late)))
      .and(acks(0))
      .gives()
  })

  it('is a dead letter while others run on', () => {
    given({ ...limits(), retries: 0 }, starts, delivers(0, 3), begins(0), begins(1))
      .when(fails(0))
      .gives(bury(0, letter(at(0), 'RangeError: oops', oops)))
      .and(acks(1))
      .gives()
      .and(begins(2))
      .gives(untilDeadline)
      .and(Input.buried(0, null, 0))
      .gives(becameLetter(at(0), 'RangeError: oops'), untilDeadline)
      .and(acks(2))
      .gives(done)
  })
})

describe('the breaker', () => {
  it('counts no reject, though its dead letter is still being written', () => {
    const env = { ...limits(), retries: 0, breaker: 2 }
    given(env, starts, delivers(0, 3), begins(0), begins(1))
      .when(says(0, reject('bad')))
      .gives(bury(0, letter(at(0), 'bad', null)))
      .and(fails(1))
      .gives(bury(1, letter(at(1), 'RangeError: oops', oops)))
  })
})

describe('a bad release', () => {
  const env = { ...limits(3), retries: 0, onFailure: 'skip', badRelease: 2 } as const

  it('is counted in the order in which records end, and named by the lowest of them', () => {
    given(env, starts, delivers(0, 4), begins(0), begins(1), begins(2), says(2, reject('bad')))
      .when(says(1, reject('bad')))
      .gives(
        Effect.abort(1),
        Effect.abort(2),
        log(
          'error',
          `halting: 2 rejects and failures in a row (failure.badRelease), the first at ${at(1).sequenceNumber}/0; the last: bad`,
          place(at(1))
        ),
        exit(1)
      )
  })

  it('is not assumed if a record of another key finishes between', () => {
    const open = given(env, starts, delivers(0, 4), begins(0), begins(1), begins(2))
    const state = open.when(says(2, reject('bad')), acks(0), says(1, reject('bad'))).state
    assert.equal(Session.phaseOf(state), 'Running')
    assert.deepEqual(state.streak.bad?.count, 1)
  })

  it('holds back what finished before it on a record behind it', () => {
    const policy = { interval: 0, count: 1, manual: true }
    given({ ...env, policy, badRelease: 3 }, starts, delivers(0, 3), begins(0), begins(1), begins(2), acks(1))
      .when(says(0, reject('bad')))
      .gives(log('warn', 'record failed and is skipped', { ...place(at(0)), reason: 'bad' }), untilDeadline)
      .and(acks(2))
      .gives(checkpoint(at(2)), done)
  })

  it('counts an attempt that is tried again once it has failed for good', () => {
    const open = given({ ...env, retries: 1 }, starts, delivers(0, 4), begins(0), fails(0))
    assert.equal(open.when().state.streak.bad, null)
    const again = open.when(tick(DEADLINE - 1), begins(0, 9), fails(0, DEADLINE - 1, 9)).state
    assert.deepEqual(again.streak.bad?.count, 1)
  })
})

describe('outputs', () => {
  it('that become a dead letter set the next record of the key free once', () => {
    const busy = [batchOf('a1 a2'), begins(0), says(0, one())]
    const buried = [undelivered(0, 'dead-letter'), Input.buried(0, null, 0)]
    assert.deepEqual(nextAfter(limits(), ...busy, ...buried), [1])
    assert.deepEqual(nextAfter(limits(), ...busy, ...buried, begins(1)), [])
  })

  it('are delivered before their record is finished', () => {
    given({ policy: { interval: 0, count: 1, manual: false } }, starts, delivers(0, 1))
      .when(Input.handled(0, one(), 0))
      .gives(delivery(0))
      .and(delivered(0))
      .gives(checkpoint(at(0)), done)
  })

  it('may come with a checkpoint, or with a skip', () => {
    given({}, starts, delivers(0, 2))
      .when(Input.handled(0, emit('orders', 1)(asked()), 0))
      .gives(delivery(0))
      .and(Input.handled(1, emit('orders', 1)(skip('seen')), 0))
      .gives(log('debug', 'record skipped', { ...place(at(1)), reason: 'seen' }), delivery(1))
      .and(delivered(1))
      .gives()
      .and(delivered(0))
      .gives(checkpoint(at(0)), done)
  })

  it('under way do not hold up the next record, of any key, up to a bound', () => {
    const bound = limits(1, 2)
    assert.deepEqual(nextAfter(bound, batchOf('a1 a2 a3'), Input.handled(0, one(), 0)), [1])
    const full = [batchOf('a1 a2 a3'), Input.handled(0, one(), 0), Input.handled(1, one(), 0)]
    assert.deepEqual(nextAfter(bound, ...full), [])
    assert.deepEqual(nextAfter(bound, ...full, delivered(0)), [2])
    assert.deepEqual(nextAfter(limits(2, 2), batchOf('a1 a2 b1'), begins(0), says(0, one())), [1])
    assert.deepEqual(nextAfter(limits(3, 2), batchOf('a1 b1 c1'), begins(0), begins(1)), [])
  })

  it('are acknowledged in any order, and for what waits for it alone', () => {
    given({}, starts, delivers(0, 3))
      .when(Input.handled(0, one(), 0), Input.handled(1, one(), 0), delivered(1, 2, 9))
      .gives()
      .and(Input.handled(2, ack(), 0))
      .gives()
      .and(delivered(0))
      .gives(done)
  })

  it('that cannot be delivered halt when their sink says so', () => {
    given({}, starts, delivers(0, 2), Input.handled(0, one(), 0))
      .when(undelivered(0, 'halt'))
      .gives(
        Effect.recall,
        log('error', 'halting: an output could not be delivered: RangeError: oops', {
          ...place(at(0)),
          reason: 'RangeError: oops',
          stack: oops.stack
        }),
        exit(1)
      )
  })

  it('that cannot be delivered make their record a dead letter when their sink says so, or fail it', () => {
    const env = { onFailure: 'skip' } as const
    const reason = 'an output could not be delivered: RangeError: oops'
    given(env, starts, delivers(0, 1), Input.handled(0, one(), 0))
      .when(undelivered(0, 'dead-letter'))
      .gives(bury(0, letter(at(0), reason, oops)))
      .and(Input.buried(0, null, 0))
      .gives(becameLetter(at(0), reason), done)
    given(env, starts, delivers(0, 1), Input.handled(0, one(), 0))
      .when(undelivered(0, 'policy'))
      .gives(
        log('warn', 'record failed and is skipped', { ...place(at(0)), reason, stack: oops.stack }),
        done
      )
  })

  it('are ignored when nothing waits for them', () => {
    given({}, starts, delivers(0, 1)).when(undelivered(0, 'halt')).gives()
    given({}, starts).when(delivered(0), undelivered(0, 'halt')).gives()
  })

  it('of failures in a row trip the breaker', () => {
    const state = given({ breaker: 2 }, starts, delivers(0, 3))
      .when(Input.handled(0, one(), 0), Input.handled(1, one(), 0))
      .and(undelivered(0, 'policy'))
      .and(undelivered(1, 'policy')).state
    assert.equal(Session.phaseOf(state), 'Exited')
  })
})

describe('several handlers that are late at once', () => {
  it('of which the first halts: nothing follows the end', () => {
    const late = Failure.make('DeadlineExceeded', `the handler took longer than ${DEADLINE} ms (deadline)`)
    given({ ...limits(2), onFailure: 'halt' }, starts, delivers(0, 2), begins(0), begins(1))
      .when(tick(DEADLINE))
      .gives(
        Effect.abort(1),
        Effect.abort(1),
        Effect.abort(2),
        log('error', `halting: ${Failure.show(late)} (failure.then is halt)`, {
          ...place(at(0)),
          reason: Failure.show(late),
          stack: null
        }),
        exit(1)
      )
  })
})

describe('a session that ends', () => {
  const busy = given({ ...limits(3) }, starts, delivers(0, 4), begins(0), begins(1), says(1, one()))

  it('notifies the handlers in progress and calls its outputs back', () => {
    busy
      .when(Input.closed)
      .gives(
        Effect.abort(1),
        Effect.recall,
        log('error', 'stdin ended in the middle of processRecords; it is not acknowledged', {}),
        exit(3)
      )
    busy.when(Input.crashed(oops, 0)).gives(
      Effect.abort(1),
      Effect.recall,
      log('error', 'halting: user code failed outside a record', {
        reason: 'RangeError: oops',
        stack: oops.stack
      }),
      exit(1)
    )
  })

  it('because another worker has the lease does so, too, and acknowledges', () => {
    const env = { ...limits(3), policy: { interval: 0, count: 1, manual: false } }
    given(env, starts, delivers(0, 4), begins(0), acks(0), begins(1), begins(2), says(2, one()))
      .when(answers(at(0), 'ShutdownException'))
      .gives(
        log('warn', 'another worker has the lease; waiting for the daemon to end this shard', {
          error: 'ShutdownException',
          requested: `${at(0).sequenceNumber}/0`,
          acknowledged: 'none'
        }),
        Effect.abort(2),
        Effect.recall,
        done
      )
      .and(acks(1), delivered(2))
      .gives()
      .and(loses)
      .gives(
        log('info', 'lease lost', { checkpoint: null, replay: 1 }),
        Effect.write({ _tag: 'Status', responseFor: 'leaseLost' })
      )
  })

  it('by a drain lets those at work finish, and begins no other', () => {
    const draining = busy.when(Input.drained(0)).gives()
    assert.deepEqual(Session.group(draining.state), [])
    draining
      .and(acks(0))
      .gives()
      .and(delivered(1))
      .gives(checkpoint(at(1)), done)
  })

  it('by a drain does not wait for a retry', () => {
    given({ ...limits(1), retries: 1 }, starts, delivers(0, 2), begins(0), fails(0))
      .when(Input.drained(0))
      .gives(done)
      .and(stops())
      .gives(Effect.write({ _tag: 'Status', responseFor: 'shutdownRequested' }))
  })
})

describe('a batch handler', () => {
  const grouped = (group: Partial<Exclude<Session.Env['group'], null>> = {}, concurrency = 1) => ({
    ...limits(concurrency),
    retries: 1,
    backoff: 100,
    group: { count: 3, bytes: 1000, linger: 0, ...group }
  })

  it('gets several records, of one key in their order', () => {
    assert.deepEqual(nextAfter(grouped(), batchOf('a1 a2 b1 a3')), [0, 1, 2])
    assert.deepEqual(nextAfter(grouped({ bytes: 4 }), batchOf('a1 a2 b1 a3')), [0, 1])
    assert.deepEqual(nextAfter(grouped({ bytes: 1 }), batchOf('a1 a2 b1 a3')), [0])
  })

  it('gets none of a key that is at work', () => {
    const begun = [batchOf('a1 b1 a2 c1'), Input.begun([0, 1], 1, 0)]
    assert.deepEqual(nextAfter(grouped({ count: 2 }, 2), ...begun), [3])
  })

  it('that fails is tried again whole, then each of its records by itself, once', () => {
    const first = given(grouped(), starts, batchOf('a1 a2 b1 c1'), Input.begun([0, 1, 2], 1, 0)).when(
      Input.threw(0, oops, 0, 1, true, 1)
    )
    assert.deepEqual(Session.group(first.state), [3], 'other keys go on')
    const again = first.and(tick(100))
    assert.deepEqual(Session.group(again.state), [0, 1, 2])
    const apart = again.and(Input.begun([0, 1, 2], 2, 100), Input.threw(0, oops, 100, 2, true, 1), tick(100))
    assert.deepEqual(Session.group(apart.state), [0])
    assert.deepEqual(Session.group(apart.and(Input.begun([0], 3, 100)).state), [], 'one at a time')
    const second = apart.and(Input.begun([0], 3, 100), says(0, ack(), 100, 3))
    assert.deepEqual(Session.group(second.state), [1])
    const poison = second.and(Input.begun([1], 4, 100), Input.threw(1, oops, 100, 4, true, 1))
    assert.deepEqual(poison.state.batch?.flight?.burying, 1, 'alone there is no retry: it is a dead letter')
    assert.deepEqual(Session.group(poison.state), [2], 'and the next one')
  })

  it('takes none into a group that failed in one before', () => {
    const state = given(grouped({}, 2), starts, batchOf('a1 b1 c1 d1 e1 f1')).when(
      Input.begun([0, 1, 2], 1, 0),
      Input.begun([3, 4, 5], 2, 0),
      Input.threw(3, oops, 0, 2, false),
      says(2, ack(), 0, 1),
      Input.threw(0, oops, 0, 1, true, 1),
      tick(100)
    ).state
    assert.deepEqual(Session.group(state), [0, 1])
  })

  it('decides on each record', () => {
    given(grouped(), starts, delivers(0, 3), Input.begun([0, 1, 2], 1, 0))
      .when(says(0, ack(), 0, 1))
      .gives(untilDeadline)
      .and(says(1, reject('bad'), 0, 1))
      .gives(bury(1, letter(at(1), 'bad', null)))
      .and(says(2, one(), 0, 1))
      .gives(delivery(2))
      .and(Input.buried(1, null, 0), delivered(2))
      .gives(done)
  })

  it('waits for records of its keys as long as linger says', () => {
    const lingering = grouped({ count: 2, linger: 50 }, 2)
    const begun = [batchOf('a1 b1 a2 c1'), Input.begun([0, 1], 1, 0)]
    assert.deepEqual(nextAfter(lingering, ...begun), [])
    assert.deepEqual(nextAfter(lingering, ...begun, tick(49)), [])
    assert.deepEqual(nextAfter(lingering, ...begun, tick(50)), [3])
    given(lingering, starts, batchOf('a1 b1 a2 c1'))
      .when(Input.begun([0, 1], 1, 0))
      .gives(wait(50))
  })
})

describe('the records of these tests', () => {
  it('have keys of their own', () =>
    assert.equal(new Set(r.map(({ partitionKey }) => partitionKey)).size, r.length))
})
