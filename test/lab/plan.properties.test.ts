/** Random lives, with faults: `kclts plan` of the policy in force says what happened, to the checkpoint. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Session from '../../src/core/Session'
import type { Candidate } from '../../src/lab/plan/Candidate'
import * as Plan from '../../src/lab/plan/Plan'
import type * as Recording from '../../src/lab/Recording'
import { play } from '../properties/Play'
import { runs } from '../properties/Runs'
import { scenario, type Scenario } from '../properties/Scenario'
import { recorded, sources, whole, type Recorded } from './Lives'

const RUNS = 100

const requests = (entries: ReadonlyArray<Recording.Entry>): number =>
  entries.filter((entry) => entry._tag === 'Wrote' && entry.reply._tag === 'Checkpoint').length

const lived = (made: Scenario): Recorded => {
  const recording = recorded(Session.step(made.env))
  play(made, recording.step)
  return recording
}

const NEVER: Candidate = {
  name: 'never',
  change: { interval: 0, count: 0, manual: false, onShutdown: false }
}
const ALWAYS: Candidate = { name: 'always', change: { count: 1 } }

describe('a plan, whatever was recorded', () => {
  it('says of the policy in force what was recorded, to the checkpoint', () =>
    fc.assert(
      fc.property(scenario, (made) => {
        const recording = lived(made)
        const { inexact, total, shards } = whole(Plan.run(sources(made.env, recording), []))
        assert.deepEqual(inexact, [])
        assert.equal(total[0]?.checkpoints.sent, requests(recording.lives.flat()))
        assert.deepEqual(shards[0]?.figures[0]?.checkpoints, total[0]?.checkpoints)
      }),
      runs(RUNS)
    ))

  // On average it may: a session that waits for an answer to its checkpoint stays longer at its worst moment.
  it('brings no more again at worst with a checkpoint after each record than with none', () =>
    fc.assert(
      fc.property(scenario, (made) => {
        const { total } = whole(Plan.run(sources(made.env, lived(made)), [NEVER, ALWAYS]))
        const [, never, always] = total.map(({ again }) => again.records)
        assert.ok((always?.worst ?? 0) <= (never?.worst ?? 0))
      }),
      runs(RUNS)
    ))
})
