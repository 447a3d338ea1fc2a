/** With all faults at random: nothing is lost, and the order of each shard and of each key holds. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ack, checkpoint, reject, skip } from '../../src/core/Decision'
import type { Handler } from '../../src/core/Handler'
import { json } from '../../src/protocol/KinesisRecord'
import * as E from 'fp-ts/Either'
import type { Stored } from '../../src/protocol/Lease'
import * as Rig from './Rig'
import * as VirtualClock from '../../src/testing/VirtualClock'

interface Plan {
  readonly keys: ReadonlyArray<number>
  readonly shards: number
  readonly batch: number
  readonly lines: number
  readonly seed: number
  readonly throttle: number
  readonly loseLease: number
  readonly splitAfter: number | null
  readonly killAfter: number | null
  readonly count: number
  readonly interval: number
  readonly takes: number
  readonly onFailure: 'dead-letter' | 'skip'
  /** Each run but the last is stopped, or aborted, after so many milliseconds. */
  readonly runs: ReadonlyArray<{ readonly after: number; readonly how: 'stop' | 'abort' }>
}

const plans: fc.Arbitrary<Plan> = fc.record({
  keys: fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 150 }),
  shards: fc.integer({ min: 1, max: 4 }),
  batch: fc.integer({ min: 1, max: 40 }),
  lines: fc.integer({ min: 1, max: 60 }),
  seed: fc.nat(),
  throttle: fc.constantFrom(0, 0.1, 0.5),
  loseLease: fc.constantFrom(0, 0.1, 0.5, 1),
  splitAfter: fc.option(fc.integer({ min: 1, max: 160 })),
  killAfter: fc.option(fc.integer({ min: 1, max: 160 })),
  count: fc.constantFrom(0, 1, 7),
  interval: fc.constantFrom(0, 50, 60_000),
  takes: fc.constantFrom(0, 1, 9),
  onFailure: fc.constantFrom('dead-letter' as const, 'skip' as const),
  runs: fc.array(
    fc.record({ after: fc.integer({ min: 0, max: 3000 }), how: fc.constantFrom('stop' as const, 'abort') }),
    { maxLength: 2 }
  )
})

const lineOf = (record: Parameters<Handler>[0]): number => {
  const value = json(record)
  return E.isRight(value) && typeof value.right === 'number' ? value.right : -1
}

interface Call {
  readonly shard: string
  readonly key: string
  readonly line: number
}

/** Plays all runs; the last is left to end by itself. */
const play = (
  plan: Plan
): { readonly calls: ReadonlyArray<Call>; readonly last: Rig.Rig; readonly buried: Set<number> } => {
  const clock = VirtualClock.make()
  const table = new Map<string, Stored>()
  const calls: Array<Call> = []
  const buried = new Set<number>()
  const handler: Handler = (record) => {
    const line = lineOf(record)
    clock.spend(plan.takes)
    calls.push({ shard: record.shardId, key: record.partitionKey, line })
    switch (line % 11) {
      case 3:
        return checkpoint()
      case 5:
        return skip('unwanted')
      case 7:
        return reject('poison')
      case 9:
        throw new Error('broken')
      default:
        return ack()
    }
  }
  const begin = (): Rig.Rig =>
    Rig.start({
      source: Rig.source(plan.keys.map((key, i) => JSON.stringify({ partitionKey: `k${key}`, data: i + 1 }))),
      handler,
      clock,
      table,
      env: {
        policy: { interval: plan.interval, count: plan.count, manual: true },
        onFailure: plan.onFailure
      },
      shards: plan.shards,
      batch: plan.batch,
      lines: plan.lines,
      seed: plan.seed,
      odds: plan,
      splitAfter: plan.splitAfter,
      killAfter: plan.killAfter
    })
  const through = (rig: Rig.Rig): Rig.Rig => {
    Rig.run(clock)
    for (const letter of rig.letters) buried.add(Number(Buffer.from(letter.data, 'base64').toString()))
    return rig
  }
  for (const { after, how } of plan.runs) {
    const rig = begin()
    clock.later(after, rig.worker[how])
    through(rig)
  }
  return { calls, last: through(begin()), buried }
}

/** Calls that came before one with a lower line of the same shard, or key, had been made for the first time. */
const outOfOrder = (
  calls: ReadonlyArray<Call>,
  lines: ReadonlyMap<string, ReadonlyArray<number>>,
  of: 'shard' | 'key'
): ReadonlyArray<Call> => {
  const next = new Map<string, number>()
  return calls.filter((call) => {
    const own = lines.get(call[of]) ?? []
    const reached = next.get(call[of]) ?? 0
    const index = own.indexOf(call.line)
    if (index === reached) next.set(call[of], reached + 1)
    return index > reached
  })
}

const grouped = (
  calls: ReadonlyArray<Call>,
  of: 'shard' | 'key'
): ReadonlyMap<string, ReadonlyArray<number>> => {
  const groups = new Map<string, Set<number>>()
  for (const call of calls) groups.set(call[of], (groups.get(call[of]) ?? new Set()).add(call.line))
  return new Map([...groups].map(([name, lines]) => [name, [...lines].sort((a, b) => a - b)]))
}

const sorted = (numbers: Iterable<number>): ReadonlyArray<number> =>
  [...new Set(numbers)].sort((a, b) => a - b)

describe('with all faults at random', () => {
  it('every record is handled, poison is dead-lettered, and the order of each shard and key holds', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { calls, last, buried } = play(plan)
        const all = plan.keys.map((_, i) => i + 1)
        const poison = plan.onFailure === 'skip' ? [] : all.filter((line) => [7, 9].includes(line % 11))
        assert.deepEqual(last.outcome(), { _tag: 'Done', isAll: true })
        assert.deepEqual(sorted(calls.map(({ line }) => line)), all)
        assert.deepEqual(sorted(buried), poison)
        assert.deepEqual(outOfOrder(calls, grouped(calls, 'shard'), 'shard'), [])
        assert.deepEqual(outOfOrder(calls, grouped(calls, 'key'), 'key'), [])
      }),
      { numRuns: 400 }
    )
  })

  it('the same seed gives the same run', () => {
    fc.assert(
      fc.property(plans, (plan) => assert.deepEqual(play(plan).calls, play(plan).calls)),
      { numRuns: 30 }
    )
  })
})
