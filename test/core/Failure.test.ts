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

  it('reports what was thrown when it is no error', () => {
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
        'Symbol(s)',
        '{"message":"m"}',
        '{"stack":"s"}'
      ].map((message) => Failure.make('NotAnError', message))
    )
  })

  it('reports the errors within an object that is not an error, and what led to them', () => {
    const refused = new Error('fetch failed', { cause: new Error('connect ECONNREFUSED') })
    const circle: Record<string, unknown> = { error: refused }
    circle['self'] = circle
    const within = { _tag: 'Unreachable', at: { error: refused }, count: 10n }
    for (const [thrown, message] of [
      [
        { _tag: 'Unreachable', error: refused },
        '{"_tag":"Unreachable"} (error: Error: fetch failed (cause: Error: connect ECONNREFUSED))'
      ],
      [
        [refused],
        '["Error: fetch failed"] (errors: Error: fetch failed (cause: Error: connect ECONNREFUSED))'
      ],
      [within, '{"_tag":"Unreachable","at":{"error":"Error: fetch failed"},"count":"10"}'],
      [circle, '{"self":"[shown before]"} (error: Error: fetch failed (cause: Error: connect ECONNREFUSED))']
    ] as const)
      assert.deepEqual(Failure.fromUnknown(thrown).message, message)
    assert.match(
      Failure.fromUnknown({ _tag: 'Unreachable', error: refused }).stack ?? '',
      /^NotAnError: \{"_tag":"Unreachable"\}\nCaused by: Error: fetch failed\n/
    )
  })

  it('keeps both ends of a long message of a cause, where the status of an answer may be', () => {
    const cause = new Error(`POST https://example.com/${'x'.repeat(600)} answered 503`)
    const { message } = Failure.fromUnknown(new Error('not stored', { cause }))
    assert.match(
      message,
      /^not stored \(cause: Error: POST https:\/\/example\.com\/x+\.\.\.x+ answered 503\)$/
    )
    assert.equal(message.length, 'not stored (cause: Error: ...)'.length + 500)
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
      Failure.make('NotAnError', '{"self":"[shown before]"}'),
      Failure.make('NotAnError', '10'),
      unprintable
    ])
  })

  it('gives text for the fields of an error that are not text', () => {
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

describe('what led to an error', () => {
  const messageOf = (thrown: unknown): string => Failure.show(Failure.fromUnknown(thrown))

  it('is in its message and in its stack: "fetch failed" was all that a letter kept', () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:9')
    const error = new TypeError('fetch failed', { cause })
    assert.deepStrictEqual(
      Failure.fromUnknown(error),
      Failure.make(
        'TypeError',
        'fetch failed (cause: Error: connect ECONNREFUSED 127.0.0.1:9)',
        `${error.stack}\nCaused by: ${cause.stack}`
      )
    )
  })

  it('may be several errors, one in another, and no errors at all', () => {
    const refused = [new Error('v4'), new Error('v6')]
    assert.deepStrictEqual(
      [
        new AggregateError(refused),
        new AggregateError(refused, 'all failed'),
        new Error('a', { cause: new AggregateError(refused) }),
        new Error('a', { cause: new RangeError('b', { cause: 'c' }) }),
        new Error('', { cause: { code: 7 } }),
        new Error('a', { cause: null }),
        Object.assign(new Error('a'), { errors: ['no error'] }),
        Object.assign(new Error('a'), { name: 'SuppressedError', error: new Error('b'), suppressed: 'c' }),
        vm.runInNewContext('new TypeError("a", { cause: new Error("b") })')
      ].map(messageOf),
      [
        'AggregateError: (errors: Error: v4; Error: v6)',
        'AggregateError: all failed (errors: Error: v4; Error: v6)',
        'Error: a (cause: AggregateError: (errors: Error: v4; Error: v6))',
        'Error: a (cause: RangeError: b (cause: c))',
        'Error: (cause: {"code":7})',
        'Error: a',
        'Error: a',
        'SuppressedError: a (error: Error: b) (suppressed: c)',
        'TypeError: a (cause: Error: b)'
      ]
    )
  })

  it('may be a circle, or the error itself', () => {
    const a = new Error('a')
    const b = new Error('b', { cause: a })
    a.cause = b
    assert.equal(messageOf(a), 'Error: a (cause: Error: b)')
    const self = new AggregateError([], 'self')
    self.errors.push(self)
    assert.equal(messageOf(self), 'AggregateError: self')
  })

  it('is bounded, however deep, wide and long it is', () => {
    let chain: unknown = 'the end'
    for (let i = 9; i >= 0; i--) chain = new Error(String(i), { cause: chain })
    assert.equal(
      messageOf(chain),
      'Error: 0 (cause: Error: 1 (cause: Error: 2 (cause: Error: 3 (cause: Error: 4 (cause: Error: 5)))))'
    )
    const wide = (depth: number): Error =>
      new AggregateError(
        Array.from({ length: depth === 0 ? 10 : 1000 }, () =>
          depth === 0 ? new Error('x'.repeat(1e5)) : wide(depth - 1)
        )
      )
    const { message, stack } = Failure.fromUnknown(wide(1))
    assert.ok(message.length < 20 * 600, String(message.length))
    assert.ok((stack?.length ?? 0) < 20 * 2600 + 1000, String(stack?.length))
    assert.match(message, /; and 995 more\)$/)
  })

  it('that cannot be read leaves the error as it is', () => {
    const throws = {
      get: (): never => {
        throw new Error('no')
      }
    }
    const revoked = Proxy.revocable([], {})
    revoked.revoke()
    const hostile = new Proxy({}, { get: throws.get, has: throws.get })
    assert.deepStrictEqual(
      [
        Object.defineProperty(new Error('a'), 'cause', throws),
        Object.defineProperty(new Error('a'), 'errors', throws),
        Object.assign(new Error('a'), { errors: revoked.proxy }),
        new Error('a', { cause: hostile }),
        new AggregateError([hostile, new Error('b')], 'a')
      ].map(messageOf),
      [
        'Error: a',
        'Error: a',
        'Error: a',
        'Error: a (cause: a value that cannot be printed was thrown)',
        'AggregateError: a (errors: a value that cannot be printed was thrown; Error: b)'
      ]
    )
  })
})
