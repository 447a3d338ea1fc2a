/** What a handler logs can never fail its record, nor the thread that sends it on. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import fc from 'fast-check'
import { ack } from '../../src/core/Decision'
import type { EffectHandler } from '../../src/core/Handler'
import * as Logged from '../../src/run/Logged'
import { context, record, records, runEffect } from '../../src/testing'

const thrower = (): never => {
  throw new Error('hostile')
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const circle = (): object => {
  const one: Record<string, unknown> = { name: 'one' }
  one['self'] = one
  return one
}

const detached = (): ArrayBuffer => {
  const buffer = new ArrayBuffer(8)
  new MessageChannel().port1.postMessage(null, [buffer])
  return buffer
}

class Order {
  readonly id = 'o-1'
  readonly #secret = 1
  get total(): number {
    return this.#secret
  }
}

const values: ReadonlyArray<readonly [string, unknown, unknown]> = [
  [
    'a response as axios gives it',
    { status: 200, config: { validateStatus: thrower } },
    { status: 200, config: { validateStatus: '[function]' } }
  ],
  ['a function', thrower, '[function]'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['a bigint', 2n ** 64n, '18446744073709551616'],
  ['no number', NaN, 'NaN'],
  ['a negative zero, which JSON does not have', -0, 0],
  ['a circle', circle(), { name: 'one', self: '[circular]' }],
  [
    'a getter that throws',
    {
      a: 1,
      get b() {
        return thrower()
      }
    },
    { a: 1, b: '[cannot be read]' }
  ],
  ['a toJSON that throws', { toJSON: thrower }, '[cannot be read]'],
  [
    'a toJSON that gives itself',
    {
      toJSON() {
        return this
      }
    },
    '[circular]'
  ],
  ['a proxy that was revoked', revoked(), '[cannot be read]'],
  [
    'a proxy that throws',
    new Proxy({}, { get: thrower, ownKeys: thrower, has: thrower }),
    '[cannot be read]'
  ],
  ['an object of a class', new Order(), { id: 'o-1' }],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a date that is none', new Date(NaN), null],
  ['bytes', new Uint8Array(3), '[Uint8Array of 3 bytes]'],
  ['a buffer that was given away', detached(), '[ArrayBuffer of 0 bytes]'],
  [
    'a map',
    new Map<unknown, unknown>([
      ['a', 1],
      [{ b: 2 }, thrower]
    ]),
    { a: 1, '{"b":2}': '[function]' }
  ],
  ['a set', new Set([1, thrower]), [1, '[function]']],
  ['a list with holes', Object.assign(new Array<unknown>(3), { 0: 1 }), [1, null, null]],
  ['a weak map', new WeakMap(), {}]
]

const isCloned = (logged: Logged.Logged): boolean => {
  assert.deepEqual(structuredClone(logged), logged)
  assert.deepEqual(JSON.parse(JSON.stringify(logged)), logged)
  return true
}

describe('what a handler logs', () => {
  for (const [what, value, expected] of values)
    it(`is plain data: ${what}`, () => {
      const logged = Logged.make('warn', 'stored', { value })
      assert.deepEqual(logged, { level: 'warn', message: 'stored', fields: { value: expected } })
      assert.ok(isCloned(logged))
    })

  it('keeps the cause and the parts of an error', () => {
    const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), {
      code: 'E',
      retry: thrower
    })
    const { fields } = Logged.make('error', 'failed', { error })
    const { cause, ...rest } = (fields as unknown as Record<string, Record<string, unknown>>)['error'] ?? {}
    assert.deepEqual(rest, {
      name: 'TypeError',
      message: 'outer',
      stack: error.stack,
      code: 'E',
      retry: '[function]'
    })
    assert.equal((cause as Record<string, unknown>)['message'], 'inner')
  })

  it('is bounded: a long text, a large list, and what is nested deeply', () => {
    let deep: object = {}
    for (let i = 0; i < 100_000; i++) deep = { deep }
    const logged = Logged.make('info', 'x'.repeat(10 << 20), {
      text: 'y'.repeat(10 << 20),
      list: Array.from({ length: 1_000_000 }, (_, i) => i),
      deep
    })
    assert.ok(isCloned(logged))
    assert.ok(JSON.stringify(logged).length < 200_000)
  })

  it('has the name of a value that was too long for the line', () => {
    const body = 'z'.repeat(10 << 20)
    const { fields } = Logged.make('info', 'stored', { body, next: body })
    assert.deepEqual(Object.keys(fields), ['body', 'next'])
  })

  it('has a level and a text, whatever was given for them', () => {
    const cases: ReadonlyArray<readonly [unknown, unknown, unknown]> = [
      ['fatal', 7, null],
      [undefined, Symbol('m'), 'text'],
      [revoked(), revoked(), revoked()],
      [1, undefined, [1, 2]]
    ]
    assert.deepEqual(
      cases.map((given) => Logged.make(...given)),
      [
        { level: 'info', message: '7', fields: {} },
        { level: 'info', message: 'Symbol(m)', fields: { value: 'text' } },
        { level: 'info', message: '[cannot be read]', fields: { value: '[cannot be read]' } },
        { level: 'info', message: 'undefined', fields: { value: [1, 2] } }
      ]
    )
  })

  it('never throws and can always be sent to another thread', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withNullPrototype: true,
          withSet: true,
          withSparseArray: true,
          withTypedArray: true
        }),
        fc.anything(),
        (fields, message) => isCloned(Logged.make('info', message, fields))
      )
    )
  })

  it('fails no record, and comes to the test kit as the log has it', async () => {
    const all = Object.fromEntries(values.map(([what, value]) => [what, value]))
    const handler: EffectHandler = (_record, { log }) => {
      log('info', 'all', all as never)
      log('silly' as never, null as never, revoked() as never)
      return Promise.resolve(ack())
    }
    const { deadLetters, logs } = await runEffect(handler, { failure: { retries: 0 } }, records(1))
    const expected = Object.fromEntries(values.map(([what, , plain]) => [what, plain]))
    const own = logs.filter(({ message }) => message === 'all' || message === 'null')
    assert.deepEqual([deadLetters, own.length, { ...own[0]?.fields, ...expected }], [[], 2, own[0]?.fields])
    const made = context()
    await (handler(record(), made) as Promise<unknown>)
    assert.deepEqual(made.logged[0], { level: 'info', message: 'all', fields: expected })
  })
})
