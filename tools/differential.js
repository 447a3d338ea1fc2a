'use strict'
// `node tools/differential.js --of session --against REVISION`: random lives, each step of which another revision of the
// sources must take as these do.
const assert = require('node:assert/strict')
const { parseArgs } = require('node:util')
const Build = require('./differential/Build')
const Random = require('./fuzz/random')

const usage = `Usage: node tools/differential.js --of session|compat|daemon|dev|testing --against REVISION [--steps N] [--seed S] [--most N]

  --of         a fold: core/Session, compat/Dialogue, protocol/Daemon; or whole workers of kclts dev, conversations of kclts/testing
  --against R  the other revision, which git knows
  --steps N    how many steps to compare; 100000 by default
  --seed S     where the random numbers begin; 1 by default
  --most N     how many differences to show before it stops; 5 by default`

/** A run that is ended early has said how far it came. */
const PROGRESS = 250_000

const SUBJECTS = {
  session: './differential/session',
  compat: './differential/compat',
  daemon: './differential/daemon',
  dev: './differential/dev',
  testing: './differential/testing'
}

/** Gives the settings, the inputs, how many steps they were, and what differs after the last of them, or null. */
const compare = (subject, random, now, then) => {
  const env = subject.envOf(random)
  const ours = subject.sideOf(now, env)
  const theirs = subject.sideOf(then, env)
  const inputs = []
  let steps = 0
  const step = (input) => {
    inputs.push(input)
    const outputs = ours.step(input)
    // A subject that is given a whole life at once counts what came of it.
    steps += subject.count?.(outputs) ?? 1
    assert.deepEqual(outputs, theirs.step(input))
    assert.deepEqual(ours.look(), theirs.look())
    return outputs
  }
  try {
    subject.live(random, env, { step, look: ours.look })
    return { env, inputs, steps, problem: null }
  } catch (problem) {
    return { env, inputs, steps, problem }
  }
}

const show = (life, { env, inputs, problem }) =>
  [
    `life ${life}: ${JSON.stringify(env)}`,
    ...inputs.slice(-8).map((one) => JSON.stringify(one).slice(0, 300)),
    `${problem.message.slice(0, 1500)}\n`
  ].join('\n')

const main = () => {
  // Handlers that throw do so by the million, and nothing looks at a stack.
  Error.stackTraceLimit = 0
  const { values } = parseArgs({
    options: {
      of: { type: 'string' },
      against: { type: 'string' },
      steps: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      most: { type: 'string', default: '5' },
      help: { type: 'boolean', short: 'h' }
    }
  })
  const file = SUBJECTS[values.of]
  if (values.help || file === undefined || values.against === undefined) return console.log(usage)
  const subject = require(file)
  const now = subject.room(Build.of(null))
  const then = subject.room(Build.of(values.against))
  let steps = 0
  let lives = 0
  let differences = 0
  for (; steps < Number(values.steps) && differences < Number(values.most); lives++) {
    const random = Random.make(Random.seedOf(Number(values.seed), lives))
    const life = compare(subject, random, now, then)
    const before = Math.floor(steps / PROGRESS)
    steps += life.steps
    if (Math.floor(steps / PROGRESS) > before) console.log(`${lives + 1} lives, ${steps} steps so far`)
    if (life.problem === null) continue
    differences += 1
    console.log(show(lives, life))
  }
  console.log(`${lives} lives, ${steps} steps, ${differences} differences`)
  process.exitCode = differences > 0 ? 1 : 0
}

main()
