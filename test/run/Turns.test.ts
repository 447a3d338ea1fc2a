/** Whatever answers without waiting for anything, the event loop turns after some 20 ms of work. Time is virtual; turns are real. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Failure from '../../src/core/Failure'
import type { AnyHandler } from '../../src/core/Handler'
import { ack, emit, reject } from '../../src/core/Decision'
import type { Capabilities } from '../../src/run/Capabilities'
import * as Interpreter from '../../src/run/Interpreter'
import * as Settings from '../../src/testing/Settings'

const RECORDS = 200
/** Milliseconds of work for each record. */
const TAKES = 5

const initialize = {
  action: 'initialize',
  shardId: 'shardId-0',
  sequenceNumber: 'LATEST',
  subSequenceNumber: 0
}

const processRecords = {
  action: 'processRecords',
  millisBehindLatest: 0,
  records: Array.from({ length: RECORDS }, (_, i) => ({
    action: 'record',
    data: 'eA==',
    partitionKey: `key-${i}`,
    sequenceNumber: String(1000 + i),
    subSequenceNumber: 0,
    approximateArrivalTimestamp: null
  }))
}

/** Plays one batch to its end. @returns the milliseconds of work in each turn of the event loop */
const play = async (
  handlerOf: (work: () => void) => AnyHandler,
  settings: Settings.Given = {},
  more: (work: () => void) => Partial<Capabilities> = () => ({})
): Promise<ReadonlyArray<number>> => {
  let time = 0
  let began: number | null = null
  let isDone = false
  const work = (): void => void (time += TAKES)
  const world: Capabilities = {
    now: () => time,
    wall: () => 0,
    random: () => 0,
    write: (text) => (isDone ||= text.includes('"responseFor":"processRecords"')),
    bury: () => E.right(undefined),
    deliver: (_delivery, then) => queueMicrotask(() => then(E.right(undefined))),
    log: () => undefined,
    wait: (_until, then) => void setImmediate(then),
    turned: (now) => (began ??= now),
    soon: (then) =>
      void setImmediate(() => {
        began = null
        then()
      }),
    exit: () => (isDone = true),
    ...more(work)
  }
  const interpreter = Interpreter.make(world, Settings.toEnv(settings), handlerOf(work))
  const say = (action: unknown): void => interpreter.line(Buffer.from(JSON.stringify(action)))
  say(initialize)
  say(processRecords)
  const turns: Array<number> = []
  for (let before = time; !isDone; before = time) {
    began = null
    await new Promise(setImmediate)
    turns.push(time - before)
    assert.ok(turns.length < 10 * RECORDS, 'the batch does not end')
  }
  return turns
}

const failure = Failure.make('Error', 'down')

const ways: Readonly<Record<string, () => Promise<ReadonlyArray<number>>>> = {
  'a handler that returns': () =>
    play((work) => () => {
      work()
      return ack()
    }),
  'an async handler that waits for nothing': () =>
    // eslint-disable-next-line @typescript-eslint/require-await
    play((work) => async () => {
      work()
      return ack()
    }),
  'an async handler that works after an await': () =>
    play((work) => async () => {
      await Promise.resolve()
      work()
      return ack()
    }),
  'a Task of pure steps': () =>
    play((work) => () => () => {
      work()
      return Promise.resolve(E.right(ack()))
    }),
  'an async batch handler': () =>
    play(
      (work) => ({
        several: (records) => {
          records.forEach(work)
          return Promise.resolve(records.map(() => ack()))
        }
      }),
      { batch: { count: 2 } }
    ),
  'retries that are due at once': () =>
    play(
      (work) => () => {
        work()
        return Promise.reject(new Error('down'))
      },
      { failure: { retries: 3, backoff: '1ms', then: 'skip', breaker: 0 } }
    ),
  'a sink that answers by a microtask': () =>
    play((work) => () => {
      work()
      return emit('out', 1)(ack())
    }),
  'a sink that works before it answers': () =>
    play(
      () => () => emit('out', 1)(ack()),
      { undelivered: 2 },
      (work) => ({
        deliver: (_delivery, then) =>
          queueMicrotask(() => {
            work()
            then(E.right(undefined))
          })
      })
    ),
  'dead letters that a sink takes': () =>
    play(
      () => () => reject('no'),
      { failure: { breaker: 0 } },
      (work) => ({
        bury: () => {
          work()
          return Promise.resolve(E.right(undefined))
        }
      })
    ),
  'outputs that are given up, one after the other': () =>
    play(
      () => () => emit('out', 1)(ack()),
      { undelivered: 2, failure: { then: 'skip', breaker: 0 } },
      (work) => ({
        deliver: (_delivery, then) =>
          queueMicrotask(() => {
            work()
            then(E.left({ then: 'policy', failure }))
          })
      })
    )
}

describe('the event loop turns after 20 ms of work with', () => {
  for (const [name, playWay] of Object.entries(ways))
    it(name, async () => {
      const turns = await playWay()
      const longest = Math.max(...turns)
      // What is begun within them ends: as many as may be at work at the same time.
      assert.ok(longest <= Interpreter.BREATH + 2 * TAKES, `${longest} ms of work without a turn`)
    })
})
