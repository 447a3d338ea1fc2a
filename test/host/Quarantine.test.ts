import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Position from '../../src/protocol/Position'
import * as Quarantine from '../../src/host/Quarantine'
import { record } from '../../src/testing'

const at = (sequenceNumber: number, sub = 0): Position.Position => Position.make(String(sequenceNumber), sub)

const entry = (
  from: Position.Position,
  to = from,
  shardId = 'shard-1',
  stream = 'orders'
): Quarantine.Entry => ({
  stream,
  shardId,
  from,
  to,
  part: 'handler',
  how: 'hung',
  time: 1_000
})

const of = (sequenceNumber: number, subSequenceNumber = 0, shardId = 'shard-1') =>
  record({ shardId, sequenceNumber: String(sequenceNumber), subSequenceNumber })

const call = (from: Position.Position, to: Position.Position, isAlone: boolean): Quarantine.Call => ({
  shardId: 'shard-1',
  from,
  to,
  part: 'handler',
  isAlone
})

describe('what is known of a record', () => {
  it('is a charge for that record alone', () => {
    const known = { charged: [entry(at(7, 1))], suspects: [] }
    assert.deepEqual(
      [of(7, 1), of(7, 0), of(8, 1), of(7, 1, 'shard-2')].map(
        (one) => Quarantine.charge(known, one) !== undefined
      ),
      [true, false, false, false]
    )
  })

  it('is a suspicion for each record of a range', () => {
    const known = { charged: [], suspects: [entry(at(7), at(9))] }
    assert.deepEqual(
      [of(6), of(7), of(8), of(9, 1), of(8, 0, 'shard-2')].map((one) => Quarantine.isSuspect(known, one)),
      [false, true, true, false, false]
    )
    assert.equal(Quarantine.charge(known, of(8)), undefined)
  })

  it('keeps several records apart when any of them may be the one', () => {
    const known = { charged: [entry(at(5))], suspects: [entry(at(7), at(9))] }
    assert.equal(Quarantine.among(known, [of(6), of(8)]), known.suspects[0])
    assert.equal(Quarantine.among(known, [of(5), of(8)]), known.charged[0])
    assert.equal(Quarantine.among(known, [of(4), of(6)]), undefined)
  })

  it('is of one stream, unless it was written when none was noted', () => {
    const old = { ...entry(at(1)), stream: null }
    const known = { charged: [entry(at(1)), entry(at(2), at(2), 'shard-1', 'bills'), old], suspects: [] }
    assert.deepEqual(Quarantine.of(known, 'orders').charged, [known.charged[0], old])
  })
})

it('an end while a record ran alone is a charge; any other end makes suspects', () => {
  const calls = [call(at(1), at(1), true), call(at(2), at(2), false), call(at(3), at(5), true)]
  assert.deepEqual(
    Quarantine.events(calls, 'orders', 'exited', 5).map(({ _tag }) => _tag),
    ['Charged', 'Suspected', 'Suspected']
  )
})

it('an entry is done with when a checkpoint covers all of it', () => {
  const known = {
    charged: [entry(at(10)), entry(at(3), at(3), 'shard-2')],
    suspects: [entry(at(7), at(9))]
  }
  assert.equal(Quarantine.uncovered(known, 'shard-1', at(8)), known)
  assert.deepEqual(Quarantine.uncovered(known, 'shard-1', at(9)), { charged: known.charged, suspects: [] })
  assert.deepEqual(Quarantine.uncovered(known, 'shard-1', at(100)), {
    charged: known.charged.slice(1),
    suspects: []
  })
})

describe('what events come to', () => {
  const number = fc.integer({ min: 0, max: 4 })
  const event: fc.Arbitrary<Quarantine.Event> = fc.oneof(
    fc
      .tuple(fc.constantFrom('Suspected', 'Charged'), number, number, number)
      .map(([_tag, from, more, time]): Quarantine.Event => ({
        _tag: _tag === 'Charged' ? 'Charged' : 'Suspected',
        entry: { ...entry(at(from), at(_tag === 'Charged' ? from : from + more)), time }
      })),
    fc.tuple(number, number).map(([position, time]): Quarantine.Event => ({
      _tag: 'Covered',
      stream: 'orders',
      shardId: 'shard-1',
      position: at(position),
      time
    }))
  )
  const shown = ({ charged, suspects }: Quarantine.Known): unknown =>
    [charged, suspects].map((one) => one.map((entry) => JSON.stringify(entry)).sort())

  it('does not depend on their order, nor on how often each is there', () => {
    fc.assert(
      fc.property(fc.array(event), fc.array(fc.nat()), (events, order) => {
        const shuffled = [...events, ...events]
          .map((one, i) => [order[i] ?? 0, one] as const)
          .sort(([a], [b]) => a - b)
          .map(([, one]) => one)
        assert.deepEqual(
          shown(Quarantine.fold(Quarantine.nothing, shuffled, 10)),
          shown(Quarantine.fold(Quarantine.nothing, events, 10))
        )
      })
    )
  })

  it('is a charge once there is one, and nothing once it is covered or older than Kinesis keeps records', () => {
    const suspected: Quarantine.Event = { _tag: 'Suspected', entry: entry(at(7)) }
    const charged: Quarantine.Event = { _tag: 'Charged', entry: { ...entry(at(7)), time: 2_000 } }
    const covered: Quarantine.Event = {
      _tag: 'Covered',
      stream: 'orders',
      shardId: 'shard-1',
      position: at(7),
      time: 3_000
    }
    assert.deepEqual(Quarantine.fold(Quarantine.nothing, [charged, suspected], 5_000), {
      charged: [charged.entry],
      suspects: []
    })
    assert.deepEqual(
      Quarantine.fold(Quarantine.nothing, [covered, charged, suspected], 5_000),
      Quarantine.nothing
    )
    assert.deepEqual(
      Quarantine.fold(Quarantine.nothing, [{ ...covered, stream: 'bills' }, suspected], 5_000).suspects,
      [suspected.entry]
    )
    assert.deepEqual(
      Quarantine.fold(Quarantine.nothing, [suspected], 366 * 24 * 3600 * 1000),
      Quarantine.nothing
    )
  })
})
