'use strict'
// When each step runs: beside others where that changes nothing, after what it needs, and alone where it measures.

const notRun = (missing) => ({
  passed: 0,
  failed: 1,
  skipped: 0,
  skips: [],
  ms: 0,
  output: `not run: it needs ${missing.join(', ')}`
})

/**
 * Starts the steps in the order of the list, at most `atOnce` at a time. A step waits until the steps that it needs have
 * ended; if one of them failed, the step counts as failed and is not run. A step that is `alone` waits until all others
 * that can run have ended. Gives the promise of each step's result, by its name.
 */
const schedule = (steps, atOnce, perform) => {
  const listed = new Set(steps.map(({ name }) => name))
  const ended = new Set()
  const failed = new Set()
  const running = new Set()
  const settle = new Map()
  const results = new Map(
    steps.map(({ name }) => [name, new Promise((resolve, reject) => settle.set(name, { resolve, reject }))])
  )
  let waiting = steps

  const canRun = ({ needs }) => needs.every((need) => ended.has(need) || !listed.has(need))

  const next = () => {
    if (running.size >= atOnce || [...running].some(({ alone }) => alone)) return undefined
    const ready = waiting.filter(canRun)
    return ready.find(({ alone }) => !alone) ?? (running.size === 0 ? ready[0] : undefined)
  }

  const run = async (step) => {
    const missing = step.needs.filter((need) => failed.has(need))
    const result = missing.length > 0 ? notRun(missing) : await perform(step)
    ended.add(step.name)
    if (result.failed > 0) failed.add(step.name)
    return result
  }

  const startAll = () => {
    for (let step = next(); step !== undefined; step = next()) {
      const started = step
      const { resolve, reject } = settle.get(started.name)
      waiting = waiting.filter((one) => one !== started)
      running.add(started)
      run(started)
        .then(resolve, reject)
        .finally(() => {
          running.delete(started)
          startAll()
        })
    }
  }

  startAll()
  return results
}

module.exports = { schedule }
