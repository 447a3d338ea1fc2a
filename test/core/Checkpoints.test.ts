import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Checkpointed } from '../../src/protocol/Action'
import * as Checkpoints from '../../src/core/Checkpoints'
import type { Mark } from '../../src/core/Progress'
import * as Reply from '../../src/protocol/Reply'

const mark = (sequenceNumber: string, subSequenceNumber = 0, ordinal = 1): Mark => ({
  sequenceNumber,
  subSequenceNumber,
  ordinal
})

const fresh = Checkpoints.initial(null)
const sent = (target: Mark): Checkpoints.Checkpoints => Checkpoints.send(Checkpoints.want(fresh, target))[0]
const ends = Checkpoints.send(Checkpoints.wantEnd(fresh))[0]

const answer = (sequenceNumber: string | null, subSequenceNumber: number | null): Checkpointed => ({
  _tag: 'Checkpointed',
  sequenceNumber,
  subSequenceNumber,
  error: null
})

describe('Checkpoints: what is wanted', () => {
  it('is above the last acknowledged position, sub-sequence number included', () => {
    const resumed = Checkpoints.initial({ sequenceNumber: '10', subSequenceNumber: 3 })
    const tried = [mark('9'), mark('10', 2), mark('10', 3), mark('10', 4), mark('11')]
    assert.deepStrictEqual(
      tried.map((target) => Checkpoints.want(resumed, target).wanted),
      [null, null, null, mark('10', 4), mark('11')]
    )
  })

  it('is above what is in flight', () => {
    assert.deepStrictEqual(
      [mark('9'), mark('10'), mark('11')].map((target) => Checkpoints.want(sent(mark('10')), target).wanted),
      [null, null, mark('11')]
    )
    assert.equal(Checkpoints.want(ends, mark('11')).wanted, null)
  })

  it('is replaced by a newer one, which is counted, and not by an older one', () => {
    const newer = Checkpoints.want(Checkpoints.want(fresh, mark('9')), mark('10'))
    assert.deepStrictEqual(newer, { ...fresh, wanted: mark('10'), coalesced: 1 })
    assert.equal(Checkpoints.want(newer, mark('9')), newer)
    assert.equal(Checkpoints.want(newer, mark('10')), newer)
  })

  it('is replaced by the end of the shard, once', () => {
    const end = Checkpoints.wantEnd(Checkpoints.want(fresh, mark('9')))
    assert.deepStrictEqual(end, { ...fresh, wanted: 'End', coalesced: 1 })
    assert.deepStrictEqual(Checkpoints.wantEnd(end), end)
    assert.equal(Checkpoints.want(end, mark('10')), end)
    assert.equal(Checkpoints.wantEnd(fresh).coalesced, 0)
  })

  it('can be forgotten', () => {
    assert.deepStrictEqual(Checkpoints.forget(Checkpoints.want(fresh, mark('9'))), fresh)
    assert.equal(Checkpoints.forget(fresh), fresh)
  })
})

describe('Checkpoints: sending', () => {
  it('waits for a want, for the answer in flight and for the backoff', () => {
    const wanted = Checkpoints.want(fresh, mark('9'))
    assert.deepStrictEqual(
      [
        Checkpoints.sendable(fresh, 0),
        Checkpoints.sendable(wanted, 0),
        Checkpoints.sendable(Checkpoints.want(sent(mark('8')), mark('9')), 0),
        Checkpoints.sendable({ ...wanted, notBefore: 100 }, 99),
        Checkpoints.sendable({ ...wanted, notBefore: 100 }, 100)
      ],
      [false, true, false, false, true]
    )
  })

  it('carries both numbers', () => {
    const [state, reply] = Checkpoints.send(Checkpoints.want(fresh, mark('9', 4)))
    assert.deepStrictEqual(reply, Reply.checkpoint({ sequenceNumber: '9', subSequenceNumber: 4 }))
    assert.deepStrictEqual(state, { ...fresh, inFlight: mark('9', 4), sent: 1 })
  })

  it('carries no number at the end of the shard: with one the daemon stores no SHARD_END', () => {
    assert.deepStrictEqual(Checkpoints.send(Checkpoints.wantEnd(fresh))[1], {
      _tag: 'Checkpoint',
      sequenceNumber: null,
      subSequenceNumber: null
    })
  })
})

describe('Checkpoints: the answer', () => {
  it('echoes both numbers of the request; a missing sub-sequence number is no other one', () => {
    const state = sent(mark('9', 4))
    const tried = [answer('9', 4), answer('9', null), answer('9', 3), answer('8', 4), answer(null, null)]
    assert.deepStrictEqual(
      tried.map((one) => Checkpoints.answers(state, one)),
      [true, true, false, false, false]
    )
  })

  it('echoes no number at the end of the shard', () => {
    assert.deepStrictEqual(
      [answer(null, null), answer('9', 0)].map((one) => Checkpoints.answers(ends, one)),
      [true, false]
    )
  })

  it('answers nothing when nothing was asked', () => {
    assert.equal(Checkpoints.answers(fresh, answer(null, null)), false)
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
    assert.deepStrictEqual(names.map(Checkpoints.verdict), [
      'Done',
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

  it('stores the position, and begins every count anew', () => {
    const tired = { ...sent(mark('9', 4, 6)), attempt: 3, notBefore: 500, refused: 4, failed: 7 }
    assert.deepStrictEqual(Checkpoints.answered(tired, 8, null, 1_000, 0.5), {
      ...fresh,
      acknowledged: mark('9', 4, 6),
      covered: 6,
      sent: 1,
      failed: 7
    })
  })

  it('covers all that was finished when the shard has ended', () => {
    assert.deepStrictEqual(Checkpoints.answered(ends, 8, null, 0, 0.5), { ...fresh, covered: 8, sent: 1 })
  })

  it('brings a throttled request back after a pause', () => {
    assert.deepStrictEqual(Checkpoints.answered(sent(mark('9')), 8, 'ThrottlingException', 1_000, 0.5), {
      ...fresh,
      wanted: mark('9'),
      attempt: 1,
      notBefore: 1_150,
      sent: 1,
      failed: 1
    })
  })

  it('brings a newer request in place of the throttled one', () => {
    const newer = Checkpoints.want(sent(mark('9')), mark('10'))
    const { wanted, notBefore } = Checkpoints.answered(
      { ...newer, attempt: 1 },
      8,
      'ThrottlingException',
      1_000,
      0.5
    )
    assert.deepStrictEqual([wanted, notBefore], [mark('10'), 1_300])
  })

  it('drops everything when the lease is gone', () => {
    const newer = Checkpoints.want(sent(mark('9')), mark('10'))
    assert.deepStrictEqual(Checkpoints.answered(newer, 8, 'ShutdownException', 0, 0.5), {
      ...fresh,
      sent: 1,
      failed: 1
    })
  })

  it('drops a refused request and keeps the newer one', () => {
    const newer = Checkpoints.want(sent(mark('9')), mark('10'))
    assert.deepStrictEqual(Checkpoints.answered(newer, 8, 'IllegalArgumentException', 0, 0.5), {
      ...fresh,
      wanted: mark('10'),
      refused: 1,
      sent: 1,
      failed: 1
    })
  })
})

describe('Checkpoints: the back-off', () => {
  it('grows from 200 ms to 10 s', () => {
    assert.deepStrictEqual(
      [0, 2, 5_000].map((attempt) => {
        const tired = { ...sent(mark('9')), attempt }
        return Checkpoints.answered(tired, 8, 'ThrottlingException', 0, 1).notBefore
      }),
      [200, 800, 10_000]
    )
  })

  it('is forgotten when there is a new reason to try', () => {
    assert.deepStrictEqual(Checkpoints.afresh({ ...fresh, attempt: 3, notBefore: 500 }), fresh)
  })
})

describe('Checkpoints in words', () => {
  it('are shown by their position', () => {
    assert.deepStrictEqual([null, 'End' as const, mark('9', 1)].map(Checkpoints.showTarget), [
      'none',
      'SHARD_END',
      '9/1'
    ])
  })
})
