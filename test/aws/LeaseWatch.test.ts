import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type * as Lease from '../../src/aws/Lease'
import type { LeaseLook } from '../../src/aws/LeaseLook'
import * as LeaseWatch from '../../src/aws/LeaseWatch'
import { lease, look } from './leases'

/** What is known after looks one after the other. */
const after = (...looks: readonly [LeaseLook, ...ReadonlyArray<LeaseLook>]): LeaseWatch.LeaseWatch => {
  const [first, ...rest] = looks
  return rest.reduce<LeaseWatch.LeaseWatch>(LeaseWatch.step, LeaseWatch.step(null, first))
}

describe('a lease that is watched', () => {
  it('is as it was at the first look for an unknown time', () => {
    const first = look(1000, [lease('a')])
    deepStrictEqual(LeaseWatch.step(null, first), {
      look: first,
      leases: [
        { lease: lease('a'), renewed: { at: 1000, isKnown: false }, moved: { at: 1000, isKnown: false } }
      ]
    })
  })

  it('that does not change stays as old as it was', () =>
    deepStrictEqual(
      after(look(1000, [lease('a')]), look(3000, [lease('a')]), look(5000, [lease('a')])).leases,
      [{ lease: lease('a'), renewed: { at: 1000, isKnown: false }, moved: { at: 1000, isKnown: false } }]
    ))

  for (const [what, some] of [
    ['its counter', { counter: 2 }],
    ['its owner', { owner: 'vm-1' }]
  ] as const)
    it(`was renewed when ${what} changed`, () =>
      deepStrictEqual(
        after(look(1000, [lease('a')]), look(3000, [lease('a', some)]), look(5000, [lease('a', some)]))
          .leases,
        [
          {
            lease: lease('a', some),
            renewed: { at: 3000, isKnown: true },
            moved: { at: 1000, isKnown: false }
          }
        ]
      ))

  for (const [what, checkpoint] of [
    ['sequence number', { sequenceNumber: '101', subSequenceNumber: 0 }],
    ['sub-sequence number', { sequenceNumber: '100', subSequenceNumber: 1 }],
    ['end', { sequenceNumber: 'SHARD_END', subSequenceNumber: 0 }]
  ] as const)
    it(`has moved when its checkpoint has another ${what}`, () =>
      deepStrictEqual(after(look(1000, [lease('a')]), look(3000, [lease('a', { checkpoint })])).leases, [
        {
          lease: lease('a', { checkpoint }),
          renewed: { at: 1000, isKnown: false },
          moved: { at: 3000, isKnown: true }
        }
      ]))

  it('is new when it appears, and forgotten when it goes', () => {
    const known = { at: 3000, isKnown: true }
    const watch = after(look(1000, [lease('a')]), look(3000, [lease('b')]))
    deepStrictEqual(watch.leases, [{ lease: lease('b'), renewed: known, moved: known }])
    deepStrictEqual(LeaseWatch.step(watch, look(5000, [lease('a')])).leases, [
      { lease: lease('a'), renewed: { at: 5000, isKnown: true }, moved: { at: 5000, isKnown: true } }
    ])
  })
})

describe('a lease that is not renewed', () => {
  const stateAt = (at: number, some: Partial<Lease.Lease> = {}): ReadonlyArray<LeaseWatch.State> => {
    const watch = after(look(1000, [lease('a', some)]), look(at, [lease('a', some)]))
    return watch.leases.map(LeaseWatch.state(10_000, watch.look))
  }

  it('is owned until the failover time is over', () => deepStrictEqual(stateAt(11_000), ['owned']))

  it('is as old by a wall clock that was set in between', () => {
    for (const set of [-3_600_000, 3_600_000]) {
      const watch = after(look(1000, [lease('a')]), { ...look(3000, [lease('a')]), at: 3000 + set })
      deepStrictEqual(watch.leases.map(LeaseWatch.state(10_000, watch.look)), ['owned'])
      const late = LeaseWatch.step(watch, { ...look(11_001, [lease('a')]), at: 11_001 + set })
      deepStrictEqual(late.leases.map(LeaseWatch.state(10_000, late.look)), ['expired'])
    }
  })

  it('is expired after it', () => deepStrictEqual(stateAt(11_001), ['expired']))

  it('is expired while it is handed over, too', () =>
    deepStrictEqual(
      [stateAt(11_000, { giver: 'vm-1' }), stateAt(11_001, { giver: 'vm-1' })],
      [['handover'], ['expired']]
    ))

  it('is free when it has no owner', () => deepStrictEqual(stateAt(90_000, { owner: null }), ['free']))

  it('has ended when its shard has', () =>
    deepStrictEqual(stateAt(90_000, { checkpoint: { sequenceNumber: 'SHARD_END', subSequenceNumber: 0 } }), [
      'ended'
    ]))
})
