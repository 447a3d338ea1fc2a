import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as Action from '../../src/protocol/Action'
import { ack, reject, type Decision } from '../../src/core/Decision'
import type { Several } from '../../src/core/Handler'
import { text, type KinesisRecord } from '../../src/protocol/KinesisRecord'
import type * as Session from '../../src/core/Session'
import * as Interpreter from '../../src/run/Interpreter'
import { records } from '../../src/testing'
import * as Settings from '../../src/testing/Settings'
import * as World from '../../src/testing/World'

const nameOf = (record: KinesisRecord): string =>
  pipe(
    text(record),
    E.getOrElse(() => '?')
  )
const namesOf = (list: ReadonlyArray<KinesisRecord>): string => list.map(nameOf).join(' ')

/** `a1 b1 a2`: three records of the keys a and b, whose texts are these words. */
const named = (words: string): ReadonlyArray<KinesisRecord> =>
  records(words.split(' ').map((word) => ({ text: word, partitionKey: word.slice(0, 1) })))

interface Stage {
  readonly world: World.World
  /** The names of the records of each call. */
  readonly calls: Array<string>
  /** Dead letters by the name of their record, log lines of level warn and above, `answered` for the status. */
  readonly told: Array<string>
  /** Lets promises go on. */
  readonly settle: () => Promise<void>
}

type Group = Exclude<Session.Env['group'], null>

const stage = (
  words: string,
  several: Several['several'],
  group: Partial<Group> = {},
  env: Partial<Session.Env> = {}
): Stage => {
  const calls: Array<string> = []
  const told: Array<string> = []
  const world = World.make({
    start: 0,
    random: () => 0,
    bury: () => E.right(undefined),
    onEvent: (event) => {
      if (event._tag === 'Buried')
        told.push(`dead letter ${Buffer.from(event.letter.data, 'base64').toString()}`)
      if (event._tag === 'Logged' && (event.level === 'warn' || event.level === 'error'))
        told.push(event.message)
      if (event._tag === 'Wrote' && event.text.includes('processRecords')) told.push('answered')
    }
  })
  const settings = {
    ...Settings.toEnv({}),
    group: { count: 100, bytes: 1_000_000, linger: 0, ...group },
    ...env
  }
  const interpreter = Interpreter.make(world.capabilities, settings, {
    several: (list, context) => {
      calls.push(namesOf(list))
      return several(list, context)
    }
  })
  for (const action of [
    Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0),
    Action.processRecords(named(words), 0)
  ])
    interpreter.line(Buffer.from(ActionCodec.encode(action)))
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
  return { world, calls, told, settle }
}

const acks: Several['several'] = (list) => list.map(ack)
const failsOn =
  (bad: string): Several['several'] =>
  (list) => {
    if (list.some((record) => nameOf(record) === bad)) throw new Error(`cannot take ${bad}`)
    return list.map(ack)
  }

describe('a batch handler', () => {
  it('gets all records at once, in order, and answers for each', () => {
    const { calls, told } = stage('a1 b1 a2 c1', acks)
    assert.deepEqual([calls, told], [['a1 b1 a2 c1'], ['answered']])
  })

  it('gets as many as batch.count says', () => {
    const { calls, told } = stage('a1 b1 a2 c1 a3', acks, { count: 2 })
    assert.deepEqual([calls, told], [['a1 b1', 'a2 c1', 'a3'], ['answered']])
  })

  it('gets as many bytes as batch.bytes says, but one record at least', () => {
    const { calls } = stage('a1 b1 a222222222 c1 a3', acks, { bytes: 4 })
    assert.deepEqual(calls, ['a1 b1', 'a222222222', 'c1 a3'])
  })

  it('decides on each record by itself', () => {
    const { calls, told } = stage('a1 b1 a2', (list) =>
      list.map((record) => (nameOf(record) === 'b1' ? reject('bad') : ack()))
    )
    assert.deepEqual(
      [calls, told],
      [['a1 b1 a2'], ['dead letter b1', 'record became a dead letter', 'answered']]
    )
  })

  it('that throws runs on each record alone, so that one harms no other', () => {
    const { world, calls, told } = stage('a1 b1 a2 c1', failsOn('b1'))
    world.advance(0)
    assert.deepEqual(calls, ['a1 b1 a2 c1', 'a1', 'b1', 'a2', 'c1'])
    assert.deepEqual(told, [
      'records failed and are tried one by one',
      'dead letter b1',
      'record became a dead letter',
      'answered'
    ])
  })

  it('that fails as an effect is tried again as failure.retries says, then on each record alone, once', async () => {
    const { world, calls, told, settle } = stage(
      'a1 b1',
      (list) =>
        namesOf(list).includes('b1') ? Promise.reject(new Error('down')) : Promise.resolve(list.map(ack)),
      {},
      { retries: 2, backoff: 100, limits: { concurrency: 1, undelivered: 1000 } }
    )
    await settle()
    world.advance(50)
    await settle()
    world.advance(150)
    await settle()
    world.advance(150)
    await settle()
    assert.deepEqual(calls, ['a1 b1', 'a1 b1', 'a1 b1', 'a1', 'b1'])
    assert.deepEqual(told, [
      'records failed and will be tried again',
      'records failed and will be tried again',
      'records failed and are tried one by one',
      'dead letter b1',
      'record became a dead letter',
      'answered'
    ])
  })

  it('that gives another number of answers has failed', () => {
    const { world, calls, told } = stage('a1 b1', (list) => (list.length === 1 ? [true] : []))
    world.advance(0)
    assert.deepEqual([calls, told.at(-1)], [['a1 b1', 'a1', 'b1'], 'answered'])
    const wrong = stage('a1', () => true)
    assert.deepEqual(wrong.told, ['dead letter a1', 'record became a dead letter', 'answered'])
  })

  it('runs at the same time for other keys, never for one key', async () => {
    const open: Array<() => void> = []
    const { calls, told, settle } = stage(
      'a1 b1 c1 a2 b2 c2',
      (list) => new Promise((resolve) => open.push(() => resolve(list.map(ack)))),
      { count: 2 },
      { limits: { concurrency: 2, undelivered: 1000 } }
    )
    assert.deepEqual(calls, ['a1 b1', 'c1 c2'])
    open[1]?.()
    await settle()
    assert.deepEqual(calls, ['a1 b1', 'c1 c2'])
    open[0]?.()
    await settle()
    assert.deepEqual(calls, ['a1 b1', 'c1 c2', 'a2 b2'])
    open[2]?.()
    await settle()
    assert.deepEqual(told, ['answered'])
  })

  it('waits for records of its keys as long as batch.linger says', async () => {
    const open: Array<() => void> = []
    const { world, calls, settle } = stage(
      'a1 b1 a2 b2 c1',
      (list) => new Promise((resolve) => open.push(() => resolve(list.map(ack)))),
      { count: 2, linger: 100 },
      { limits: { concurrency: 3, undelivered: 1000 } }
    )
    assert.deepEqual(calls, ['a1 b1'], 'c1 alone would not fill a group')
    world.advance(99)
    assert.deepEqual(calls, ['a1 b1'])
    world.advance(100)
    assert.deepEqual(calls, ['a1 b1', 'c1'])
    open[0]?.()
    await settle()
    assert.deepEqual(calls, ['a1 b1', 'c1', 'a2 b2'])
  })

  it('that takes too long is asked to stop, and what it still says is not heard', async () => {
    const signals: Array<AbortSignal> = []
    const open: Array<() => void> = []
    const { world, calls, told, settle } = stage(
      'a1 b1',
      (list, { signal }) => {
        signals.push(signal)
        return new Promise((resolve) => open.push(() => resolve(list.map(ack))))
      },
      {},
      { deadline: 1000, retries: 0 }
    )
    world.advance(1000)
    assert.deepEqual(
      [signals.map(({ aborted }) => aborted), calls],
      [
        [true, false],
        ['a1 b1', 'a1']
      ]
    )
    open[0]?.()
    await settle()
    assert.deepEqual([calls, told], [['a1 b1', 'a1'], ['records failed and are tried one by one']])
  })

  it('that leaves a hole among its answers fails the records of the holes, and keeps the other answers', async () => {
    const handler: Several['several'] = async (list) => {
      const answers = new Array<Decision>(list.length)
      await Promise.allSettled(
        list.map((record, i) => {
          if (nameOf(record) !== 'b1') answers[i] = ack()
          return Promise.resolve()
        })
      )
      return answers
    }
    const { world, calls, told, settle } = stage('a1 b1 c1', handler, {}, { retries: 1, backoff: 100 })
    await settle()
    world.advance(100)
    await settle()
    assert.deepEqual(calls, ['a1 b1 c1', 'b1'])
    assert.deepEqual(told, [
      'record failed and will be tried again',
      'dead letter b1',
      'record became a dead letter',
      'answered'
    ])
  })

  it('that throws as it begins a Task is tried again, as an effect that fails is', async () => {
    let tries = 0
    const { world, calls, told, settle } = stage(
      'a1',
      (list) => () => {
        tries += 1
        if (tries === 1) throw new Error('not connected')
        return Promise.resolve(list.map(ack))
      },
      {},
      { retries: 1, backoff: 100 }
    )
    await settle()
    world.advance(100)
    await settle()
    assert.deepEqual(
      [calls, told],
      [
        ['a1', 'a1'],
        ['record failed and will be tried again', 'answered']
      ]
    )
  })
})

describe('a handler of one record', () => {
  /** What the session is told of a batch, and how often somebody looks at the clock meanwhile; `took`: milliseconds of each call. */
  const told = (
    words: string,
    took: (name: string) => number,
    answer: (name: string) => Decision | boolean = ack
  ): { readonly inputs: ReadonlyArray<string>; readonly looks: number } => {
    const inputs: Array<string> = []
    const world = World.make({
      start: 0,
      random: () => 0,
      bury: () => E.right(undefined),
      onEvent: () => undefined
    })
    let now = 0
    let looks = 0
    const interpreter = Interpreter.make(
      {
        ...world.capabilities,
        now: () => {
          looks += 1
          return now
        },
        observe: (input) => {
          if (input._tag !== 'Handled') return
          const isRow = input.value === ack()
          inputs.push(`${isRow ? `${input.count} acks` : `record ${input.index}`} at ${input.now}`)
        }
      },
      Settings.toEnv({}),
      (record) => {
        now += took(nameOf(record))
        return answer(nameOf(record))
      }
    )
    const say = (action: Action.Action): void => interpreter.line(Buffer.from(ActionCodec.encode(action)))
    say(Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0))
    looks = 0
    say(Action.processRecords(named(words), 0))
    return { inputs, looks }
  }

  const many = Array.from({ length: 30 }, (_, i) => `a${i}`).join(' ')

  it('that is quick shares a look at the clock among at most eight records', () => {
    const { inputs, looks } = told(many, () => 0)
    assert.deepEqual(
      inputs.map((input) => parseInt(input)),
      [1, 2, 4, 8, 8, 7]
    )
    // One more when the batch came.
    assert.equal(looks, inputs.length + 1)
  })

  it('that is slow has a look for each of them', () => {
    const { inputs } = told('a1 a2 a3', () => 5)
    assert.deepEqual(inputs, ['1 acks at 5', '1 acks at 10', '1 acks at 15'])
  })

  it('that becomes slow has one again after the row in which it did', () => {
    const { inputs } = told('a1 a2 a3 b4 b5 b6', (name) => (name.startsWith('b') ? 5 : 0))
    assert.deepEqual(inputs, ['1 acks at 0', '2 acks at 0', '3 acks at 15'])
    const later = told('a1 b2 b3 b4 b5', (name) => (name.startsWith('b') ? 5 : 0))
    assert.deepEqual(later.inputs, ['1 acks at 0', '2 acks at 10', '1 acks at 15', '1 acks at 20'])
  })

  it('that says something else ends a row with it', () => {
    const { inputs } = told(
      'a1 a2 a3 a4 a5 a6 a7',
      () => 0,
      (name) => (name === 'a5' ? false : ack())
    )
    assert.deepEqual(inputs, ['1 acks at 0', '2 acks at 0', '1 acks at 0', 'record 4 at 0', '2 acks at 0'])
  })

  it('has no rows while an effect is at work, since the next record may be of its key', async () => {
    const calls: Array<string> = []
    const world = World.make({
      start: 0,
      random: () => 0,
      bury: () => E.right(undefined),
      onEvent: () => undefined
    })
    let finish = (): void => undefined
    const interpreter = Interpreter.make(
      world.capabilities,
      { ...Settings.toEnv({}), limits: { concurrency: 8, undelivered: 1000 } },
      (record) => {
        calls.push(nameOf(record))
        if (nameOf(record) !== 'a1') return ack()
        return new Promise<Decision>((resolve) => {
          finish = () => resolve(ack())
        })
      }
    )
    const say = (action: Action.Action): void => interpreter.line(Buffer.from(ActionCodec.encode(action)))
    say(Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0))
    say(Action.processRecords(named('b0 b1 a1 b2 a2 b3'), 0))
    assert.equal(calls.join(' '), 'b0 b1 a1 b2 b3')
    finish()
    await World.promisesKept()
    assert.equal(calls.join(' '), 'b0 b1 a1 b2 b3 a2')
  })
})
