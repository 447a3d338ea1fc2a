'use strict'
// `node test/differential.js --against REVISION`: random lives of a session, each step of which another revision of the
// sources must take as these do.
const assert = require('node:assert/strict')
const { parseArgs } = require('node:util')
const Build = require('./differential/Build')
const Life = require('./differential/session')
const Random = require('./fuzz/random')

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    steps: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    most: { type: 'string', default: '5' }
  }
})

const room = (load) => ({ Session: load('core/Session'), Input: load('core/Input') })

/** An input as the revision takes it: before `Handled` had a count, records that were acknowledged in a row were `Acked`. */
const inputOf = ({ Input }, input) =>
  input._tag === 'Handled' && input.count !== 1 && Input.acked !== undefined
    ? Input.acked(input.index, input.count, input.now)
    : input

/** What can be read off a state, whichever revision it is of. */
const lookOf = ({ Session }, state) => {
  const slot = state.child?.slot ?? state.checkpoints
  const at = slot.acknowledged
  return {
    group: Session.group(state),
    next: Session.next(state),
    row: Session.row(state),
    replay: Session.replayCount(state),
    handled: Session.handledCount(state),
    phase: Session.phaseOf?.(state) ?? state.phase,
    acknowledged: at === null ? null : `${at.sequenceNumber}/${at.subSequenceNumber}`,
    counts: [
      slot.sent,
      slot.coalesced,
      slot.failed,
      state.passed,
      state.skipped,
      state.deadLetters,
      state.failing
    ]
  }
}

const sideOf = (rooms, env) => {
  const step = rooms.Session.step(env)
  let state = rooms.Session.initial
  return {
    step: (input) => {
      const [next, effects, verdict, times] = step(state, inputOf(rooms, input))
      const isSame = next === state
      state = next
      return { effects, verdict: verdict === undefined ? isSame : [verdict, times] }
    },
    look: () => lookOf(rooms, state)
  }
}

const main = () => {
  const now = room(Build.of(null))
  const then = room(Build.of(values.against))
  const wanted = Number(values.steps)
  const differences = []
  let steps = 0
  let lives = 0
  for (; steps < wanted && differences.length < Number(values.most); lives++) {
    const random = Random.make(Random.seedOf(Number(values.seed), lives))
    const env = Life.envOf(random)
    const ours = sideOf(now, env)
    const theirs = sideOf(then, env)
    const inputs = []
    try {
      steps += Life.live(random, {
        look: ours.look,
        step: (input) => {
          inputs.push(input)
          const said = ours.step(input)
          const before = theirs.step(input)
          assert.deepEqual(said.effects, before.effects)
          assert.deepEqual(ours.look(), theirs.look())
          return said.effects
        }
      })
    } catch (problem) {
      differences.push({ life: lives, env, inputs, problem })
    }
  }
  for (const { life, env, inputs, problem } of differences)
    console.log(
      `life ${life}: ${JSON.stringify(env)}\n${inputs
        .slice(-8)
        .map((one) => JSON.stringify(one).slice(0, 300))
        .join('\n')}\n${problem.message.slice(0, 1500)}\n`
    )
  console.log(`${lives} lives, ${steps} steps, ${differences.length} differences`)
  process.exitCode = differences.length > 0 ? 1 : 0
}

main()
