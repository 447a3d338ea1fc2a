/** A batch handler's missing answers: a failure of their records in whatever form they are missing. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import fc from 'fast-check'
import * as Answers from '../../src/core/Answers'
import { ack, type Decision } from '../../src/core/Decision'
import { records, runEffect } from '../../src/testing'

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable([ack()], {})
  revoke()
  return proxy
}

const throwing = (): ReadonlyArray<unknown> =>
  Object.defineProperty([ack(), ack()], 0, {
    get: () => {
      throw new Error('hostile')
    }
  })

const unreadable: ReadonlyArray<readonly [string, unknown, string]> = [
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['one answer', ack(), 'an object that is not an array'],
  ['true', true, 'a boolean'],
  ['an object like an array', { 0: ack(), 1: ack(), length: 2 }, 'an object that is not an array'],
  ['a set', new Set([ack(), 1]), 'an object that is not an array'],
  ['an iterator', [ack(), ack()].values(), 'an object that is not an array'],
  ['too few', [ack()], '1 answer'],
  ['too many', [ack(), ack(), ack()], '3 answers'],
  ['a revoked proxy', revoked(), 'an array that cannot be read'],
  ['a getter that throws', throwing(), 'an array that cannot be read']
]

describe('the answers of a batch handler', () => {
  for (const [what, value, shown] of unreadable)
    it(`are refused as a whole: ${what}`, () =>
      assert.deepEqual(
        pipe(
          Answers.read(value, 2),
          E.mapLeft(({ message }) => message)
        ),
        E.left(`the batch handler returned ${shown}, expected an array of 2, one answer for each record`)
      ))

  it('are missing where there is a hole or undefined, and nowhere else', () => {
    const holes = Object.assign(new Array<unknown>(4), { 0: ack(), 2: undefined, 3: null })
    assert.deepEqual(
      Answers.read(holes, 4),
      E.right({ values: [ack(), undefined, undefined, null], missing: [1, 2] })
    )
  })

  it('are missing in a hole where the prototype of the array has something', () => {
    const holes: Array<unknown> = new Array<unknown>(1)
    Object.setPrototypeOf(holes, [ack()])
    assert.deepEqual(Answers.read(holes, 1), E.right({ values: [undefined], missing: [0] }))
  })

  it('fail the records that have none, in arrays with holes of all kinds, and no other (5 of 10 were acknowledged)', async () => {
    const answer = fc.constantFrom('ack', 'hole', 'undefined', 'null', 'promise')
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        fc.nat({ max: 2 }),
        async (kinds, isLater, retries) => {
          const list = records(kinds.length)
          const kindOf = (sequenceNumber: string): string | undefined =>
            kinds[list.findIndex((record) => record.sequenceNumber === sequenceNumber)]
          const batchHandler = (batch: typeof list): ReadonlyArray<Decision> => {
            const answers = new Array<unknown>(batch.length)
            batch.forEach(({ sequenceNumber }, i) => {
              const kind = kindOf(sequenceNumber)
              if (kind === 'ack') answers[i] = ack()
              if (kind === 'undefined') answers[i] = undefined
              if (kind === 'null') answers[i] = null
              if (kind === 'promise') answers[i] = Promise.resolve(ack())
            })
            return answers as ReadonlyArray<Decision>
          }
          const { deadLetters, stored, exit, logs } = await runEffect(
            {
              batchHandler: (batch) => (isLater ? Promise.resolve(batchHandler(batch)) : batchHandler(batch))
            },
            { checkpoint: { count: 1 }, failure: { retries, breaker: 0 } },
            list
          )
          assert.deepEqual(
            deadLetters.map(({ sequenceNumber }) => sequenceNumber).sort(),
            list
              .map(({ sequenceNumber }) => sequenceNumber)
              .filter((number) => kindOf(number) !== 'ack')
              .sort()
          )
          assert.equal(logs.filter(({ message }) => message.includes('taken as ack')).length, 0)
          assert.deepEqual([stored === null, exit], [false, 0])
        }
      )
    )
  })
})
