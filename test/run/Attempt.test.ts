import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Attempt from '../../src/run/Attempt'

/** How the effect that was returned ends; null: it is none. */
const endOf = (returned: unknown): Promise<Attempt.End | null> => {
  const effect = Attempt.begin(returned)
  return effect === null ? Promise.resolve(null) : new Promise((resolve) => Attempt.follow(effect, resolve))
}

const named = async (returned: unknown): Promise<string> => {
  const end = await endOf(returned)
  if (end === null) return 'no effect'
  return end._tag === 'Failure' ? `${end.failure.name}: ${end.failure.message}` : `value ${String(end.value)}`
}

const boom = new Error('boom')
const explode = (): never => {
  throw boom
}

describe('what a handler returned', () => {
  it('is an effect when it is a promise, has a `then`, or is a function without arguments that gives one', async () => {
    assert.equal(await named(Promise.resolve(1)), 'value 1')
    assert.equal(await named({ then: (keep: (value: number) => void) => keep(2) }), 'value 2')
    assert.equal(await named(() => Promise.resolve(3)), 'value 3')
    for (const none of [undefined, null, true, { _tag: 'Ack' }, () => 4, (a: unknown) => Promise.resolve(a)])
      assert.equal(await named(none), 'no effect')
  })

  it('ends as its Either says', async () => {
    assert.equal(await named(() => Promise.resolve(E.right(1))), 'value 1')
    assert.equal(await named(Promise.resolve(E.left(boom))), 'Error: boom')
  })

  it('fails when it rejects, and when a Task throws as it begins', async () => {
    assert.equal(await named(Promise.reject(boom)), 'Error: boom')
    assert.equal(await named(explode), 'Error: boom')
  })

  it('ends once, as it ended first', async () => {
    const twice = {
      then: (keep: (value: number) => void, fail: (thrown: unknown) => void) => {
        keep(1)
        fail(boom)
        keep(2)
      }
    }
    assert.equal(await named(twice), 'value 1')
  })

  it('fails when what it resolves to cannot be read', async () => {
    const hostile = Object.defineProperty({}, '_tag', { get: explode })
    assert.equal(await named(Promise.resolve(hostile)), 'Error: boom')
  })
})
