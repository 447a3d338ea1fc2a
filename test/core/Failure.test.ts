import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as vm from 'node:vm'
import * as Failure from '../../src/core/Failure'

const unprintable = Failure.make('NotAnError', 'a value that cannot be printed was thrown')

describe('Failure', () => {
  it('takes name, message and stack of an error', () => {
    const error = new RangeError('too far')
    assert.deepStrictEqual(
      Failure.fromUnknown(error),
      Failure.make('RangeError', 'too far', error.stack ?? null)
    )
  })

  it('takes an error of another realm for an error', () => {
    const { name, message, stack } = Failure.fromUnknown(vm.runInNewContext('new TypeError("over there")'))
    assert.deepStrictEqual([name, message, typeof stack], ['TypeError', 'over there', 'string'])
  })

  it('tells what was thrown when it is no error', () => {
    const thrown = [
      'text',
      7,
      null,
      undefined,
      { code: 3 },
      () => 1,
      Symbol('s'),
      { message: 'm' },
      { stack: 's' }
    ]
    assert.deepStrictEqual(
      thrown.map(Failure.fromUnknown),
      [
        'text',
        '7',
        'null',
        'undefined',
        '{"code":3}',
        'function',
        'symbol',
        '{"message":"m"}',
        '{"stack":"s"}'
      ].map((message) => Failure.make('NotAnError', message))
    )
  })

  it('survives what cannot be read', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no')
        }
      }
    )
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    assert.deepStrictEqual([hostile, circular, 10n, revoked.proxy].map(Failure.fromUnknown), [
      unprintable,
      unprintable,
      unprintable,
      unprintable
    ])
  })

  it('gives text for the fields of an error that are none', () => {
    const error = Object.assign(new Error('x'), { name: 5, message: null, stack: {} })
    assert.deepStrictEqual(Failure.fromUnknown(error), Failure.make('Error', '', null))
  })

  it('takes an error without a stack', () => {
    const error = new Error('x')
    delete error.stack
    assert.deepStrictEqual(Failure.fromUnknown(error), Failure.make('Error', 'x', null))
  })

  it('is shown by its name and message, or by its name alone', () => {
    assert.deepStrictEqual(
      [Failure.show(Failure.make('E', 'm')), Failure.show(Failure.make('E', ''))],
      ['E: m', 'E']
    )
  })
})
