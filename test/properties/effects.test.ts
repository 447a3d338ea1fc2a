/**
 * Handlers that are effects, and sinks that fail, under random interleavings. What happened is a list of events, so a crash
 * at every step is each beginning of that list: what had arrived, and what a checkpoint covered by then.
 */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ack, checkpoint, emit, reject, skip } from '../../src/core/Decision'
import type { Answer } from '../../src/core/Handler'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import * as Position from '../../src/protocol/Position'
import type * as Session from '../../src/core/Session'
import { Conversation, converseEffect, records, Sink } from '../../src/testing'
import * as Clock from '../../src/testing/Clock'
import * as Settings from '../../src/testing/Settings'

type Kind = 'ack' | 'checkpoint' | 'emit' | 'emit two' | 'skip' | 'reject' | 'fails once' | 'fails'

/** One record's fate: what the handler says, how long it takes, how its sink behaves. */
interface Fate {
  readonly key: string
  readonly kind: Kind
  readonly takes: number
  readonly sink: Sink.Reply
}

interface Life {
  readonly fates: ReadonlyArray<Fate>
  readonly batch: number
  readonly env: Partial<Session.Env>
  readonly end: Conversation.End
  readonly latency: number
  readonly errors: ReadonlyArray<string | null>
  readonly isBatch: boolean
}

const sinkReply: fc.Arbitrary<Sink.Reply> = fc.oneof(
  { weight: 8, arbitrary: fc.nat(40).map((after) => Sink.acknowledges(after)) },
  {
    weight: 1,
    arbitrary: fc
      .record({ then: fc.constantFrom('halt', 'dead-letter', 'policy'), after: fc.nat(40) } as const)
      .map(({ then, after }) => Sink.givesUp('no', then, after))
  }
)

const fate: fc.Arbitrary<Fate> = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  kind: fc.constantFrom<Kind>(
    'ack',
    'checkpoint',
    'emit',
    'emit',
    'emit two',
    'skip',
    'reject',
    'fails once',
    'fails'
  ),
  takes: fc.constantFrom(0, 0, 1, 7, 30),
  sink: sinkReply
})

const life: fc.Arbitrary<Life> = fc.record({
  fates: fc.array(fate, { minLength: 1, maxLength: 24 }),
  batch: fc.integer({ min: 1, max: 12 }),
  env: fc.record({
    policy: fc.record({
      interval: fc.constantFrom(0, 10),
      count: fc.constantFrom(0, 1, 3),
      manual: fc.boolean()
    }),
    onFailure: fc.constantFrom('dead-letter', 'skip', 'halt'),
    breaker: fc.constantFrom(0, 2, 20),
    badRelease: fc.constantFrom(0, 3, 20),
    retries: fc.constantFrom(0, 2),
    backoff: fc.constantFrom(0, 5),
    deadline: fc.constantFrom(20, 1000),
    limits: fc.record({
      concurrency: fc.integer({ min: 1, max: 4 }),
      undelivered: fc.integer({ min: 1, max: 6 })
    })
  }),
  end: fc.constantFrom('stop', 'shard-end', 'lease-lost', 'eof'),
  latency: fc.constantFrom(0, 15),
  errors: fc.array(fc.constantFrom(null, 'ThrottlingException', 'ShutdownException'), { maxLength: 3 }),
  isBatch: fc.boolean()
})

const GROUP = { count: 3, bytes: 1e6, linger: 0 }

const answerOf = (kind: Kind, attempt: number): Answer<Outputs> => {
  switch (kind) {
    case 'ack':
      return ack()
    case 'checkpoint':
      return emit('one', 1)(checkpoint())
    case 'emit':
      return emit('one', 1)(ack())
    case 'emit two':
      return emit('two', 2)(emit('one', 1)(ack()))
    case 'skip':
      return skip('why')
    case 'reject':
      return reject('why')
    case 'fails once':
      if (attempt === 1) throw new Error('once')
      return emit('one', 1)(ack())
    case 'fails':
      throw new Error('always')
  }
}

type Outputs =
  { readonly sink: 'one'; readonly value: number } | { readonly sink: 'two'; readonly value: number }

interface Lived {
  readonly outcome: Awaited<ReturnType<typeof converseEffect>>
  readonly records: ReadonlyArray<KinesisRecord>
  /** The most handlers that were at work at once. */
  readonly most: number
  /** Keys of which two records were at work at once. */
  readonly clashes: ReadonlyArray<string>
}

/** Lives the life from after a position on. */
const live = async (given: Life, after: Position.Position | null = null): Promise<Lived> => {
  const all = records(given.fates.map(({ key }) => ({ partitionKey: key })))
  const fateOf = new Map(all.map((record, i) => [Position.show(record), given.fates[i]]))
  const left = all.filter((record) => after === null || Position.compare(record, after) > 0)
  const clock = Clock.make()
  const atWork = new Set<string>()
  const clashes: Array<string> = []
  let running = 0
  let most = 0

  /** At work until it ends or is told to stop: whoever ignores that is at work for nobody. */
  const during = async <A>(
    signal: AbortSignal,
    begin: () => void,
    end: () => void,
    work: () => Promise<A>
  ) => {
    let isOver = false
    const over = (): void => {
      if (!isOver) end()
      isOver = true
    }
    signal.addEventListener('abort', over)
    begin()
    try {
      return await work()
    } finally {
      over()
    }
  }

  const run = (record: KinesisRecord, attempt: number, signal: AbortSignal) => {
    const { partitionKey } = record
    const { kind, takes } = fateOf.get(Position.show(record)) ?? { kind: 'ack', takes: 0 }
    return during(
      signal,
      () => {
        if (atWork.has(partitionKey)) clashes.push(partitionKey)
        atWork.add(partitionKey)
      },
      () => atWork.delete(partitionKey),
      async () => {
        if (takes > 0) await clock.after(takes)
        return answerOf(kind, attempt)
      }
    )
  }
  const counted = <A>(signal: AbortSignal, work: () => Promise<A>): Promise<A> =>
    during(
      signal,
      () => {
        running += 1
        most = Math.max(most, running)
      },
      () => {
        running -= 1
      },
      work
    )
  const oneByOne = async (
    list: ReadonlyArray<KinesisRecord>,
    attempt: number,
    signal: AbortSignal
  ): Promise<Array<Answer<Outputs>>> => {
    const answers: Array<Answer<Outputs>> = []
    for (const record of list) {
      signal.throwIfAborted()
      answers.push(await run(record, attempt, signal))
    }
    return answers
  }

  const steps = []
  for (let i = 0; i < left.length; i += given.batch)
    steps.push(Conversation.batch(left.slice(i, i + given.batch)))
  const outcome = await converseEffect(
    given.isBatch
      ? {
          batchHandler: (list, { attempt, signal }) => counted(signal, () => oneByOne(list, attempt, signal))
        }
      : (record, { attempt, signal }) => counted(signal, () => run(record, attempt, signal)),
    { ...Settings.toEnv({}), ...given.env, group: given.isBatch ? GROUP : null },
    Conversation.make(steps, {
      end: given.end,
      latency: given.latency,
      errors: given.errors,
      from: after?.sequenceNumber ?? 'TRIM_HORIZON',
      fromSub: after?.subSequenceNumber ?? 0
    }),
    {
      clock,
      sinks: {
        one: (_output, record) => fateOf.get(Position.show(record))?.sink ?? Sink.acknowledges(),
        two: Sink.acknowledges(3)
      }
    }
  )
  return { outcome, records: left, most, clashes }
}

const sinksOf = (kind: Kind): ReadonlyArray<string> => {
  if (kind === 'emit two') return ['one', 'two']
  return kind === 'emit' || kind === 'checkpoint' || kind === 'fails once' ? ['one'] : []
}

/** Positions as text; a position without a record, or the shard's end, is null. */
type At = string | null

/** What is settled, and how far a checkpoint was asked for, after each event. */
const beginnings = function* ({ outcome }: Lived) {
  const arrived = new Set<string>()
  const buried = new Set<string>()
  let covered: Position.Position | null = null
  for (const event of outcome.events) {
    if (event._tag === 'Delivered') arrived.add(`${event.sink} ${event.at}`)
    if (event._tag === 'Buried') buried.add(event.at)
    if (event._tag === 'Checkpoint' && event.at !== null) covered = positionOf(event.at)
    yield { arrived, buried, covered }
  }
}

const positionOf = (at: NonNullable<At>): Position.Position => {
  const [sequenceNumber = '', sub = '0'] = at.split('/')
  return Position.make(sequenceNumber, Number(sub))
}

const RUNS = { numRuns: 400 }

const BAD_RELEASE = /^halting: .*\(failure\.badRelease\), the first at (\S+);/

describe('with handlers that are effects, and sinks that fail,', () => {
  it('no checkpoint covers a record whose outputs have not arrived, after whatever step a crash comes', () =>
    fc.assert(
      fc.asyncProperty(life, async (given) => {
        const lived = await live(given)
        const fates = new Map(lived.records.map((record, i) => [Position.show(record), given.fates[i]]))
        for (const { arrived, buried, covered } of beginnings(lived)) {
          if (covered === null) continue
          for (const record of lived.records) {
            const at = Position.show(record)
            const fateOfIt = fates.get(at)
            if (fateOfIt === undefined || Position.compare(record, covered) > 0 || buried.has(at)) continue
            if (given.env.onFailure === 'skip' && isFailing(fateOfIt, given)) continue
            for (const sink of sinksOf(fateOfIt.kind))
              assert.ok(arrived.has(`${sink} ${at}`), `${at} is covered, and ${sink} has nothing of it`)
          }
        }
      }),
      RUNS
    ))

  it('the daemon has nothing to complain of, and every action is answered, or the child leaves', () =>
    fc.assert(
      fc.asyncProperty(life, async (given) => {
        const { outcome } = await live(given)
        assert.deepEqual(outcome.complaints, [])
        assert.notEqual(outcome.exit, null)
      }),
      RUNS
    ))

  it('no more are at work than concurrency says, and never two of one key', () =>
    fc.assert(
      fc.asyncProperty(life, async (given) => {
        const { most, clashes } = await live(given)
        assert.ok(most <= (given.env.limits?.concurrency ?? 0), `${most} at work`)
        assert.deepEqual(clashes, [])
      }),
      RUNS
    ))

  it('a bad release halts with nothing from the first record of its run on covered', () => {
    let halted = 0
    return fc
      .assert(
        fc.asyncProperty(life, async (given) => {
          const { outcome } = await live({ ...given, env: { ...given.env, badRelease: 3 } })
          const from = outcome.logs.map(({ message }) => BAD_RELEASE.exec(message)?.[1]).find(Boolean)
          if (from === undefined) return
          halted += 1
          assert.equal(outcome.exit, 1)
          for (const event of outcome.events)
            if (event._tag === 'Checkpoint' && event.at !== null)
              assert.ok(Position.compare(positionOf(event.at), positionOf(from)) < 0, `${from} is covered`)
        }),
        { numRuns: 150 }
      )
      .then(() => assert.ok(halted > 0, 'no life had a bad release'))
  })

  it('the outputs of a key arrive in its order', () =>
    fc.assert(
      fc.asyncProperty(life, async (given) => {
        const { outcome, records: list } = await live(given)
        const keyOf = new Map(list.map((record) => [Position.show(record), record.partitionKey]))
        const last = new Map<string, Position.Position>()
        for (const event of outcome.events) {
          if (event._tag !== 'Delivered') continue
          const lane = `${event.sink} ${keyOf.get(event.at) ?? ''}`
          const before = last.get(lane)
          const here = positionOf(event.at)
          assert.ok(before === undefined || Position.compare(here, before) > 0, `${lane}: ${event.at}`)
          last.set(lane, here)
        }
      }),
      RUNS
    ))

  it('the same happens again with the same fates', () =>
    fc.assert(
      fc.asyncProperty(life, async (given) => {
        const [first, second] = [await live(given), await live(given)]
        assert.deepEqual(second.outcome.events, first.outcome.events)
      }),
      { numRuns: 100 }
    ))

  it('a run after a crash at any step brings what had not arrived', () =>
    fc.assert(
      fc.asyncProperty(life, fc.nat(200), async (given, cut) => {
        const lived = await live(given)
        const steps = lived.outcome.events.slice(0, cut)
        const crashed = { ...lived, outcome: { ...lived.outcome, events: steps } }
        let state: { arrived: Set<string>; buried: Set<string>; covered: Position.Position | null } = {
          arrived: new Set(),
          buried: new Set(),
          covered: null
        }
        for (const one of beginnings(crashed)) state = one
        const { arrived, buried, covered } = state
        // The world is well again: nothing but poison fails.
        const well: Life = {
          ...given,
          fates: given.fates.map((one) => ({ ...one, takes: 0, sink: Sink.acknowledges() })),
          env: { ...given.env, onFailure: 'dead-letter', breaker: 0, badRelease: 0, retries: 2 },
          errors: [],
          end: 'shard-end'
        }
        const { outcome, records: rest } = await live(well, covered)
        for (const event of outcome.events) {
          if (event._tag === 'Delivered') arrived.add(`${event.sink} ${event.at}`)
          if (event._tag === 'Buried') buried.add(event.at)
        }
        assert.equal(outcome.stored, 'SHARD_END')
        const all = [...lived.records]
        for (const [i, record] of all.entries()) {
          const at = Position.show(record)
          const kind = given.fates[i]?.kind ?? 'ack'
          const skipped = given.env.onFailure === 'skip' && !rest.some((one) => Position.show(one) === at)
          if (buried.has(at) || skipped) continue
          for (const sink of sinksOf(kind))
            assert.ok(arrived.has(`${sink} ${at}`), `${at} is lost to ${sink}`)
        }
      }),
      RUNS
    ))
})

/** Whether the failure policy may have skipped it: its handler failed for good, was late, or its sink gave it up. */
const isFailing = ({ kind, takes, sink }: Fate, { env, isBatch }: Life): boolean =>
  kind === 'fails' ||
  sink._tag === 'GivesUp' ||
  isBatch ||
  takes >= (env.deadline ?? 0) ||
  (kind === 'fails once' && env.retries === 0)
