import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Failure from '../../src/core/Failure'
import { MAX_BACKOFF } from '../../src/sinks/Outbox'
import { again, denied, done, split, type Entry, type Sent } from '../../src/sinks/Sink'
import { all, down, entry, poison, rig, silence, type Answer } from './Fake'
import * as Time from './Time'

const letters = (text: string, key?: string): ReadonlyArray<Entry> =>
  [...text].map((id) => entry(id, key ?? id))

/** Done for the ids named, `otherwise` for the others. */
const only =
  (ids: string, otherwise: Sent): Answer =>
  (sent) =>
    Promise.resolve(sent.map((id) => (ids.includes(id) ? done : otherwise)))

describe('a request', () => {
  it('takes what was pushed in one turn, within count and bytes', async () => {
    const byCount = rig([], { count: 2 })
    byCount.push(...letters('abcde'))
    await byCount.time.run()
    assert.deepEqual(byCount.requests, ['0: a b', '0: c d', '0: e'])

    const byBytes = rig([], { bytes: 10 })
    byBytes.push(entry('a', 'k', 6), entry('b', 'k', 4), entry('c', 'k', 11), entry('d', 'k', 1))
    await byBytes.time.run()
    assert.deepEqual(byBytes.requests, ['0: a b', '0: c', '0: d'])
  })

  it('waits for others as long as it may linger, and no longer than until it is full', async () => {
    const { push, time, requests } = rig([], { linger: 50, count: 3 })
    push(entry('a'))
    await time.run(20)
    push(entry('b'))
    await time.run(60)
    push(...letters('cd'))
    await time.run(70)
    push(entry('e'))
    await time.run(80)
    assert.deepEqual(requests, ['50: a b', '70: c d e'])
  })

  it('is the only one under way', async () => {
    const { push, time, requests } = rig([(ids) => time.passed(30).then(() => ids.map(() => done))])
    push(entry('a'))
    await time.run(10)
    push(...letters('bc'))
    await time.run()
    assert.deepEqual(requests, ['0: a', '30: b c'])
  })

  it('carries one entry of a key at most, where entries fail one by one', async () => {
    const { push, time, requests } = rig([], { perEntry: true })
    push(entry('a1', 'a'), entry('a2', 'a'), entry('b1', 'b'), entry('a3', 'a'), entry('b2', 'b'))
    await time.run()
    assert.deepEqual(requests, ['0: a1 b1', '0: a2 b2', '0: a3'])
  })

  it('that is too large for the sink is refused at once', async () => {
    const { push, time, requests, ends, sink } = rig([], { entryBytes: 5 })
    push(entry('a', 'k', 6))
    await time.run()
    assert.deepEqual(
      { requests, ends, held: sink.queued() },
      {
        requests: [],
        ends: ['0: a TooLarge: the output has 6 bytes, and the sink takes 5'],
        held: { count: 0, bytes: 0 }
      }
    )
  })
})

describe('what failed', () => {
  it('comes again alone, and before what is behind it in its key', async () => {
    const { push, time, requests, ends } = rig([only('b', down)], {
      perEntry: true,
      time: Time.make(() => 0)
    })
    push(entry('a', 'a'), entry('a2', 'a'), entry('b', 'b'), entry('b2', 'b'))
    await time.run()
    assert.deepEqual(
      { requests, ends },
      {
        requests: ['0: a b', '0: b2', '50: a', '50: a2'],
        ends: ['0: b done', '0: b2 done', '50: a done', '50: a2 done']
      }
    )
  })

  it('comes again as the very same request, whatever came meanwhile', async () => {
    const { push, time, requests } = rig([all(down), all(down)])
    push(...letters('ab'))
    await time.run(10)
    push(...letters('cd'))
    await time.run()
    assert.deepEqual(requests, ['0: a b', '100: a b', '300: a b', '300: c d'])
  })

  it('comes again when the sink answers for fewer, and when it rejects or throws', async () => {
    const { push, time, ends, requests } = rig([
      (ids) => Promise.resolve(ids.slice(1).map(() => done)),
      () => Promise.reject(new Error('reset')),
      () => {
        throw new Error('a bug')
      }
    ])
    push(...letters('ab'))
    await time.run()
    assert.deepEqual(requests, ['0: a b', '100: a b', '300: a b', '700: a b'])
    assert.deepEqual(ends, ['700: a done', '700: b done'])
  })

  it('waits twice as long each time, jittered by half, up to a limit', async () => {
    const waits = async (random: number): Promise<ReadonlyArray<number>> => {
      const time = Time.make(() => random)
      const { push, requests } = rig(Array(12).fill(all(down)), { deadline: 1e9, time })
      push(entry('a'))
      await time.run()
      const times = requests.map((request) => Number(request.split(':')[0]))
      return times.slice(1).map((at, i) => at - (times[i] ?? 0))
    }
    const full = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600]
    assert.deepEqual(await waits(1), [...full, MAX_BACKOFF, MAX_BACKOFF, MAX_BACKOFF])
    assert.deepEqual(
      await waits(0),
      [...full, MAX_BACKOFF, MAX_BACKOFF, MAX_BACKOFF].map((wait) => wait / 2)
    )
  })

  it('waits as long as the service asks for', async () => {
    const { push, time, requests } = rig([all(again(Failure.make('Throttled', ''), 7000))])
    push(entry('a'))
    await time.run(1000)
    push(entry('b'))
    await time.run()
    assert.deepEqual(requests, ['0: a', '7000: a', '7000: b'])
  })

  it('holds no other key, unless nothing was taken at all', async () => {
    const partly = rig([only('b', down)], { perEntry: true, count: 2 })
    partly.push(...letters('abcd'))
    await partly.time.run()
    assert.deepEqual(partly.requests, ['0: a b', '0: c d', '100: a'])

    const wholly = rig([all(down)], { perEntry: true, count: 2 })
    wholly.push(...letters('abcd'))
    await wholly.time.run()
    assert.deepEqual(wholly.requests, ['0: a b', '100: c d', '100: a b'])
  })

  it('comes again at its own time, whatever else failed', async () => {
    const { push, time, requests } = rig([only('c', down), only('d', down), all(down)], { perEntry: true })
    push(...letters('ac'))
    await time.run(50)
    push(...letters('bd'))
    await time.run()
    assert.deepEqual(requests, ['0: a c', '50: b d', '100: a', '200: b', '300: a'])
  })

  it('is reported once for an outage', async () => {
    const { push, time, outages } = rig([all(down), all(down), all(done), all(done), all(down)])
    push(entry('a'))
    await time.run()
    push(entry('b'))
    await time.run()
    push(entry('c'))
    await time.run()
    assert.deepEqual(outages, ['0: Down: down', '300: works', '300: Down: down', '400: works'])
  })
})

describe('what can never work', () => {
  it('is given up at once, and harms no other entry of its request', async () => {
    const { push, time, requests, ends } = rig([all(poison), all(done), all(poison), all(done)])
    push(...letters('abc'))
    await time.run(0)
    push(...letters('de'))
    await time.run()
    assert.deepEqual(
      { requests, ends },
      {
        requests: ['0: a b c', '0: a', '0: b', '0: c', '0: d e'],
        ends: ['0: a done', '0: b Poison: never', '0: c done', '0: d done', '0: e done']
      }
    )
  })

  it('where entries fail one by one, is given up without another request', async () => {
    const { push, time, requests, ends } = rig([only('a', poison)], { perEntry: true })
    push(...letters('ab'))
    await time.run()
    assert.deepEqual({ requests, ends }, { requests: ['0: a b'], ends: ['0: a done', '0: b Poison: never'] })
  })

  const invalid = split(Failure.make('Invalid', 'one of them'))

  /** A service that refuses a request as a whole when a bad entry is in it. */
  const refusing =
    (...bad: ReadonlyArray<string>): Answer =>
    (ids) =>
      Promise.resolve(ids.map(() => (ids.some((id) => bad.includes(id)) ? invalid : done)))

  it('is found by halves, where a request is refused as a whole without a word of which', async () => {
    const { push, time, requests, ends } = rig(Array<Answer>(100).fill(refusing('c1')), { perEntry: true })
    push(...letters('abdefgh'), entry('c1', 'c'), entry('c2', 'c'))
    await time.run()
    assert.deepEqual(
      { requests, ends },
      {
        requests: [
          '0: a b d e f g h c1',
          '0: a b d e',
          '0: f g h c1',
          '0: f g',
          '0: h c1',
          '0: h',
          '0: c1',
          '0: c2'
        ],
        ends: ['a', 'b', 'd', 'e', 'f', 'g', 'h']
          .map((id) => `0: ${id} done`)
          .concat('0: c1 Invalid: one of them', '0: c2 done')
      }
    )
  })

  it('alone is given up at once as refused, whichever sink is asked', async () => {
    for (const perEntry of [true, false]) {
      const { sink, time } = rig([all(invalid)], { perEntry })
      const end = sink.push(entry('a'))
      await time.run()
      assert.deepEqual(
        await end,
        E.left({ _tag: 'Refused', failure: Failure.make('Invalid', 'one of them') })
      )
    }
  })
})

describe('an entry that is given up', () => {
  const end = async (answer: Answer): Promise<unknown> => {
    const { sink, time } = rig(Array<Answer>(100).fill(answer), { deadline: 1000 })
    const pushed = sink.push(entry('a'))
    await time.run()
    const given = await pushed
    return E.isLeft(given) ? given.left._tag : 'done'
  }

  it('is refused by a sink that answers, and late where the sink is out of order', async () => {
    assert.equal(await end(all(poison)), 'Refused')
    assert.equal(await end(all(denied(Failure.make('AccessDenied', 'no')))), 'Refused')
    assert.equal(await end(all(down)), 'Late')
    assert.equal(await end(() => Promise.reject(new Error('reset'))), 'Late')
    assert.equal(await end(silence), 'Late')
  })
})

describe('answers of another number than the entries', () => {
  for (const [what, count] of [
    ['too few', 1],
    ['none', 0],
    ['too many', 3]
  ] as const)
    it(`are no answers: ${what}`, async () => {
      const odd: Answer = () => Promise.resolve(Array<Sent>(count).fill(done))
      const { push, time, requests, outages } = rig([odd], { perEntry: true })
      push(...letters('ab'))
      await time.run()
      assert.deepEqual(
        { requests, outages },
        {
          requests: ['0: a b', '100: a b'],
          outages: [`0: NoAnswer: the sink gave ${count} answers for 2 entries`, '100: works']
        }
      )
    })
})

describe('the deadline', () => {
  const always = Array<Answer>(1000).fill(all(down))

  it('ends with a last request, after which the entry is given up', async () => {
    const { push, time, requests, ends, sink } = rig(always, { deadline: 1000 })
    push(entry('a'))
    await time.run()
    assert.deepEqual(requests, ['0: a', '100: a', '300: a', '700: a', '1000: a'])
    assert.deepEqual(ends, [
      '1000: a DeadlineExceeded: not delivered within 1000 ms; the last failure: Down: down'
    ])
    assert.deepEqual(sink.queued(), { count: 0, bytes: 0 })
  })

  it('counts for what waits behind, when the sink takes nothing', async () => {
    const { push, time, requests, ends } = rig(always, { deadline: 1000, count: 1 })
    push(...letters('abc'))
    await time.run(900)
    push(entry('d'))
    await time.run()
    assert.deepEqual(
      ends.map((end) => end.slice(0, 7)),
      ['1000: a', '1000: b', '1000: c', '3600: d']
    )
    assert.deepEqual(requests.slice(4), ['1000: a', '2600: d', '3600: d'])
  })

  it('gives a sink that is slow all the time it needs', async () => {
    const slow: Answer = (ids) => time.passed(400).then(() => ids.map(() => done))
    const { push, time, ends } = rig(Array<Answer>(10).fill(slow), { deadline: 500, count: 1 })
    push(...letters('abcde'))
    await time.run()
    assert.deepEqual(ends, ['400: a done', '800: b done', '1200: c done', '1600: d done', '2000: e done'])
  })

  it('of a request is its timeout: it is aborted, and what it still says is not heard', async () => {
    const signals: Array<AbortSignal> = []
    const late: Answer = (ids, signal) => {
      signals.push(signal)
      return time.passed(11_000).then(() => ids.map(() => poison))
    }
    const { push, time, requests, ends, outages, sink } = rig([late])
    push(entry('a'))
    await time.run()
    assert.deepEqual(requests, ['0: a', '10100: a'])
    assert.deepEqual(ends, ['10100: a done'])
    assert.deepEqual(sink.queued(), { count: 0, bytes: 0 })
    assert.deepEqual(outages, ['10000: Timeout: no answer within 10000 ms', '10100: works'])
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true]
    )
  })
})

describe('a close', () => {
  it('ends the request under way and its timers, and gives up what waits', async () => {
    const aborted: Array<string> = []
    const hang: Answer = (ids, signal) => {
      signal.addEventListener('abort', () => aborted.push(ids.join(' ')))
      return silence(ids, signal)
    }
    const { push, time, requests, ends, sink } = rig([hang], { count: 1 })
    push(...letters('ab'))
    await time.run(5)
    await sink.close()
    push(entry('c'))
    await sink.close()
    await time.run(100_000)
    const why = 'Closed: the sink was closed before it acknowledged this output'
    assert.deepEqual(
      { requests, aborted, ends, timers: time.timers(), held: sink.queued() },
      {
        requests: ['0: a'],
        aborted: ['a'],
        ends: ['5: closed', `5: a ${why}`, `5: b ${why}`, `5: c ${why}`],
        timers: 0,
        held: { count: 0, bytes: 0 }
      }
    )
  })

  it('ends the wait for a repetition', async () => {
    const { push, time, requests, sink } = rig([all(down)])
    push(entry('a'))
    await time.run(50)
    await sink.close()
    assert.equal(time.timers(), 0)
    await time.run(1000)
    assert.deepEqual(requests, ['0: a'])
  })
})

describe('its cost', () => {
  // A scan of the queue for each push or request would take minutes.
  it('does not grow with what waits behind a key that fails', { timeout: 60_000 }, async () => {
    const stuck: Answer = (ids) => Promise.resolve(ids.map((id) => (id === 'stuck' ? down : done)))
    const { push, time, sink } = rig(Array<Answer>(200_000).fill(stuck), {
      perEntry: true,
      deadline: 1e12,
      count: 10
    })
    push(entry('stuck', 'stuck'))
    for (let i = 0; i < 50_000; i++) push(entry(`behind ${i}`, 'stuck'), entry(String(i), `key ${i % 1000}`))
    await time.run(60_000)
    assert.deepEqual(sink.queued(), { count: 50_001, bytes: 50_001 })
  })
})
