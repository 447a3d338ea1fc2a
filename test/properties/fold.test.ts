/**
 * Random conversations with random faults: batches and empty ones, checkpoints that fail at random times, lost
 * leases, ends of shards, stops, drains, crashes, kills and garbage, against random handlers and policies.
 */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type * as Effect from '../../src/core/Effect'
import * as Input from '../../src/core/Input'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import * as Position from '../../src/protocol/Position'
import * as Session from '../../src/core/Session'
import type { Fact, Life } from './Fact'
import * as Invariants from './Invariants'
import { checkpointOf } from './Invariants'
import * as Ledger from './Ledger'
import { play, type Step } from './Play'
import { runs } from './Runs'
import { scenario } from './Scenario'
import type { Scenario } from './Scenario'
import { watched } from './Watched'

const RUNS = 400

type Tag = Fact['_tag']
type Of<T extends Tag> = Extract<Fact, { _tag: T }>
type Wrote = Of<'Wrote'>

const positionOf = (from: Life['from']): Position.Position | null => (from === 'SHARD_END' ? null : from)

/** Tells each fact with the ledger as it was before it. */
const walk = (
  { env }: Scenario,
  { facts, from }: Life,
  visit: (ledger: Ledger.Ledger, fact: Fact, index: number) => void
): void => {
  const ledger = Ledger.make(positionOf(from))
  facts.forEach((fact, index) => {
    visit(ledger, fact, index)
    Ledger.enter(env, ledger, fact)
  })
}

const isStatus = (fact: Fact): fact is Wrote => fact._tag === 'Wrote' && fact.reply._tag === 'Status'

/** The same session, told of each record by itself. */
const oneByOne =
  (step: Step): Step =>
  (state, input) => {
    if (input._tag !== 'Handled' || input.count === 1) return step(state, input)
    let reached = state
    const all: Array<Effect.Effect> = []
    for (let i = input.index; i < input.index + input.count; i++) {
      const [following, effects] = step(reached, Input.handled(i, input.value, input.now, input.ticket))
      reached = following
      all.push(...effects)
    }
    return [reached, all]
  }

/** The same session, whose inputs were written as JSON and read again. */
const fromJson =
  (step: Step): Step =>
  (state, input) =>
    step(state, JSON.parse(JSON.stringify(input)) as Input.Input)

const check = (of: (played: Scenario, lives: ReadonlyArray<Life>) => void): void =>
  fc.assert(
    fc.property(scenario, (made) => of(made, play(made))),
    runs(RUNS)
  )

const everyFact = (
  visit: (ledger: Ledger.Ledger, fact: Fact, life: Life, made: Scenario, index: number) => void
): void =>
  check((made, lives) => {
    for (const life of lives)
      walk(made, life, (ledger, fact, index) => visit(ledger, fact, life, made, index))
  })

describe('a session, whatever happens', () => {
  for (const { name, broken } of Invariants.all)
    it(name, () => everyFact((ledger, fact) => assert.equal(broken(ledger, fact), null)))

  it('gives each action exactly one status, or exits', () => {
    everyFact((ledger, fact) => {
      if (isStatus(fact) && fact.reply._tag === 'Status')
        assert.equal(fact.reply.responseFor, ledger.open?.name)
      assert.notEqual(fact._tag, 'Stuck', `nothing moves ${ledger.open?.name} any more`)
    })
  })

  it('writes nothing unless an action is unanswered', () => {
    everyFact((ledger, fact) => {
      if (fact._tag === 'Wrote') assert.notEqual(ledger.open, null)
    })
  })

  it('has one checkpoint in flight', () => {
    everyFact((ledger, fact) => {
      if (checkpointOf(fact) !== null) assert.equal(ledger.inFlight, null)
    })
  })

  it('checkpoints the record that was due, asked for, or the last one when it stops', () => {
    everyFact((ledger, fact) => {
      const at = checkpointOf(fact)
      if (at === null || at === 'End') return
      assert.ok(ledger.due !== null)
      assert.deepStrictEqual(at, Position.make(ledger.due.sequenceNumber, ledger.due.subSequenceNumber))
    })
  })

  it('lets what is due leave with the batch', () => {
    everyFact((ledger, fact, { from }) => {
      if (!isStatus(fact) || ledger.open?.what !== 'batch' || ledger.fenced || ledger.due === null) return
      const covered = [ledger.acknowledged ?? from, ledger.refused].some(
        (one) => one !== null && typeof one !== 'string' && Ledger.isAtOrBelow(ledger.due ?? one, one)
      )
      const pause = ledger.attempts === 0 ? 0 : Math.min(10_000, 100 * 2 ** ledger.attempts)
      const waits = ledger.attempts > 0 && fact.now < ledger.throttledAt + pause
      assert.ok(covered || waits || ledger.inFlight !== null, 'it was due, and was not sent')
    })
  })

  it('does not repeat a throttled checkpoint before half of its pause, unless it has a new reason', () => {
    everyFact((ledger, fact) => {
      if (checkpointOf(fact) === null || ledger.attempts === 0) return
      const pause = Math.min(10_000, 100 * 2 ** ledger.attempts)
      assert.ok(fact.now >= ledger.throttledAt + pause / 2)
    })
  })

  it('tries no longer than its deadline, and waits no longer', () => {
    everyFact((ledger, fact) => {
      if (ledger.deadline === null) return
      if (checkpointOf(fact) !== null && ledger.attempts > 0) assert.ok(fact.now < ledger.deadline)
      if (fact._tag === 'Waits') assert.ok(fact.until <= ledger.deadline && fact.until > fact.now)
    })
  })

  it('ends a shard only after a checkpoint without a number succeeded, or when it is fenced', () => {
    everyFact((ledger, fact) => {
      if (isStatus(fact) && ledger.open?.what === 'end')
        assert.ok(ledger.fenced || ledger.acknowledged === 'End')
      if (checkpointOf(fact) === 'End') assert.equal(ledger.open?.what, 'end')
    })
  })

  it('writes no checkpoint at initialize and at leaseLost', () => {
    everyFact((ledger, fact) => {
      if (checkpointOf(fact) !== null)
        assert.ok(['batch', 'stop', 'end'].includes(ledger.open?.what ?? 'none'))
    })
  })

  it('stores a dead letter before the checkpoint that covers it', () => {
    everyFact((_, fact, { facts }, { env }, index) => {
      const at = checkpointOf(fact)
      if (at === null || env.onFailure !== 'dead-letter') return
      const stored = new Set<KinesisRecord>()
      for (const before of facts.slice(0, index)) {
        if (before._tag === 'Buried' && before.ok) stored.add(before.record)
      }
      for (const before of facts.slice(0, index)) {
        if (before._tag !== 'Ran' || !['reject', 'throw', 'garbage', 'promise'].includes(before.as)) continue
        if (at === 'End' || Ledger.isAtOrBelow(before.record, at)) assert.ok(stored.has(before.record))
      }
    })
  })

  it('covers no failures in a row until a record is dealt with otherwise, or the shard ends', () => {
    everyFact((ledger, fact) => {
      const at = checkpointOf(fact)
      const [first] = Ledger.held(ledger)
      if (at !== null && at !== 'End' && first !== undefined) assert.ok(!Ledger.isAtOrBelow(first.record, at))
    })
  })

  it('that halts runs nothing more, answers nothing, and leaves with 1', () => {
    everyFact((ledger, fact) => {
      if (!ledger.halting) return
      assert.ok(!isStatus(fact) && fact._tag !== 'Ran' && fact._tag !== 'Burying')
      assert.notEqual(checkpointOf(fact), 'End')
      if (fact._tag === 'Counted') assert.equal(fact.next, -1)
      if (fact._tag === 'Exited') assert.notEqual(fact.code, 0)
    })
  })

  it('that halts does so for a reason, and at the fifth refusal', () => {
    everyFact((ledger, fact, { facts }, _, index) => {
      if (fact._tag !== 'Exited') return
      const cause = facts.slice(0, index).findLast((one) => one._tag !== 'Wrote')
      const broke = cause?._tag === 'Garbage' || (cause?._tag === 'Closed' && ledger.open !== null)
      if (fact.code === 3) assert.ok(broke)
      if (fact.code === 0) assert.ok(cause?._tag === 'Closed' && ledger.open === null)
      if (fact.code !== 1) return
      const ending = ledger.open?.what === 'end'
      assert.ok(ledger.halting || ending || ledger.refusedInRow >= 5)
    })
    everyFact((ledger, fact) => {
      if (ledger.refusedInRow >= 5 && ledger.open?.what !== 'stop' && !ledger.halting)
        assert.ok(fact._tag === 'Exited' || ledger.exited || fact._tag === 'Killed')
    })
  })

  it('that is fenced runs nothing, checkpoints nothing and acknowledges everything', () => {
    everyFact((ledger, fact) => {
      if (!ledger.fenced) return
      assert.ok(fact._tag !== 'Ran' && checkpointOf(fact) === null)
      if (fact._tag === 'Counted') assert.equal(fact.next, -1)
      if (fact._tag === 'Counted' && !ledger.exited && !ledger.halting) assert.equal(ledger.open, null)
    })
  })

  it('that drains begins no record and never passes its watermark', () => {
    everyFact((ledger, fact) => {
      if (!ledger.draining) return
      assert.notEqual(fact._tag, 'Ran')
      if (fact._tag === 'Counted') assert.equal(fact.next, -1)
    })
  })

  it('that drains acknowledges the batch at once', () => {
    everyFact((ledger, fact) => {
      if (fact._tag !== 'Counted' || !ledger.draining || ledger.halting || ledger.exited) return
      if (ledger.burying === null) assert.notEqual(ledger.open?.what, 'batch')
    })
  })

  it('hears no outcome that is not awaited', () => {
    check((_, lives) => {
      for (const { facts } of lives) {
        facts.forEach((fact, index) => {
          if (fact._tag === 'Stray') assert.equal(facts[index + 1]?._tag, 'Counted')
        })
      }
    })
  })

  it('does nothing after its exit', () => {
    everyFact((ledger, fact) => {
      if (!ledger.exited) return
      assert.equal(fact._tag, 'Counted')
      if (fact._tag === 'Counted') assert.equal(fact.next, -1)
    })
  })

  it('knows exactly how many records a crash would bring again', () => {
    everyFact((ledger, fact) => {
      if (fact._tag === 'Counted') assert.equal(fact.replay, Ledger.uncovered(ledger).length)
    })
  })
})

describe('a shard, over all lives of its sessions', () => {
  it('loses no record at any crash: what a checkpoint covers was dealt with in some life', () => {
    check((made, lives) => {
      const resolved = new Set<KinesisRecord>()
      for (const life of lives) {
        const ledger = Ledger.make()
        for (const fact of life.facts) Ledger.enter(made.env, ledger, fact)
        Ledger.resolved(ledger).forEach((record) => resolved.add(record))
        const { stored } = life
        for (const record of made.records) {
          const covered = stored === 'SHARD_END' || (stored !== null && Ledger.isAtOrBelow(record, stored))
          assert.ok(!covered || resolved.has(record), `${Position.show(record)} is lost`)
        }
      }
    })
  })

  it('comes to its end: no record is left, when nothing halts for good', () => {
    check((made, lives) => {
      if (made.calm) assert.equal(lives[lives.length - 1]?.stored, 'SHARD_END')
    })
  })

  it('halts at the same record again, when a record halts', () => {
    check((_, lives) => {
      const last = lives[lives.length - 1]
      if (last === undefined || last.stored === 'SHARD_END') return
      const exit = last.facts.find((fact) => fact._tag === 'Exited')
      assert.deepStrictEqual(exit?._tag === 'Exited' ? exit.code : null, 1)
    })
  })
})

describe('the fold itself', () => {
  it('takes records that are acknowledged in one word as it takes them one by one', () => {
    check((made, lives) => assert.deepEqual(play(made, oneByOne(Session.step(made.env))), lives))
  })

  it('takes inputs that were written as JSON as it takes the others', () => {
    check((made, lives) => assert.deepEqual(play(made, fromJson(Session.step(made.env))), lives))
  })

  it('never throws, changes nothing that it was given, and gives the same answer again', () => {
    fc.assert(
      fc.property(scenario, (made) => {
        play(made, watched(Session.step(made.env)))
      }),
      runs(RUNS)
    )
  })
})
