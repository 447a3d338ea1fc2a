import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { within } from '../../src/aws/Within'
import type { Answer } from '../../src/aws/Permission'

const going = (): AbortSignal => new AbortController().signal

const nameOf = (answer: Answer<unknown>): unknown =>
  E.isLeft(answer) && answer.left instanceof Error ? answer.left.name : answer

/** What never ends by itself, and whether it was told to. */
const endless = () => {
  let told: AbortSignal | undefined
  return {
    ask: (signal: AbortSignal): Promise<never> => {
      told = signal
      return new Promise(() => undefined)
    },
    isTold: () => told?.aborted
  }
}

describe('a wait that has an end', () => {
  it('gives the answer', async () => {
    deepStrictEqual(await within(60_000, going())(() => Promise.resolve(1)), E.right(1))
  })

  it('gives what went wrong', async () => {
    const wrong = new Error('wrong')
    deepStrictEqual(await within(60_000, going())(() => Promise.reject(wrong)), E.left(wrong))
  })

  it('ends in time, and reports what it waited for', async () => {
    const { ask, isTold } = endless()
    deepStrictEqual(nameOf(await within(1, going())(ask)), 'TimeoutError')
    deepStrictEqual(isTold(), true)
  })

  it('ends when the user wants no more', async () => {
    const { ask, isTold } = endless()
    const stop = new AbortController()
    const answer = within(60_000, stop.signal)(ask)
    stop.abort()
    deepStrictEqual([nameOf(await answer), isTold()], ['AbortError', true])
  })

  it('asks nothing when the user wanted no more before', async () => {
    const { ask, isTold } = endless()
    const stop = new AbortController()
    stop.abort()
    deepStrictEqual([nameOf(await within(60_000, stop.signal)(ask)), isTold()], ['AbortError', undefined])
  })
})
