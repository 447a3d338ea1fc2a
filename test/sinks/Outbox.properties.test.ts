/** Any sink, any entries: latencies, failures of each kind, silence; the promises of an outbox hold. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as Failure from '../../src/core/Failure'
import * as Outbox from '../../src/sinks/Outbox'
import { again, done, never, split, type Entry, type Sent, type Transport } from '../../src/sinks/Sink'
import * as Time from './Time'

/** What comes of one request: an answer for each entry in turn, a rejection, or nothing. */
interface Behaviour {
  readonly latency: number
  readonly kind: 'answers' | 'rejects' | 'hangs'
  readonly answers: ReadonlyArray<'Done' | 'Again' | 'Never' | 'Split'>
}

interface Push {
  readonly after: number
  readonly key: string
  readonly bytes: number
}

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  latency: fc.nat(300),
  kind: fc.constantFrom('answers', 'answers', 'answers', 'answers', 'rejects', 'hangs'),
  answers: fc.array(fc.constantFrom('Done', 'Done', 'Done', 'Again', 'Never', 'Split'), {
    minLength: 1,
    maxLength: 5
  })
})

const push: fc.Arbitrary<Push> = fc.record({
  after: fc.constantFrom(0, 0, 1, 40, 900),
  key: fc.constantFrom('a', 'b', 'c'),
  bytes: fc.integer({ min: 1, max: 60 })
})

const scenario = fc.record({
  pushes: fc.array(push, { minLength: 1, maxLength: 40 }),
  behaviours: fc.array(behaviour, { maxLength: 30 }),
  perEntry: fc.boolean(),
  count: fc.integer({ min: 1, max: 6 }),
  bytes: fc.integer({ min: 1, max: 150 }),
  linger: fc.constantFrom(0, 50),
  deadline: fc.constantFrom(300, 5000, 1e9)
})
type Scenario = typeof scenario extends fc.Arbitrary<infer A> ? A : never

const failure = Failure.make('Down', 'down')
const sents: Readonly<Record<'Done' | 'Again' | 'Never' | 'Split', Sent>> = {
  Done: done,
  Again: again(failure),
  Never: never(failure),
  Split: split(failure)
}

interface Ledger {
  readonly requests: ReadonlyArray<ReadonlyArray<Entry>>
  /** In the order in which the service took them. */
  readonly taken: ReadonlyArray<Entry>
  readonly ends: ReadonlyArray<{ readonly id: string; readonly isDone: boolean }>
  readonly most: number
  readonly left: number
}

/** A service that takes what it answers `Done` for, all or none of a request where answers are not single. */
const service = (
  { behaviours, perEntry }: Scenario,
  time: Time.Time,
  requests: Array<ReadonlyArray<Entry>>,
  taken: Array<Entry>
): Transport => ({
  limits: { count: 100, bytes: 1000, entryBytes: 1000 },
  answersPerEntry: perEntry,
  send: async (entries) => {
    const { latency, kind, answers } = behaviours[requests.length] ?? {
      latency: 0,
      kind: 'answers',
      answers: ['Done']
    }
    requests.push(entries)
    await time.passed(latency)
    if (kind === 'hangs') return new Promise(() => undefined)
    if (kind === 'rejects') throw new Error('reset')
    return entries.map((entry, i) => {
      const sent = sents[answers[perEntry ? i % answers.length : 0] ?? 'Done']
      if (sent._tag === 'Done') taken.push(entry)
      return sent
    })
  },
  close: () => Promise.resolve()
})

const play = async (given: Scenario): Promise<Ledger> => {
  const time = Time.make(() => 0.5)
  const requests: Array<ReadonlyArray<Entry>> = []
  const taken: Array<Entry> = []
  const ends: Array<{ readonly id: string; readonly isDone: boolean }> = []
  const { deadline, count, bytes, linger } = given
  const sink = Outbox.make(
    service(given, time, requests, taken),
    { count, bytes, linger, deadline, timeout: 1000, backoff: 100 },
    time
  )
  let most = 0
  let at = 0
  given.pushes.forEach(({ after, key, bytes: size }, i) => {
    at += after
    time.later(at, () => {
      const entry: Entry = { id: String(i), key, value: i, json: String(i), bytes: size }
      void sink.push(entry).then((end) => ends.push({ id: entry.id, isDone: E.isRight(end) }))
      most = Math.max(most, sink.queued().count)
    })
  })
  await time.run()
  return { requests, taken, ends, most, left: sink.queued().count + sink.queued().bytes + time.timers() }
}

const always = (holds: (ledger: Ledger, given: Scenario) => void) => () =>
  fc.assert(
    fc.asyncProperty(scenario, async (given) => holds(await play(given), given)),
    { numRuns: 300 }
  )

const idsOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => entries.map(({ id }) => id)

describe('whatever a sink does', () => {
  it(
    'each entry has an end, exactly one, and nothing is held after it',
    always(({ ends, left }, { pushes }) => {
      assert.deepEqual(
        ends.map(({ id }) => Number(id)).sort((a, b) => a - b),
        pushes.map((_push, i) => i)
      )
      assert.equal(left, 0)
    })
  )

  it(
    'what is acknowledged was taken, and what was taken is acknowledged',
    always(({ ends, taken }) => {
      const acknowledged = ends.filter(({ isDone }) => isDone).map(({ id }) => id)
      assert.deepEqual([...acknowledged].sort(), [...idsOf(taken)].sort())
    })
  )

  it(
    'entries of a key are taken in their order',
    always(({ taken }) => {
      for (const key of ['a', 'b', 'c']) {
        const numbers = taken.filter((entry) => entry.key === key).map(({ id }) => Number(id))
        assert.deepEqual(
          numbers,
          [...numbers].sort((a, b) => a - b)
        )
      }
    })
  )

  it(
    'no request is over the limits, or has a key twice where entries fail one by one',
    always(({ requests }, { count, bytes, perEntry }) => {
      for (const entries of requests) {
        assert.ok(entries.length > 0 && entries.length <= count)
        assert.ok(entries.length === 1 || entries.reduce((sum, entry) => sum + entry.bytes, 0) <= bytes)
        if (perEntry) assert.equal(new Set(entries.map(({ key }) => key)).size, entries.length)
      }
    })
  )

  it(
    'an entry comes again in the same request or alone, where a request fails as a whole',
    always(({ requests }, { perEntry }) => {
      if (perEntry) return
      const first = new Map<string, string>()
      for (const entries of requests)
        for (const id of idsOf(entries)) {
          const request = idsOf(entries).join(' ')
          const before = first.get(id) ?? request
          first.set(id, before)
          assert.ok(request === before || request === id, `${id} in ${before}, then in ${request}`)
        }
    })
  )

  it('memory is what was pushed, no more, with a sink that never answers', async () => {
    const hangs: Behaviour = { latency: 0, kind: 'hangs', answers: ['Done'] }
    const given: Scenario = {
      pushes: Array<Push>(40).fill({ after: 0, key: 'a', bytes: 10 }),
      behaviours: Array<Behaviour>(1000).fill(hangs),
      perEntry: true,
      count: 3,
      bytes: 100,
      linger: 0,
      deadline: 5000
    }
    const { most, left, ends } = await play(given)
    assert.deepEqual(
      { most, left, given: ends.filter(({ isDone }) => !isDone).length },
      { most: 40, left: 0, given: 40 }
    )
  })
})
