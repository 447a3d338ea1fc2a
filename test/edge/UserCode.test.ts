import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import * as UserCode from '../../src/edge/UserCode'

const EVENTS = ['uncaughtException', 'unhandledRejection', 'exit'] as const

type Event = (typeof EVENTS)[number]

const listenersOf = (event: Event): ReadonlyArray<NodeJS.ExitListener> =>
  process.rawListeners(event) as unknown as ReadonlyArray<NodeJS.ExitListener>

describe('user code', () => {
  let before: ReadonlyMap<Event, ReadonlyArray<NodeJS.ExitListener>>
  let { exitCode } = process
  beforeEach(() => {
    before = new Map(EVENTS.map((event) => [event, listenersOf(event)]))
    exitCode = process.exitCode
  })

  const added = (event: Event): ReadonlyArray<NodeJS.ExitListener> =>
    listenersOf(event).filter((listener) => before.get(event)?.includes(listener) !== true)

  /** To those that the test added: the runner's own listeners would end it. */
  const happens = (event: Event, thrown?: unknown): void => {
    for (const listener of added(event)) (listener as (thrown: unknown) => void)(thrown)
  }

  afterEach(() => {
    for (const event of EVENTS) for (const listener of added(event)) process.off(event, listener)
    process.exitCode = exitCode
  })

  const watched = (): { readonly seen: Array<unknown>; readonly over: () => void } => {
    const seen: Array<unknown> = []
    const over = UserCode.watch(
      { write: (...line) => void seen.push(line) },
      { crashed: (thrown) => void seen.push(['crashed', thrown]), exited: () => void seen.push('exited') }
    )
    return { seen, over }
  }

  it('that fails where no call awaits it is a crash, thrown or rejected', () => {
    const { seen } = watched()
    happens('uncaughtException', 'thrown')
    happens('unhandledRejection', 'rejected')
    assert.deepEqual(seen, [
      ['crashed', 'thrown'],
      ['crashed', 'rejected']
    ])
  })

  it('that fails after the conversation is logged alone, with its stack where it has one', () => {
    const { seen, over } = watched()
    over()
    const error = new Error('too late')
    happens('uncaughtException', error)
    happens('unhandledRejection', 'a text')
    const message = 'user code failed after the end of the conversation'
    assert.deepEqual(seen, [
      ['error', message, { reason: error.stack }],
      ['error', message, { reason: 'NotAnError: a text' }]
    ])
  })

  it('that ends the process in the middle of the conversation is an error', () => {
    const { seen } = watched()
    happens('exit')
    assert.deepEqual(seen, [
      ['error', 'user code ended the process; the work in progress is not acknowledged', {}],
      'exited'
    ])
    assert.equal(process.exitCode, 1)
  })

  it('may end the process after the conversation', () => {
    const { seen, over } = watched()
    over()
    happens('exit')
    assert.deepEqual(seen, [])
    assert.equal(process.exitCode, exitCode)
  })
})
