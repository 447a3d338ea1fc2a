import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { HandlerModule } from '../../src/edge/HandlerModule'
import * as Resource from '../../src/edge/Resource'

const moduleWith = (exports: Readonly<Record<string, unknown>>): HandlerModule => ({
  handler: () => true,
  version: null,
  name: 'handler.ts',
  exported: (name) => exports[name]
})

const acquired = (acquire: unknown, release?: unknown) =>
  Resource.acquire(moduleWith({ acquire, release }), 1000)

/** The value, or the message without its frames. */
const valueOf = async (acquire: unknown): Promise<unknown> =>
  pipe(
    await acquired(acquire),
    E.matchW(
      (problem) => problem.replace(/\n +at [^]*/, ''),
      ({ value }) => value
    )
  )

describe('acquire', () => {
  it('gives what the function gives, or its promise, Task or TaskEither', async () =>
    assert.deepEqual(
      await Promise.all(
        [
          () => 1,
          () => Promise.resolve(2),
          () => () => Promise.resolve(3),
          () => TE.right(4),
          TE.right(5),
          undefined
        ].map(valueOf)
      ),
      [1, 2, 3, 4, 5, undefined]
    ))

  it('that throws, rejects or gives a Left is reported with the name of the module', async () => {
    const refuse = (): never => {
      throw new Error('no database')
    }
    for (const fails of [
      refuse,
      () => Promise.reject(new Error('no database')),
      () => TE.left(new Error('no database'))
    ])
      assert.equal(await valueOf(fails), '`acquire` of handler.ts failed: Error: no database')
  })

  it('that takes longer than the deadline has failed', async () => {
    const late = await Resource.acquire(moduleWith({ acquire: () => new Promise(() => undefined) }), 1)
    assert.ok(E.isLeft(late))
    assert.match(late.left, /^`acquire` of handler\.ts failed: DeadlineExceeded: it took longer than 1 ms/)
  })

  it('may have a deadline that is longer than any timer of Node', async () => {
    const slow = () => new Promise((resolve) => setTimeout(() => resolve('a pool'), 20))
    const resource = await Resource.acquire(moduleWith({ acquire: slow }), 30 * 86_400_000)
    assert.ok(E.isRight(resource))
    assert.equal(resource.right.value, 'a pool')
  })

  it('or release that is no function is reported', async () => {
    assert.deepEqual(
      await acquired('pool'),
      E.left('handler.ts: the export `acquire` is of type string, expected a function')
    )
    assert.deepEqual(
      await acquired(undefined, {}),
      E.left('handler.ts: the export `release` is of type object, expected a function')
    )
  })
})

describe('release', () => {
  it('gets what acquire gave', async () => {
    const released: Array<unknown> = []
    const resource = await acquired(
      () => Promise.resolve('pool'),
      (pool: unknown) => {
        released.push(pool)
        return Promise.resolve()
      }
    )
    assert.ok(E.isRight(resource))
    assert.deepEqual([await resource.right.release(), released], [E.right(undefined), ['pool']])
  })

  it('that fails is reported, and does not throw', async () => {
    const resource = await acquired(
      () => 1,
      () => Promise.reject(new Error('busy'))
    )
    assert.ok(E.isRight(resource))
    assert.match(
      String(E.toUnion(await resource.right.release())),
      /^`release` of handler\.ts failed: Error: busy\n/
    )
  })
})
