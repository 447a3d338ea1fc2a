import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Retries from '../../src/core/Retries'
import * as Stages from '../../src/core/Stages'

const stage = fc.option(
  fc.oneof(
    fc.constant(Stages.ready),
    fc.boolean().map(Stages.toDelivering),
    fc.boolean().map(Stages.toDone),
    fc.nat().map((run): Stages.Stage => ({ _tag: 'Done', asked: false, run })),
    fc.nat().map((at): Stages.Stage => ({ _tag: 'Retrying', attempt: 2, at })),
    fc.nat().map((seat): Stages.Stage => ({
      _tag: 'Running',
      ticket: seat + 1,
      seat,
      first: seat,
      attempt: 1,
      until: 9
    }))
  ),
  { nil: undefined }
)

const index = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 300_000 }))

describe('the stages of a batch', () => {
  it('are for each record the last one, and those of before stay as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(index, stage)), (changes) => {
        const plain = new Map<number, Stages.Stage | undefined>()
        const past: Array<readonly [Stages.Stages, ReadonlyMap<number, Stages.Stage | undefined>]> = []
        let stages = Stages.empty
        for (const [at, to] of changes) {
          past.push([stages, new Map(plain)])
          stages = Stages.set(stages, at, to)
          plain.set(at, to)
        }
        for (const [then, expected] of [...past, [stages, plain] as const])
          for (const [at] of changes) assert.deepStrictEqual(Stages.get(then, at), expected.get(at))
      })
    )
  })

  it('of 200,000 finished records are a list of 25,000 numbers', () => {
    let stages = Stages.empty
    for (let i = 0; i < 200_000; i++) stages = Stages.set(stages, i, Stages.toDone(i % 2 === 0))
    assert.ok(JSON.stringify(stages).length < 25_000 * 10)
  })
})

/** What is due at each time at which a clock would look, `most` records a look. */
const emptied = (full: Retries.Retries | null, most: number): ReadonlyArray<readonly [number, number]> => {
  const found: Array<readonly [number, number]> = []
  for (let rest = full; rest !== null;) {
    const now = Retries.nextDeadline(rest)
    const [indices, others] = Retries.take(rest, now, most)
    assert.ok(indices.length > 0 && indices.length <= most)
    for (const index of indices) found.push([now, index])
    rest = others
  }
  return found
}

/** Adds the records 0, 1 ... at these times. */
const waiting = (times: ReadonlyArray<number>, now: number): Retries.Retries | null =>
  times.reduce<Retries.Retries | null>((retries, at, record) => Retries.add(retries, at, record, now), null)

describe('retries', () => {
  it('come once each, never early and within a millisecond, and stay as they were when some are taken', () => {
    const time = fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.nat({ max: 70_000 }))
    fc.assert(
      fc.property(
        fc.array(time),
        fc.nat({ max: 1000 }),
        fc.integer({ min: 1, max: 9 }),
        (times, now, most) => {
          const retries = waiting(times, now)
          const found = emptied(retries, most)
          assert.deepStrictEqual(
            found.map(([, record]) => record).sort((a, b) => a - b),
            times.map((_, record) => record)
          )
          for (const [at, record] of found) {
            const wait = at - Math.max(times[record] ?? NaN, now)
            assert.ok(wait > -1e-6 && wait <= 1, `record ${record} waits for ${wait} ms`)
          }
          assert.deepStrictEqual(emptied(retries, most), found)
        }
      )
    )
  })

  it('that are not due wait on', () => {
    const retries = waiting([5, 7], 0)
    assert.deepStrictEqual(Retries.take(retries, 4, 10), [[], retries])
    assert.deepStrictEqual(Retries.take(retries, 6, 10)[0], [0])
    assert.deepStrictEqual(Retries.take(null, 6, 10), [[], null])
  })

  it('keep their order at times that no clock shows', () => {
    const times = [2 ** 52, 3, 2 ** 41, -7]
    assert.deepStrictEqual(
      emptied(waiting(times, 0), 1).map(([, record]) => record),
      [3, 1, 2, 0]
    )
  })

  it('that are due within a second are at most a thousand moments, however many records wait', () => {
    let retries: Retries.Retries | null = null
    for (let i = 0; i < 50_000; i++) retries = Retries.add(retries, 100 + ((i * 7919) % 1000), i, 100)
    const sizeOf = (heap: Retries.Retries['moments'] | null): number =>
      heap === null ? 0 : 1 + sizeOf(heap.left) + sizeOf(heap.right)
    assert.equal(sizeOf(retries?.moments ?? null), 1000)
  })
})
