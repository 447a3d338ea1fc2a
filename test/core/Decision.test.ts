import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Decision from '../../src/core/Decision'

const EXPECTED = 'expected ack(), checkpoint(), skip(reason), reject(reason), halt(reason), true or false'

const reasonOf = (value: unknown): string => {
  const understood = Decision.understand(value)
  return understood._tag === 'Invalid' ? understood.reason : `not invalid: ${understood._tag}`
}

describe('Decision', () => {
  it('is understood as it was made', () => {
    const made = [
      Decision.ack(),
      Decision.checkpoint(),
      Decision.skip('s'),
      Decision.reject('r'),
      Decision.halt('h')
    ]
    assert.deepStrictEqual(made.map(Decision.understand), made)
  })

  it('is understood when another copy of the package made it', () => {
    const made = [
      { _tag: 'Ack', outputs: [] },
      { _tag: 'Checkpoint', outputs: [] },
      { _tag: 'Skip', reason: 's', outputs: [] },
      { _tag: 'Reject', reason: 'r' },
      { _tag: 'Halt', reason: 'h' }
    ]
    assert.deepStrictEqual(made.map(Decision.understand), made)
  })

  it("takes kclpy's true for a checkpoint and false for an ack", () => {
    assert.deepStrictEqual([true, false].map(Decision.understand), [Decision.checkpoint(), Decision.ack()])
  })

  it('takes undefined for a forgotten return', () => {
    assert.deepStrictEqual(Decision.understand(undefined), { _tag: 'Forgotten' })
  })

  it('takes a promise for a failure, whatever it resolves to', () => {
    const said = `the handler returned a promise as an answer; await it (in a batch handler, with Promise.all); ${EXPECTED}`
    const thenable = { _tag: 'Ack', outputs: [], then: () => undefined }
    assert.deepStrictEqual([Promise.resolve(true), thenable].map(reasonOf), [said, said])
  })

  it('names the kind of anything else', () => {
    const kinds: ReadonlyArray<readonly [unknown, string]> = [
      [null, 'null'],
      [0, 'a number'],
      ['Ack', 'a string'],
      [10n, 'a bigint'],
      [Symbol('ack'), 'a symbol'],
      [() => Decision.ack(), 'a function'],
      [[], 'an array'],
      [{}, 'an object that is not a decision'],
      [{ _tag: 'ack' }, 'an object that is not a decision']
    ]
    assert.deepStrictEqual(
      kinds.map(([value]) => reasonOf(value)),
      kinds.map(([, kind]) => `the handler returned ${kind}; ${EXPECTED}`)
    )
  })

  it('wants text for a reason', () => {
    assert.deepStrictEqual(
      [{ _tag: 'Skip' }, { _tag: 'Reject', reason: 5 }, { _tag: 'Halt', reason: null }].map(reasonOf),
      [
        'the handler returned Skip with undefined as its reason; expected a string',
        'the handler returned Reject with a number as its reason; expected a string',
        'the handler returned Halt with null as its reason; expected a string'
      ]
    )
  })

  it('keeps outputs, and refuses other values', () => {
    const emitted = Decision.emit('orders', 1)(Decision.emit('bills', 2, { key: 'k' })(Decision.ack()))
    assert.deepStrictEqual(Decision.understand(emitted), {
      _tag: 'Ack',
      outputs: [
        { sink: 'bills', value: 2, key: 'k' },
        { sink: 'orders', value: 1 }
      ]
    })
    const made = ['x', null, [{ sink: 1 }], new Array(1)].map((outputs) => ({ _tag: 'Ack', outputs }))
    assert.deepStrictEqual(made.map(reasonOf), [
      'the handler returned a string as outputs; add outputs with emit(sink, value)',
      'the handler returned null as outputs; add outputs with emit(sink, value)',
      'the handler returned an array as outputs; add outputs with emit(sink, value)',
      'the handler returned an array as outputs; add outputs with emit(sink, value)'
    ])
  })

  it('survives an object that cannot be read', () => {
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    assert.equal(reasonOf(revoked.proxy), `the handler returned an object that cannot be read; ${EXPECTED}`)
  })
})
