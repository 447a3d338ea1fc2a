'use strict'
// `node test/differentialDaemon.js --against REVISION`: random conversations of protocol/Daemon, each step of which another
// revision of the sources must take as these do.
const assert = require('node:assert/strict')
const { parseArgs } = require('node:util')
const Build = require('./differential/Build')
const Conversation = require('./differential/conversation')
const Random = require('./fuzz/random')

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    steps: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    most: { type: 'string', default: '5' }
  }
})

const STEPS = 40

/** One side: takes inputs, and shows all that others can see of the fold. */
const sideOf = (Daemon) => {
  let state = Daemon.initial
  return {
    tag: () => state._tag,
    step: (input) => {
      const [following, output] = Daemon.step(state, input)
      state = following
      return { output, tag: state._tag, lease: state.lease, stored: Daemon.stored(state) }
    }
  }
}

/** Gives the inputs, and what differs after the last of them, or null. */
const compare = (random, ours, theirs) => {
  const lines = Conversation.make(random)
  const inputs = []
  try {
    while (inputs.length < STEPS && ours.tag() !== 'Closed') {
      inputs.push(lines.next(ours.tag()))
      assert.deepEqual(ours.step(inputs.at(-1)), theirs.step(inputs.at(-1)))
    }
    return { inputs, problem: null }
  } catch (problem) {
    return { inputs, problem }
  }
}

const main = () => {
  const now = Build.of(null)('protocol/Daemon')
  const then = Build.of(values.against)('protocol/Daemon')
  const differences = []
  let steps = 0
  let number = 0
  for (; steps < Number(values.steps) && differences.length < Number(values.most); number++) {
    const random = Random.make(Random.seedOf(Number(values.seed), number))
    const { inputs, problem } = compare(random, sideOf(now), sideOf(then))
    steps += inputs.length
    if (problem !== null) differences.push({ number, inputs, problem })
  }
  for (const { number, inputs, problem } of differences)
    console.log(
      `conversation ${number}:\n${inputs
        .slice(-8)
        .map((one) => JSON.stringify(one))
        .join('\n')}\n${problem.message.slice(0, 1500)}\n`
    )
  console.log(`${number} conversations, ${steps} steps, ${differences.length} differences`)
  process.exitCode = differences.length > 0 ? 1 : 0
}

main()
